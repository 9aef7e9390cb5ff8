#include "http/response_cache.h"

#include <ctime>

namespace orchestrator {
namespace {

constexpr std::size_t max_slots = 512;
constexpr std::size_t max_bytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds version_interval{1};

}  // namespace

// Drops outdated entries. False: nothing may be cached now.
bool ResponseCache::refresh_generation() {
  const auto now = std::chrono::steady_clock::now();
  if (now - version_asked_ >= version_interval) {
    version_ = data_version_();
    version_asked_ = now;
  }
  const Generation generation{version_.value_or(0), std::time(nullptr)};
  if (!version_ || generation != generation_) {
    slots_.clear();
    bytes_ = 0;
    generation_ = generation;
  }
  return version_.has_value();
}

// nullptr: the producing thread failed.
Body ResponseCache::await(Slot& slot) {
  slot.state.wait(State::producing, std::memory_order_acquire);
  return slot.state.load(std::memory_order_acquire) == State::ready ? slot.body : nullptr;
}

Body ResponseCache::find(std::string_view target) {
  SlotPointer slot;
  {
    const std::lock_guard lock(mutex_);
    if (!refresh_generation()) return nullptr;
    const auto found = slots_.find(target);
    if (found == slots_.end()) return nullptr;
    slot = found->second;
  }
  return await(*slot);
}

ResponseCache::Claim ResponseCache::claim(std::string_view target) {
  const std::lock_guard lock(mutex_);
  auto fresh = std::make_shared<Slot>();
  if (!refresh_generation() || slots_.size() >= max_slots) return {std::move(fresh), true};
  auto& kept = slots_.try_emplace(std::string(target), fresh).first->second;
  if (kept != fresh && kept->state.load(std::memory_order_acquire) != State::failed) return {kept, false};
  kept = fresh;
  return {std::move(fresh), true};
}

void ResponseCache::account_for(std::string_view target, const SlotPointer& slot) {
  const std::lock_guard lock(mutex_);
  const auto kept = slots_.find(target);
  if (kept == slots_.end() || kept->second != slot) return;  // dropped since, or never cached
  bytes_ += slot->body->size();
  if (bytes_ <= max_bytes) return;
  slots_.clear();
  bytes_ = 0;
}

void ResponseCache::clear() {
  const std::lock_guard lock(mutex_);
  version_asked_ = {};
  slots_.clear();
  bytes_ = 0;
}

Body ResponseCache::get(std::string_view target, const std::function<std::string()>& produce) {
  const Claim claimed = claim(target);
  const SlotPointer& slot = claimed.slot;
  if (!claimed.to_produce) {
    if (auto body = await(*slot)) return body;
    return std::make_shared<const std::string>(produce());
  }
  const auto publish = [&slot](State state) {
    slot->state.store(state, std::memory_order_release);
    slot->state.notify_all();
  };
  try {
    slot->body = std::make_shared<const std::string>(produce());
  } catch (...) {
    publish(State::failed);
    throw;
  }
  publish(State::ready);
  account_for(target, slot);
  return slot->body;
}

}  // namespace orchestrator
