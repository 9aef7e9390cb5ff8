// The subject of the system tests: the library on a sandbox's servers, and the programs.
#pragma once

#include <exception>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sandbox/topology.h"
#include "topo/discovery/discovery.h"
#include "topo/topology/topology.h"

namespace system_test {

// The flavours that can be started here; prints a line that begins with SKIPPED for each other one.
[[nodiscard]] std::vector<sandbox::Flavour> available_of(std::initializer_list<sandbox::Flavour> wanted);
// The available ones of MariaDB 10.11, MySQL 5.6 and MySQL 9.7.
[[nodiscard]] std::vector<sandbox::Flavour> flavours();
// The same, and MariaDB 11.8.
[[nodiscard]] std::vector<sandbox::Flavour> flavours_with_newest();
// For tests that take long: one of the flavours in each run, by the seed and the name of the test; all if
// ORCHESTRATOR_TEST_ALL_FLAVOURS is set, as by `run.sh long`.
[[nodiscard]] std::vector<sandbox::Flavour> in_turn(std::vector<sandbox::Flavour> all);
[[nodiscard]] sandbox::Options options_of(sandbox::Flavour flavour);
// By GTID, or with Pseudo-GTID.
[[nodiscard]] sandbox::Options options_of(sandbox::Flavour flavour, bool gtid);

// A configuration for the sandbox's servers: the account with the fewest privileges, an SQLite file in the
// sandbox's folder, a poll each second, SHOW SLAVE HOSTS.
[[nodiscard]] topo::Configuration configuration_for(const sandbox::Topology& servers);
[[nodiscard]] topo::Configuration configuration_for(const std::filesystem::path& sqlite_file);
// The same with a new schema on `store` as the backend.
[[nodiscard]] topo::Configuration configuration_for(const sandbox::Topology& servers, sandbox::Server& store);

// Prerequisite of make-co-master: a master has no account to replicate with unless it was given one.
void give_replication_account(sandbox::Server& master);

// The library, with its own backend. What it logs is printed if an exception, also that of a failed REQUIRE,
// ends the test.
class LibraryFixture {
 public:
  explicit LibraryFixture(const sandbox::Topology& servers);
  LibraryFixture(const sandbox::Topology& servers, topo::Configuration configuration);
  ~LibraryFixture();
  LibraryFixture(const LibraryFixture&) = delete;
  LibraryFixture& operator=(const LibraryFixture&) = delete;

  [[nodiscard]] topo::Context& context() { return *context_; }
  [[nodiscard]] topo::Discovery& discovery() { return *discovery_; }
  topo::DiscoveryReport discover(std::string_view name) { return discovery_->discover(key(name)); }
  [[nodiscard]] topo::KnownInstance refresh(std::string_view name) { return discovery_->refresh(key(name)); }
  [[nodiscard]] std::optional<topo::KnownInstance> known(std::string_view name);
  [[nodiscard]] const topo::InstanceKey& key(std::string_view name) const {
    return servers_.server(name).key();
  }
  // Reads all known instances again.
  void refresh_all();

  // The ASCII tree of the server's cluster, with the sandbox's names for the keys, "v" for the version, and
  // no count of warnings: "a [OK,v,ROW,>>]\n+ b [OK,v,ROW,>>]".
  [[nodiscard]] std::string tree(std::string_view of_the_cluster_of);
  [[nodiscard]] std::string with_names(std::string text) const;
  // Starts polling all known instances.
  void start_continuous();

 private:
  const sandbox::Topology& servers_;
  std::ostringstream log_;
  const int exceptions_ = std::uncaught_exceptions();
  std::unique_ptr<topo::Context> context_;
  std::unique_ptr<topo::Discovery> discovery_;
};

}  // namespace system_test
