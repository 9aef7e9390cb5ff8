// Undo: putting servers back as they were, by their tracks, and seeing that they run.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "refactor/steps.h"
#include "topo/refactor/execution.h"

namespace topo::refactor {

// Every duty is tried, and may be tried again. Thread-safe, but for two calls about one server at a time.
class Undo {
 public:
  Undo(Servers& servers, std::string operation, const ExecutionOptions& options, spdlog::logger& log);

  // To the log, and to whoever watches.
  void say(const std::string& what);

  // Repeats what fails because a server does not answer, which may pass. Throws what the last try did.
  void until_answered(const std::function<void()>& deed);

  // Replicates as before, but stopped. Where that fails it is said to be left, and not to be started. One
  // that has executed something at its new master is left there, running.
  void take_master_back(Track& server);
  // What ran before runs again. Where that fails it is said to be left.
  void start_again(Track& server);

  // Returns when the threads that are to run do; where the master may be down, also if they still connect
  // after ExecutionOptions::start_wait. Throws Error{sql} when a thread has ended, or its connection is
  // refused for a reason that time will not mend, {timeout} when it still connects after
  // ExecutionOptions::connect_wait. A SQL thread that had ended with an error before may do so again.
  void await_running(Track& server, bool master_may_be_down);

  void is_left(const InstanceKey& server, std::string sentence);
  [[nodiscard]] std::vector<LeftServer> take_left();

 private:
  bool is_ours(Track& server);
  void persistently(const std::function<void()>& duty, bool even_if_refused = true);
  bool point_back(Track& server);
  Stand start_mended(const Track& server);

  Servers& servers_;
  const std::string operation_;
  const ExecutionOptions& options_;
  spdlog::logger& log_;
  std::mutex mutex_;  // of left_
  std::vector<LeftServer> left_;
};

// It has executed something at its new master, so that its former place is the right one no more.
[[nodiscard]] bool has_gone_on(const Track& server);

// Of a replica that is at its new master. Servers write down the master and the place that a replica has
// executed to one after the other: one that goes down in the middle of CHANGE MASTER TO comes back with its
// new master and the place in the log of the former one, which must not be started. To be asked only where
// the server may have gone down so: the same numbers may come about otherwise.
[[nodiscard]] bool is_torn(const ReplicationChannel& channel, const BinlogCoordinates& former_place);

}  // namespace topo::refactor
