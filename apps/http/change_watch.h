// ChangeWatch: detects changes in the backend, by any process, and publishes them to the EventHub.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/session.h"
#include "http/event_hub.h"

namespace orchestrator {

// Checks only while the hub has listeners. Reports an instance as changed when a page would show it
// differently: its log coordinates, its uptime and the time of its last poll do not count. Thread-safe.
class ChangeWatch {
 public:
  ChangeWatch(Session& session, EventHub& hub) : session_(session), hub_(hub) {}

  // Runs in a thread of its own until the object is destroyed.
  void start();
  // Checks once and reports what changed since the previous check; the first check reports nothing. Throws
  // Error{backend}.
  void look();

 private:
  struct Seen {
    std::uint64_t fingerprint = 0;
    std::string cluster;
  };
  struct Picture {
    std::unordered_map<topo::InstanceKey, Seen> instances;
    std::string clusters, maintenance;
  };

  void run(const std::stop_token& stop);
  // False: the backend reports no change since the last check.
  [[nodiscard]] bool may_have_changed();
  [[nodiscard]] Picture take() const;
  void tell(const Picture& before, const Picture& now);

  Session& session_;
  EventHub& hub_;
  std::optional<Picture> last_;
  std::optional<std::uint64_t> last_version_;
  std::chrono::steady_clock::time_point last_look_{};
  std::jthread thread_;
};

}  // namespace orchestrator
