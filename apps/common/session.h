// Session: what an operation works with: configuration, backend, discovery, and who this process is.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/ending.h"
#include "common/reloaded.h"
#include "topo/context.h"
#include "topo/discovery/discovery.h"
#include "topo/recovery/recovery.h"
#include "topo/refactor/refactoring.h"
#include "topo/refactor/unfinished.h"
#include "topo/topology/status.h"

namespace orchestrator {

// Thread-safe.
class Session {
 public:
  // at_first_use suits a command, which may need no backend at all; explicitly suits a server, whose
  // requests must not wait for one that is down.
  enum class Opening { at_first_use, explicitly };

  Session(topo::Configuration configuration, std::shared_ptr<spdlog::logger> log, Opening opening);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // As it is now; the reference stays good.
  [[nodiscard]] const topo::Configuration& configuration() const noexcept {
    return configuration_->current();
  }
  [[nodiscard]] spdlog::logger& log() const noexcept { return *log_; }
  [[nodiscard]] topo::StatusLimits limits() const { return topo::status_limits(configuration()); }

  // Reads the configuration from where it came from; does not throw for what is in it.
  using Load = std::function<topo::LoadedConfiguration()>;
  // Makes what depends on a configuration, and returns what puts it in place. Throws Error{invalid_argument}.
  using Prepare = std::function<std::function<void()>(const topo::Configuration&)>;
  // For processes that run for long; to be called before reload().
  void let_reload(Load load, Prepare prepare);
  // What it is there now, whatever is wrong with it. Throws Error{refused} where there is nothing to read.
  [[nodiscard]] topo::LoadedConfiguration examine_configuration() const;
  // Reads the configuration anew. What it throws, as Error{invalid_argument}, leaves all as it was; {refused}
  // where there is nothing to read it from.
  Reloaded reload();

  // Opens the backend if it is not open. Throws Error{backend}.
  void open();
  // Throws Error{backend} when the backend is not open and cannot be, or must not be, opened now.
  topo::Context& context();
  topo::Store& store() { return context().store(); }
  // Made at the first call, as its threads are not for nothing. Throws as context().
  topo::Discovery& discovery();
  // What it changes the discovery takes in. Made at the first call. Throws as context().
  topo::refactor::Refactoring& refactoring();
  // What it changes the discovery takes in, too. Made at the first call. Throws as context().
  topo::refactor::UnfinishedOperations& unfinished();
  // Its node is this one. Made at the first call. Throws as context().
  topo::recovery::Recovery& recovery();
  // Told of every operation that changes servers; to be set before the first one.
  void watch_operations(std::function<void(const topo::refactor::Progress&)> watcher) {
    watch_operations_ = std::move(watcher);
  }
  // Who holds the locks of operations that name no owner: MaintenanceOwner, or else the user of a command,
  // the host of a server.
  [[nodiscard]] std::string default_owner() const;
  // Made at the first call.
  const topo::NodeIdentity& node();
  // What this process does, for its node's health; to be told before node() is called.
  void set_role(std::string role) { role_ = std::move(role); }

  // Where lines go that somebody who waits is to see before the reply; nowhere: they are in the reply alone.
  void set_line_printer(std::function<void(const std::string&)> printer) { print_line_ = std::move(printer); }
  [[nodiscard]] const std::function<void(const std::string&)>& line_printer() const noexcept {
    return print_line_;
  }

  // For operations that change servers, to be asked for before they begin. Throws Error{refused} once the
  // process is about to end.
  [[nodiscard]] Ending::Operation begin_operation() { return ending_.operation(); }
  // The process is to end: no operation begins any more, and when those under way have ended nothing waits
  // for servers any more (Ending::begin). Returns at once.
  void begin_to_end() { ending_.begin(); }
  // Ends the discovery, if there is one, once what it has read is written.
  void stop_discovery();

 private:
  const std::shared_ptr<topo::LiveConfiguration> configuration_;
  const std::shared_ptr<spdlog::logger> log_;
  const Opening opening_;
  Ending ending_;
  std::mutex mutex_;  // of what is made late
  std::unique_ptr<topo::Context> context_;
  std::unique_ptr<topo::Discovery> discovery_;
  std::unique_ptr<topo::refactor::Refactoring> refactoring_;
  std::unique_ptr<topo::refactor::UnfinishedOperations> unfinished_;
  std::unique_ptr<topo::recovery::Recovery> recovery_;
  std::unique_ptr<topo::NodeIdentity> node_;
  std::string role_ = "cli";
  std::function<void(const std::string&)> print_line_;
  std::function<void(const topo::refactor::Progress&)> watch_operations_;
  std::mutex reloading_;  // one at a time
  Load load_;
  Prepare prepare_;
  std::atomic<topo::Context*> opened_{nullptr};  // == context_.get(), without the mutex
};

}  // namespace orchestrator
