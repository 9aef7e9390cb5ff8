// Steps: the effect of each kind of step on servers, and the record of it for a rollback.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "refactor/matcher.h"
#include "topo/refactor/servers.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace topo::refactor {

// What the plan has done to a server so far, and its former state.
struct ServerState {
  Instance former;
  bool replicated = true;        // in `former`; false also for the channel that RESET SLAVE leaves behind
  ReplicationState replication;  // as last reported
  // End of its binary log when it was last stopped; it may have been started since.
  BinlogCoordinates log_end;
  bool stopped = false;     // by the plan; set before the attempt
  bool runs_on = false;     // could not execute all that it has received, and replicates as before
  bool wants_both = false;  // start both threads, whatever ran before
  bool is_forgotten = false;
  bool forget_unanswered = false;        // it may have forgotten its master
  bool started = false;                  // by the plan or its rollback
  bool changed = false;                  // its master, by the plan; set before the attempt
  std::optional<bool> former_read_only;  // before the plan changed it; set before the attempt
  // What undoes a change of its semi-synchronous replication, and how that was before; set before the
  // attempt.
  std::optional<SemiSyncChange> semi_sync_undo;
  std::optional<SemiSync> former_semi_sync;
  std::chrono::seconds lifted_delay{0};  // its delay, while the plan lifts it; set before the attempt
  bool stopped_events = false;           // the plan has stopped its event scheduler
  // MariaDB, of a former master: as it was where its log ended.
  std::optional<Instance> at_end;
  std::string interference;  // how another client changed the server meanwhile, so that it is left as it is
  // CHANGE MASTER TO was sent and not answered.
  bool change_unanswered = false;
  std::optional<mysql::MasterChange> demotion;  // of a master, as sent
  std::string gtids;                            // see OperationServer::gtids
  std::optional<std::size_t> steps;             // index in the plan; nullopt: the shared steps
  // Its coordinates in the former master's log when that was changed, and the first ones in the new master's.
  BinlogCoordinates former_coordinates, new_coordinates;
  // Below a stopped sibling, it has executed the same where the log of that one ends: the place there, and
  // the one in the log of the master of both.
  struct Meeting {
    BinlogCoordinates there, before;
  };
  std::optional<Meeting> meeting;
  std::optional<std::chrono::milliseconds> heartbeat;  // as it was before the plan
  WantedState wanted;                                  // what the plan needs to know of the server

  // Its former channel; nullptr: it did not replicate.
  [[nodiscard]] const ReplicationChannel* former_channel() const {
    return replicated ? former.replication() : nullptr;
  }
  // Throws Error{refused} when the server does not replicate.
  [[nodiscard]] const ReplicationChannel& replicating() const;
  // The instance with its last reported state.
  [[nodiscard]] Instance now() const;
  [[nodiscard]] bool ran() const;
  void update(ReplicationState said);
  // The threads to start.
  [[nodiscard]] mysql::Threads threads() const;
};

// Updates what is known of the server. Throws Error{refused} if another client has moved it since it was
// read, or since the plan moved it.
void take(ServerState& server, ReplicationState replication);

// Thread-safe, except for two simultaneous calls about one server.
class Steps {
 public:
  Steps(Servers& servers, const Plan& plan, const std::unordered_map<InstanceKey, Instance>& former_servers,
        const ExecutionOptions& options, spdlog::logger& log);

  // Notes what the steps of the plan need to know of servers; call again when the plan has got more steps.
  void note_requirements(const Plan& plan);

  // Throws Error. The server's track records each attempt, successful or not.
  void carry_out(const Step& step);
  // Notes which events the server does not run, for take_shortcomings().
  void note_disabled_events(const InstanceKey& key);
  // What is not as one would wish, a text each.
  [[nodiscard]] std::vector<std::string> take_shortcomings() { return std::exchange(shortcomings_, {}); }
  // Throws Error{not_found} for a server that is not in `former_servers`.
  ServerState& state_of(const InstanceKey& key);

 private:
  void note_requirement(const Step& step);
  void note(const ServerState& server) const;
  void act(const StopReplication& step);
  void act(const StartReplication& step);
  void start(ServerState& server);
  void act(const RunUntil& step);
  void act(const CatchUp& step);
  void act(const WaitUntil& step);
  void act(const CatchUpWithMaster& step);
  void act(const CompareGtids& step);
  void act(const CheckPrepared& step);
  void act(const ChangeMaster& step);
  void act(const DrainRelayLog& step);
  ReplicationState drained(const DrainRelayLog& step);
  ReplicationState stopped_at_end(const ServerState& server, const WantedState& wanted);
  ReplicationState drained_without_delay(ServerState& server, const WantedState& wanted,
                                         std::chrono::seconds delay);
  void act(const ForgetMaster& step);
  void act(const Detach& step);
  void act(const Reattach& step);
  void act(const SkipTransaction& step);
  void act(const StayStopped& step);
  void act(const SetReadOnly& step);
  void act(const StartEvents& step);
  void act(const SetSemiSync& step);
  void act(const KillQuery& step);
  void act(const InjectEmpty& step);
  void act(const ForgetTransactions& step);

  const BinlogCoordinates& executed(const InstanceKey& key) { return state_of(key).replicating().exec; }
  BinlogCoordinates coordinates(const PlanCoordinates& coordinates);
  BinlogCoordinates matched(const ChangeMaster& step);
  void run_until(const InstanceKey& key, const BinlogCoordinates& target);
  ReplicationState require_untouched(ServerState& server, const InstanceKey& master, WantedState wanted = {});
  // Before its relay log is deleted.
  void require_executed(const ServerState& server);
  void require_nothing_held(const ServerState& server, const InstanceKey& master);
  bool require_nothing_ahead(const ChangeMaster& step, const Instance& replica);
  void require_nothing_hidden(const ChangeMaster& step, const Instance& replica);
  [[noreturn]] void refuse_difference(const ChangeMaster& step, const Instance& replica,
                                      const Instance& master);
  void require_nothing_lost(const ChangeMaster& step, const Instance& server);
  void note_shortcoming(std::string sentence);
  const Instance& first_read(const InstanceKey& key);
  void stop_where_decided(const ChangeMaster& step);
  void require_nothing_logged(const ServerState& server);
  [[nodiscard]] bool has_only_what(const ServerState& former_master, const InstanceKey& server);
  void wait_for_end(ServerState& server, const ServerState& master, const BinlogCoordinates& end);
  [[nodiscard]] bool has_all_of(const ServerState& server, const ServerState& master);
  [[nodiscard]] bool has_all_by_gtid(const ServerState& server, const ServerState& master);
  void note_meeting(ServerState& server, const InstanceKey& master);
  void change_coordinates(const InstanceKey& key, const BinlogCoordinates& coordinates);

  Servers& servers_;
  const ExecutionOptions& options_;
  Matcher matcher_;
  std::unordered_map<InstanceKey, ServerState> states_;
  std::mutex first_reads_mutex_;  // guards the following
  std::unordered_map<InstanceKey, std::optional<Instance>> first_reads_;
  std::mutex mutex_;  // guards the following
  std::vector<std::string> shortcomings_;
  std::vector<std::pair<unsigned, Instance>> fit_;  // drained, by DrainRelayLog::standing above 0
};

}  // namespace topo::refactor
