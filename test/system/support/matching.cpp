#include "system/support/matching.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "sandbox/wait.h"
#include "system/support/pseudo_gtid.h"
#include "topo/mysql/dialect.h"
#include "topo/store/store.h"

namespace system_test {
namespace {

using sandbox::patience;

topo::Configuration configured(const sandbox::Topology& servers, const MatchedServers::Configure& configure) {
  auto configuration = with_pseudo_gtid(configuration_for(servers));
  if (configure) configure(configuration, servers);
  return configuration;
}

}  // namespace

void inject(sandbox::Server& server) {
  static std::atomic<unsigned> count = 0;
  inject(server, fmt::format("entry_{}", ++count));
}

void inject(sandbox::Server& server, const std::string& hint) {
  server.execute(fmt::format("drop view if exists `meta`.`_pseudo_gtid_hint__{}`", hint));
}

void say(sandbox::Server& replica, std::string_view verb, std::string_view threads) {
  replica.execute(fmt::format("{} {}", sandbox::replica_statement(replica.flavour(), verb), threads));
}

void delay(sandbox::Server& replica, unsigned seconds) {
  const bool new_words = sandbox::says_replica(replica.flavour());
  replica.execute(fmt::format("{} TO {}_DELAY = {}",
                              new_words ? "CHANGE REPLICATION SOURCE" : "CHANGE MASTER",
                              new_words ? "SOURCE" : "MASTER", seconds));
}

std::string no_log_of_updates(sandbox::Flavour flavour) {
  return sandbox::says_replica(flavour) ? "--log-replica-updates=0" : "--log-slave-updates=0";
}

MatchedServers::MatchedServers(std::string_view tree, const sandbox::Options& options,
                               const Configure& configure)
    : servers_(tree, options), mover_(servers_, configured(servers_, configure)) {
  auto& root = *servers_.servers().front();
  if (!options.pseudo_gtid) {
    root.execute("create database meta");
    servers_.wait_for_replication(patience);
  }
  mover_.library.discover(root.name());
}

std::string MatchedServers::master(std::string_view name) {
  const auto status = servers_.server(name).replication_status();
  if (!status || !status->master.valid()) return "";
  for (const auto& server : servers_.servers()) {
    if (server->key() == status->master) return server->name();
  }
  return status->master.display();
}

bool MatchedServers::is_below(std::string_view name, std::string_view master) {
  return this->master(name) == master && servers_.server(name).replicates();
}

// An IO thread that keeps trying to reach its master counts as running.
std::string MatchedServers::standing() {
  std::string text;
  for (const auto& server : servers_.servers()) {
    if (!server->running() || server->paused()) continue;
    const auto status = server->replication_status();
    if (!status) continue;
    text += fmt::format("{} below {}{}{}\n", server->name(), master(server->name()),
                        status->io == "No" ? "" : ", fetches", status->sql == "No" ? "" : ", executes");
  }
  return text;
}

sandbox::BinlogPosition MatchedServers::fetched(std::string_view name) {
  auto& server = servers_.server(name);
  const bool new_words = sandbox::says_replica(server.flavour());
  const auto status = server.query(sandbox::replica_statement(server.flavour(), "show") + " status");
  return {status[0].string_or(new_words ? "Source_Log_File" : "Master_Log_File"),
          status[0].number_or(new_words ? "Read_Source_Log_Pos" : "Read_Master_Log_Pos", -1)};
}

void MatchedServers::await_fetched(std::string_view name) {
  const auto end = servers_.server(master(name)).binlog_position();
  sandbox::wait_until([&] { return fetched(name) >= end; }, patience, fmt::format("{} to fetch all", name));
}

void MatchedServers::await_executed(std::string_view name) {
  const auto end = fetched(name);
  const auto has_executed = [&] { return servers_.server(name).replication_status()->executed == end; };
  sandbox::wait_until(has_executed, patience, fmt::format("{} to execute all", name));
}

void MatchedServers::await_executed_whole(std::string_view name) {
  // Workers report their progress when they are done, or every 300 ms.
  constexpr std::chrono::milliseconds told_again{700};
  auto& server = servers_.server(name);
  auto last = server.replication_status()->executed;
  auto since = std::chrono::steady_clock::now();
  const auto stands_still = [&] {
    const auto status = server.query(sandbox::replica_statement(server.flavour(), "show") + " status");
    const auto now = server.replication_status()->executed;
    if (now == fetched(name)) return true;
    const bool goes_on = now != last || !topo::mysql::parse_replica_status(status[0])->has_read_relay_log;
    if (goes_on) since = std::chrono::steady_clock::now();
    last = now;
    return std::chrono::steady_clock::now() - since > told_again;
  };
  sandbox::wait_until(stands_still, patience, fmt::format("{} to execute what it can", name));
}

std::string MatchedServers::refused(const std::function<void()>& operation, topo::Code code) {
  auto& store = mover_.library.context().store();
  const auto before = standing();
  const auto locks = store.maintenance().active().size();
  auto words = refusal(operation, code);
  INFO(words);
  CHECK_FALSE(words.empty());
  CHECK(standing() == before);
  CHECK(store.maintenance().active().size() == locks);
  CHECK(store.operations().unended().empty());
  return words;
}

void MatchedServers::promote(std::string_view name) {
  topo::refactor::OperationRequest request;
  request.loss = topo::Loss::accept;  // the beginning of a transaction that was cut off
  refactoring().run("reset-slave", {key(name)}, request);
  refactoring().run("set-writeable", {key(name)}, {});
  write(name, 1'000'000);
}

void MatchedServers::write(std::string_view name, int id) {
  servers_.server(name).execute(fmt::format("insert into sandbox_load.writes values ({}, 'by hand')", id));
}

Listener::Listener(const topo::InstanceKey& at)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const int on = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(at.port());
  inet_pton(AF_INET, at.hostname().c_str(), &address.sin_addr);
  constexpr int max_callers = 100;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket_, max_callers) != 0) {
    close(socket_);
    throw std::runtime_error("cannot listen at " + at.display());
  }
}

Listener::~Listener() {
  close(socket_);
}

std::vector<std::string> Listener::callers() {
  std::vector<std::string> found;
  sockaddr_in address{};
  socklen_t size = sizeof address;
  for (int caller = 0; (caller = accept(socket_, reinterpret_cast<sockaddr*>(&address), &size)) >= 0;) {
    char text[INET_ADDRSTRLEN] = {};
    found.emplace_back(inet_ntop(AF_INET, &address.sin_addr, text, sizeof text));
    close(caller);
  }
  return found;
}

}  // namespace system_test
