// Steps: what each kind of step does to servers, and what is remembered of it so that it can be undone.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "refactor/matcher.h"
#include "topo/refactor/servers.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace topo::refactor {

// What the plan has done to a server so far, and what was there before.
struct Track {
  Instance then;
  bool replicated = true;  // then, if it had a channel; false: what RESET SLAVE left is none
  Stand stand;             // as it last said
  // Of its binary log, when it last stood still; it may have been started since.
  BinlogCoordinates log_end;
  bool stopped = false;     // by the plan; from before the attempt on
  bool wants_both = false;  // threads, whatever ran before
  bool is_forgotten = false;
  bool started = false;      // by the plan, or by undoing it
  bool changed = false;      // its master, by the plan; from before the attempt on
  std::string interference;  // what somebody else did to it meanwhile, so that it is to be left as it is
  // CHANGE MASTER TO was sent to it, and not answered.
  bool change_unanswered = false;
  int strand = -1;  // of the plan; -1: of its trunk
  // Where it stood in its former master's log when that was changed, and where it begins in the new one's.
  BinlogCoordinates former_place, new_place;
  std::optional<std::chrono::milliseconds> heartbeat;  // as it was before the plan
  Wanted wanted;                                       // what the plan needs to know of it

  // What it replicated on; nullptr: it did not.
  [[nodiscard]] const ReplicationChannel* channel_then() const {
    return replicated ? then.replication() : nullptr;
  }
  // Throws Error{refused} when it does not replicate.
  [[nodiscard]] const ReplicationChannel& replicating() const;
  // The instance as it is by what was last heard.
  [[nodiscard]] Instance now() const;
  [[nodiscard]] bool ran() const;
  void hear(Stand said);
  // What is to run again.
  [[nodiscard]] mysql::Threads threads() const;
};

// Not for two threads at once about one server.
class Steps {
 public:
  Steps(Servers& servers, const Plan& plan, const std::unordered_map<InstanceKey, Instance>& servers_then,
        const ExecutionOptions& options, spdlog::logger& log);

  // What the steps of the plan need to know of servers; again when it has got more steps.
  void learn(const Plan& plan);

  // Throws Error. What was attempted is in the server's track, be it done or not.
  void carry_out(const Step& step);
  // Throws Error{not_found} for a server that was not told of.
  Track& track(const InstanceKey& key);

 private:
  void note_wanted(const Step& step);
  void note(const Track& server) const;
  void act(const StopReplication& step);
  void act(const StartReplication& step);
  void act(const RunUntil& step);
  void act(const CatchUp& step);
  void act(const WaitUntil& step);
  void act(const ChangeMaster& step);
  void act(const DrainRelayLog& step);
  Stand drained(const DrainRelayLog& step);
  void act(const ForgetMaster& step);
  void act(const Detach& step);
  void act(const Reattach& step);
  void act(const SkipTransaction& step);
  void act(const StayStopped& step);
  void act(const SetReadOnly& step);
  void act(const KillQuery& step);

  const BinlogCoordinates& executed(const InstanceKey& key) { return track(key).replicating().exec; }
  BinlogCoordinates place(const Place& place);
  BinlogCoordinates matched(const InstanceKey& replica, const InstanceKey& other);
  void run_until(const InstanceKey& key, const BinlogCoordinates& target);
  void require_untouched(Track& server, const InstanceKey& master);
  void change_place(const InstanceKey& key, const BinlogCoordinates& place);

  Servers& servers_;
  const ExecutionOptions& options_;
  Matcher matcher_;
  std::unordered_map<InstanceKey, Track> tracks_;
};

}  // namespace topo::refactor
