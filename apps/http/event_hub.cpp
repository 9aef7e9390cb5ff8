#include "http/event_hub.h"

#include <fmt/format.h>

#include "topo/base/error.h"

namespace orchestrator {

EventHub::Listener::~Listener() {
  const std::lock_guard lock(hub_.mutex_);
  hub_.listeners_.erase(this);
}

std::optional<std::string> EventHub::Listener::next(std::chrono::milliseconds patience) {
  std::unique_lock lock(hub_.mutex_);
  changed_.wait_for(lock, patience, [this] { return !waiting_.empty() || is_lost_ || hub_.is_closed_; });
  if (is_lost_ || hub_.is_closed_) return std::nullopt;
  std::string text;
  for (const auto& event : waiting_) text += *event;
  waiting_.clear();
  return text;
}

std::unique_ptr<EventHub::Listener> EventHub::listen(std::string cluster) {
  auto listener = std::make_unique<Listener>(*this, std::move(cluster));
  const std::lock_guard lock(mutex_);
  if (is_closed_ || listeners_.size() >= max_listeners) {
    throw topo::Error(topo::Code::refused,
                      fmt::format("No more than {} may listen to events at a time; ask again later, or poll",
                                  max_listeners));
  }
  listeners_.insert(listener.get());
  arrived_.notify_all();
  return listener;
}

void EventHub::publish(std::string_view name, std::string_view data, std::string_view cluster) {
  const auto event = std::make_shared<const std::string>(fmt::format("event: {}\ndata: {}\n\n", name, data));
  const std::lock_guard lock(mutex_);
  for (auto* listener : listeners_) {
    if (!cluster.empty() && !listener->cluster_.empty() && listener->cluster_ != cluster) continue;
    if (listener->waiting_.size() >= max_behind) {
      listener->is_lost_ = true;
      listener->waiting_.clear();
    } else if (!listener->is_lost_) {
      listener->waiting_.push_back(event);
    }
    listener->changed_.notify_one();
  }
}

std::size_t EventHub::listeners() const {
  const std::lock_guard lock(mutex_);
  return listeners_.size();
}

bool EventHub::await_listener(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return arrived_.wait(lock, std::move(stop), [this] { return !listeners_.empty(); });
}

void EventHub::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  for (auto* listener : listeners_) listener->changed_.notify_one();
}

}  // namespace orchestrator
