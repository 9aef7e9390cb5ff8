// EventHub: what happens, told to all who listen (/api/events).
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
  // More are refused: each is a connection, and a thread of the server.
  static constexpr std::size_t most_listeners = 1000;
  // One that does not take what happens falls behind no further than this; then its stream ends, and it is
  // for the page to load everything anew.
  static constexpr std::size_t most_behind = 1000;

  class Listener {
   public:
    Listener(EventHub& hub, std::string cluster) : hub_(hub), cluster_(std::move(cluster)) {}
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // What has happened since the last call, as text/event-stream (HTML Standard, "Server-sent events").
    // Waits for it, for `patience` at most, and is "" when there was nothing. nullopt: the hub is closed, or
    // this listener is too far behind.
    std::optional<std::string> next(std::chrono::milliseconds patience);

   private:
    friend class EventHub;
    EventHub& hub_;
    const std::string cluster_;  // whose events it wants; "": of all
    std::condition_variable changed_;
    std::deque<std::shared_ptr<const std::string>> waiting_;
    bool is_lost_ = false;
  };

  // Throws Error{refused} when there are enough. The hub must outlive the listener.
  [[nodiscard]] std::unique_ptr<Listener> listen(std::string cluster);
  // `data` is JSON of one line. An event of a cluster goes to those who want that cluster's, others go to
  // all.
  void publish(std::string_view name, std::string_view data, std::string_view cluster = {});
  [[nodiscard]] std::size_t listeners() const;
  // Waits until somebody listens, or stop is asked for; true: somebody does.
  bool await_listener(std::stop_token stop);
  // All streams end, and no new ones begin.
  void close();

 private:
  mutable std::mutex mutex_;  // of all listeners, too
  std::condition_variable_any arrived_;
  std::unordered_set<Listener*> listeners_;
  bool is_closed_ = false;
};

}  // namespace orchestrator
