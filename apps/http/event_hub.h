// EventHub: publishes events to all listeners (/api/events).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_set>

namespace orchestrator {

// Thread-safe.
class EventHub {
 public:
  // Further listeners are refused: each one needs a connection and a thread of the server.
  static constexpr std::size_t max_listeners = 1000;
  // The maximum number of pending events of a listener. Beyond it the stream ends, and the page must reload
  // everything.
  static constexpr std::size_t max_behind = 1000;

  class Listener {
   public:
    Listener(EventHub& hub, std::string cluster) : hub_(hub), cluster_(std::move(cluster)) {}
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // The events since the last call, as text/event-stream (HTML Standard, "Server-sent events"). Waits for
    // one for at most `patience`; "": there was none. nullopt: the hub is closed, or this listener has too
    // many pending events.
    std::optional<std::string> next(std::chrono::milliseconds patience);

   private:
    friend class EventHub;
    EventHub& hub_;
    const std::string cluster_;  // the cluster whose events it receives; "": all
    std::condition_variable changed_;
    std::deque<std::shared_ptr<const std::string>> waiting_;
    bool is_lost_ = false;
  };

  // Throws Error{refused} when there are too many listeners. The hub must outlive the listener.
  [[nodiscard]] std::unique_ptr<Listener> listen(std::string cluster);
  // `data` is JSON on one line. An event of a cluster goes to the listeners of that cluster and of all
  // clusters; an event without a cluster goes to every listener.
  void publish(std::string_view name, std::string_view data, std::string_view cluster = {});
  [[nodiscard]] std::size_t listeners() const;
  // Waits for a listener or a stop request; true: there is a listener.
  bool await_listener(std::stop_token stop);
  // Ends all streams and refuses new ones.
  void close();

 private:
  mutable std::mutex mutex_;  // also guards all listeners
  std::condition_variable_any arrived_;
  std::unordered_set<Listener*> listeners_;
  bool is_closed_ = false;
};

}  // namespace orchestrator
