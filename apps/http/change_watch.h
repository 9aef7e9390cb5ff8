// ChangeWatch: looks for what changes in the backend, whoever changed it, and tells the EventHub.
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

// Looks only while somebody listens. Of instances it tells which ones are another than before in what a page
// shows of them: their places in logs, their uptime and when they were read do not count. Thread-safe.
class ChangeWatch {
 public:
  ChangeWatch(Session& session, EventHub& hub) : session_(session), hub_(hub) {}

  // In a thread of its own, until the object is destroyed.
  void start();
  // One look, which tells what is another than at the look before; the first one tells nothing.
  // Throws Error{backend}.
  void look();

 private:
  struct Seen {
    std::uint64_t fingerprint = 0;
    std::string cluster;
  };
  struct Picture {
    std::unordered_map<topo::InstanceKey, Seen> instances;
    std::string clusters, maintenance;  // their JSON
  };

  void run(const std::stop_token& stop);
  // nullopt: as at the last look, the backend says.
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
