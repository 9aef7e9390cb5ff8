// Session: what an operation works with: configuration, backend, discovery, and the identity of this process.
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
  // A command uses at_first_use, because it may need no backend. A server uses explicitly, because its
  // requests must not wait for a backend that is down.
  enum class Opening { at_first_use, explicitly };

  Session(topo::Configuration configuration, std::shared_ptr<spdlog::logger> log, Opening opening);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The current configuration; the reference remains valid after a reload.
  [[nodiscard]] const topo::Configuration& configuration() const noexcept {
    return configuration_->current();
  }
  [[nodiscard]] spdlog::logger& log() const noexcept { return *log_; }
  [[nodiscard]] topo::StatusLimits limits() const { return topo::status_limits(configuration()); }

  // Reads the configuration from its source; does not throw for errors in it.
  using Load = std::function<topo::LoadedConfiguration()>;
  // Builds what depends on a configuration, and returns a function that puts it in force. Throws
  // Error{invalid_argument}.
  using Prepare = std::function<std::function<void()>(const topo::Configuration&)>;
  // For processes that run for long; call it before reload().
  void set_reload_handlers(Load load, Prepare prepare);
  // The current content of the files, valid or not. Throws Error{refused} where there is nothing to read.
  [[nodiscard]] topo::LoadedConfiguration examine_configuration() const;
  // Reloads the configuration. When it throws Error{invalid_argument}, the current configuration stays in
  // force. Throws Error{refused} where there is nothing to read.
  Reloaded reload();

  // Opens the backend if it is not open. Throws Error{backend}.
  void open();
  // Throws Error{backend} when the backend is not open and cannot, or must not, be opened now.
  topo::Context& context();
  topo::Store& store() { return context().store(); }
  // Created at the first call, because it starts threads. Throws as context().
  topo::Discovery& discovery();
  // Passes the instances that it changes to the discovery. Created at the first call. Throws as context().
  topo::refactor::Refactoring& refactoring();
  // Passes the instances that it changes to the discovery. Created at the first call. Throws as context().
  topo::refactor::UnfinishedOperations& unfinished();
  // Runs as the node of this process. Created at the first call. Throws as context().
  topo::recovery::Recovery& recovery();
  // The watcher is notified of every operation that changes servers; set it before the first operation.
  void watch_operations(std::function<void(const topo::refactor::Progress&)> watcher) {
    watch_operations_ = std::move(watcher);
  }
  // The owner of the locks of operations that name no owner: MaintenanceOwner, otherwise the user of a
  // command or the host of a server.
  [[nodiscard]] std::string default_owner() const;
  // Created at the first call.
  const topo::NodeIdentity& node();
  // The role of this process, for its node's health; set it before node() is called.
  void set_role(std::string role) { role_ = std::move(role); }

  // Prints lines while the user waits for the reply; without a printer the lines are in the reply alone.
  void set_line_printer(std::function<void(const std::string&)> printer) { print_line_ = std::move(printer); }
  [[nodiscard]] const std::function<void(const std::string&)>& line_printer() const noexcept {
    return print_line_;
  }

  // For operations that change servers; call it before they begin. Throws Error{refused} once the process is
  // ending.
  [[nodiscard]] Ending::Operation begin_operation() { return ending_.operation(); }
  // Starts to end the process: no new operation begins, and once the running ones have ended nothing waits
  // for servers any more (Ending::begin). Returns at once.
  void begin_to_end() { ending_.begin(); }
  // Stops the discovery, if it runs, after storing what it has read.
  void stop_discovery();

 private:
  const std::shared_ptr<topo::LiveConfiguration> configuration_;
  const std::shared_ptr<spdlog::logger> log_;
  const Opening opening_;
  Ending ending_;
  std::mutex mutex_;  // guards what is created lazily
  std::unique_ptr<topo::Context> context_;
  std::unique_ptr<topo::Discovery> discovery_;
  std::unique_ptr<topo::refactor::Refactoring> refactoring_;
  std::unique_ptr<topo::refactor::UnfinishedOperations> unfinished_;
  std::unique_ptr<topo::recovery::Recovery> recovery_;
  std::unique_ptr<topo::NodeIdentity> node_;
  std::string role_ = "cli";
  std::function<void(const std::string&)> print_line_;
  std::function<void(const topo::refactor::Progress&)> watch_operations_;
  std::mutex reloading_;  // one reload at a time
  Load load_;
  Prepare prepare_;
  std::atomic<topo::Context*> opened_{nullptr};  // == context_.get(), without the mutex
};

}  // namespace orchestrator
