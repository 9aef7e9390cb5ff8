// ReturnWatch: recognises former masters that answer again, within seconds, and makes them read-only.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "discovery/lane.h"
#include "topo/context.h"
#include "topo/model/instance.h"
#include "topo/refactor/refactoring.h"

namespace topo::discovery {

// A thread asks the backend every few seconds for the former masters; usually there are none, and then
// nothing else happens. A former master that accepts no connections is tried with a TCP connection alone,
// which writes nothing to the backend; one that does is read as by any poll. The workers of a lane do this in
// parallel, one at a time for each former master, so that one that hangs delays no other.
class ReturnWatch {
 public:
  // Reads an instance now and stores it; throws as Discovery::refresh().
  using Read = std::function<KnownInstance(const InstanceKey&)>;

  // Works only while `is_active` returns true, that is, while this node does the periodic work. `owner` is
  // that of the locks, unless MaintenanceOwner is configured.
  ReturnWatch(Context& context, std::function<bool()> is_active, Read read,
              refactor::Refactoring& refactoring, std::string owner);
  // Waits for what is running.
  ~ReturnWatch();
  ReturnWatch(const ReturnWatch&) = delete;
  ReturnWatch& operator=(const ReturnWatch&) = delete;

 private:
  struct Former {
    bool is_under_way = false;
    bool listens = false;        // accepts TCP connections; a poll that failed since then clears it
    bool is_announced = false;   // since it answers
    std::string last_refusal{};  // why it was not made read-only, as last logged
  };

  void run(const std::stop_token& stop);
  void begin_round();
  [[nodiscard]] std::chrono::milliseconds interval() const;
  // These run in a worker.
  void check(const InstanceKey& key);
  // Returns when to check it again.
  [[nodiscard]] std::chrono::milliseconds look_at(const InstanceKey& key, Former& former);
  [[nodiscard]] std::chrono::milliseconds decide(const KnownInstance& known, Former& former);
  [[nodiscard]] std::chrono::milliseconds settled_pause() const;
  [[nodiscard]] std::optional<KnownInstance> read_successor(const KnownInstance& known) const;
  void announce(const KnownInstance& known, Former& former);
  void refuse(const InstanceKey& key, Former& former, const std::string& reason);

  Context& context_;
  const std::function<bool()> is_active_;
  const Read read_;
  refactor::Refactoring& refactoring_;
  const std::string owner_;
  std::mutex mutex_;
  std::map<InstanceKey, Former> formers_;
  std::string last_error_;  // of the backend; used by the thread only
  Lane lane_;
  std::jthread thread_;
};

}  // namespace topo::discovery
