#include "system/support/library_fixture.h"

#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "sandbox/accounts.h"
#include "sandbox/installation.h"
#include "system/support/seed.h"
#include "topo/store/store.h"

namespace system_test {

std::vector<sandbox::Flavour> available_of(std::initializer_list<sandbox::Flavour> wanted) {
  std::vector<sandbox::Flavour> available;
  for (const auto flavour : wanted) {
    if (const auto why = sandbox::why_not_available(flavour)) {
      std::cout << "SKIPPED: " << sandbox::to_string(flavour) << ": " << *why << '\n';
    } else {
      available.push_back(flavour);
    }
  }
  return available;
}

std::vector<sandbox::Flavour> flavours() {
  return available_of(
      {sandbox::Flavour::mariadb_10_11, sandbox::Flavour::mysql_5_6, sandbox::Flavour::mysql_9_7});
}

std::vector<sandbox::Flavour> flavours_with_newest() {
  return available_of({sandbox::Flavour::mariadb_10_11, sandbox::Flavour::mysql_5_6,
                       sandbox::Flavour::mysql_9_7, sandbox::Flavour::mariadb_11_8});
}

std::vector<sandbox::Flavour> in_turn(std::vector<sandbox::Flavour> all) {
  const auto* wanted = std::getenv("ORCHESTRATOR_TEST_ALL_FLAVOURS");
  if (wanted != nullptr || all.empty()) return all;
  const auto name = Catch::getResultCapture().getCurrentTestName();
  return {all[(std::hash<std::string>{}(name) + seed()) % all.size()]};
}

sandbox::Options options_of(sandbox::Flavour flavour) {
  sandbox::Options options;
  options.flavour = flavour;
  return options;
}

sandbox::Options options_of(sandbox::Flavour flavour, bool gtid) {
  auto options = options_of(flavour);
  options.gtid = gtid;
  options.pseudo_gtid = !gtid;
  return options;
}

void give_replication_account(sandbox::Server& master) {
  const auto& [user, password] = sandbox::replication_account;
  const bool new_words = sandbox::says_replica(master.flavour());
  master.execute(fmt::format("CHANGE {0} TO {1}_USER = '{2}', {1}_PASSWORD = '{3}'{4}",
                             new_words ? "REPLICATION SOURCE" : "MASTER", new_words ? "SOURCE" : "MASTER",
                             user, password, new_words ? ", GET_SOURCE_PUBLIC_KEY = 1" : ""));
}

topo::Configuration configuration_for(const sandbox::Topology& servers) {
  static int files = 0;
  return configuration_for(servers.folder() / fmt::format("backend{}.sqlite3", ++files));
}

topo::Configuration configuration_for(const sandbox::Topology& servers, sandbox::Server& store) {
  store.execute("CREATE DATABASE orchestrator");
  auto configuration = configuration_for(servers);
  configuration.mysql_orchestrator_host = store.host();
  configuration.mysql_orchestrator_port = store.port();
  configuration.mysql_orchestrator_database = "orchestrator";
  configuration.mysql_orchestrator_user = "root";
  return configuration;
}

topo::Configuration configuration_for(const std::filesystem::path& sqlite_file) {
  topo::Configuration configuration;
  configuration.mysql_topology_user = sandbox::orchestrator_account.user;
  configuration.mysql_topology_password = sandbox::orchestrator_account.password;
  configuration.sqlite3_data_file = sqlite_file;
  configuration.discover_by_show_slave_hosts = true;
  // MariaDB does not report whether a master has such an account.
  configuration.replication_credentials_query = fmt::format(
      "SELECT '{}', '{}'", sandbox::replication_account.user, sandbox::replication_account.password);
  configuration.instance_poll = std::chrono::seconds(1);
  configuration.mysql_connect_timeout = std::chrono::seconds(1);
  configuration.mysql_discovery_read_timeout = std::chrono::seconds(1);
  configuration.discovery_poll = std::chrono::seconds(1);
  configuration.slave_start_post_wait = std::chrono::seconds(10);  // maximum, for a busy machine
  return configuration;
}

LibraryFixture::LibraryFixture(const sandbox::Topology& servers)
    : LibraryFixture(servers, configuration_for(servers)) {}

LibraryFixture::LibraryFixture(const sandbox::Topology& servers, topo::Configuration configuration)
    : servers_(servers),
      context_(std::make_unique<topo::Context>(
          std::move(configuration),
          std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)))),
      discovery_(std::make_unique<topo::Discovery>(*context_)) {
  context_->log().set_level(spdlog::level::debug);
}

LibraryFixture::~LibraryFixture() {
  const bool is_failing = std::uncaught_exceptions() > exceptions_;
  discovery_.reset();
  context_.reset();
  if (is_failing) std::cout << "The log of the library:\n" << with_names(log_.str());
}

std::optional<topo::KnownInstance> LibraryFixture::known(std::string_view name) {
  return context_->store().instances().read(key(name));
}

void LibraryFixture::refresh_all() {
  for (const auto& known : context_->store().instances().read_all()) {
    try {
      static_cast<void>(discovery_->refresh(known.instance.key));
    } catch (const topo::Error&) {  // stored as a failed check, which the test reads
    }
  }
}

// Replaces keys by names before the tree is made: siblings are ordered by key, and ports are random.
std::string LibraryFixture::tree(std::string_view of_the_cluster_of) {
  constexpr std::uint16_t port = 1;
  const auto rename = [&](topo::InstanceKey& key) {
    for (const auto& server : servers_.servers()) {
      if (server->key() == key) key = {server->name(), port};
    }
  };
  const auto member = known(of_the_cluster_of);
  if (!member) return "not known";
  auto instances = context_->store().instances().read_cluster(member->instance.cluster_name);
  for (auto& known : instances) {
    auto& instance = known.instance;
    instance.version = "v";
    instance.warnings.clear();
    if (instance.cluster_name == instance.key.display())
      instance.cluster_name = with_names(instance.cluster_name) + ":1";
    rename(instance.key);
    for (auto& channel : instance.channels) {
      if (channel.master) rename(*channel.master);
    }
  }
  auto text =
      topo::ascii_tree(topo::Topology(std::move(instances)), topo::status_limits(context_->configuration()));
  for (auto at = text.find(":1 ["); at != std::string::npos; at = text.find(":1 [")) text.erase(at, 2);
  return text;
}

std::string LibraryFixture::with_names(std::string text) const {
  for (const auto& server : servers_.servers()) {
    const auto key = server->key().display();
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key))
      text.replace(at, key.size(), server->name());
  }
  return text;
}

void LibraryFixture::start_continuous() {
  discovery_->start_continuous(topo::NodeIdentity::make("test", "test"));
}

}  // namespace system_test
