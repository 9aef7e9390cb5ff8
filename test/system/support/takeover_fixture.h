// Servers whose master changes its place with a replica, under recorded writes.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/topology.h"
#include "system/support/history.h"
#include "system/support/pseudo_gtid.h"
#include "system/support/refactoring_fixture.h"
#include "topo/config/configuration.h"

namespace system_test {

// Of operations that are to be refused when something is not ready in time.
inline void waits_briefly(topo::Configuration& configuration) {
  configuration.instance_bulk_operations_wait_timeout = std::chrono::seconds(2);
}

// Servers below the master `a`, which are known, and can become its replicas.
struct TakeoverServers {
  TakeoverServers(std::string_view tree, const sandbox::Options& options)
      : TakeoverServers(tree, options, [](topo::Configuration&) {}) {}
  TakeoverServers(std::string_view tree, const sandbox::Options& options,
                  const std::function<void(topo::Configuration&)>& configure)
      : all(tree, options), moves(all, configured(all, configure)), library(moves.library) {
    library.discover("a");
  }
  // Which the master needs to become a replica.
  void give_account() { give_replication_account(all.server("a")); }
  static topo::Configuration configured(const sandbox::Topology& servers,
                                        const std::function<void(topo::Configuration&)>& configure) {
    auto configuration = with_pseudo_gtid(configuration_for(servers));
    configuration.instance_bulk_operations_wait_timeout = std::chrono::seconds(10);
    configure(configuration);
    return configuration;
  }
  sandbox::Server& operator[](std::string_view name) { return all.server(name); }
  topo::refactor::OperationReport take_over(const char* successor, bool end_clients = false,
                                            const char* operation = "graceful-master-takeover-auto") {
    topo::refactor::OperationRequest request;
    request.end_clients = end_clients;
    std::optional<topo::InstanceKey> target;
    if (successor != nullptr) target = library.key(successor);
    return moves.refactoring.run(operation, {library.key("a"), target}, request);
  }
  [[nodiscard]] std::string tree() {
    library.refresh_all();
    for (const auto& server : all.servers()) static_cast<void>(library.refresh(server->name()));
    return without_status(library.tree("b"));
  }

  sandbox::Topology all;
  RefactoringFixture moves;
  LibraryFixture& library;
};

// All that was acknowledged is everywhere, and only `master` takes writes.
inline void check_history(History& history, TakeoverServers& servers, std::string_view master) {
  history.stop();
  servers.all.wait_for_replication();
  CHECK(history.missing_on(master) == "");
  CHECK(history.writable() == master);
  for (const auto& server : servers.all.servers()) {
    INFO(server->name());
    CHECK(history.difference(server->name(), master) == "");
  }
}

}  // namespace system_test
