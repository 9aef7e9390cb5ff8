#include "system/support/operation_fixture.h"

#include <fmt/format.h>

#include "sandbox/wait.h"
#include "topo/base/error.h"
#include "topo/store/store.h"

namespace system_test {
namespace {

using namespace std::chrono_literals;
using sandbox::patience;

const std::vector<std::string> members{"a", "b", "c", "d"};

sandbox::Options options_for(sandbox::Flavour flavour, bool by_gtid) {
  auto options = options_of(flavour);
  options.gtid = by_gtid;
  return options;
}

topo::Configuration configuration_of(const sandbox::Topology& servers) {
  auto configuration = configuration_for(servers);
  configuration.instance_bulk_operations_wait_timeout = 3s;  // how long a hanging server is waited for
  return configuration;
}

void await(sandbox::Server& server) {
  try {
    sandbox::wait_until([&] { return server.replicates(); }, patience, server.name() + " to replicate");
  } catch (const topo::Error& error) {
    const auto status = server.replication_status();
    throw topo::Error(error.code(),
                      fmt::format("{}: {}", error.what(), status ? status->error : "no replica"));
  }
}

}  // namespace

const std::vector<StagedOperation>& staged_operations() {
  static const std::vector<StagedOperation> all{
      {"move-up", "c", nullptr, {"a", "b", "c"}},        {"move-below", "c", "d", {"b", "c", "d"}},
      {"move-up-slaves", "b", nullptr, {"a", "b", "c"}}, {"make-co-master", "b", nullptr, {"a", "b"}},
      {"enslave-master", "c", nullptr, {"b", "c"}},
  };
  return all;
}

const std::vector<StagedOperation>& staged_matching_operations() {
  static const std::vector<StagedOperation> all{
      {"match-below", "c", "d", {"c"}},
      {"match-up", "c", nullptr, {"c"}},
      {"rematch", "c", nullptr, {"c"}},
      {"multi-match-slaves", "b", "a", {"c", "d"}},
      {"match-up-slaves", "b", nullptr, {"c", "d"}},
  };
  return all;
}

const std::vector<StagedOperation>& staged_quiet_operations() {
  static const std::vector<StagedOperation> all{
      {"make-local-master", "c", nullptr, {"c", "d"}},
      {"enslave-siblings", "c", nullptr, {"c", "d"}},
  };
  return all;
}

const std::vector<StagedOperation>& staged_promotions() {
  static const std::vector<StagedOperation> all{{"make-master", "c", nullptr, {"c", "d"}},
                                                {"regroup-slaves", "b", nullptr, {"c", "d"}}};
  return all;
}

const std::vector<StagedOperation>& staged_takeovers() {
  static const std::vector<StagedOperation> all{{"graceful-master-takeover-auto", "a", "b", {"a", "b"}}};
  return all;
}

topo::refactor::OperationReport StagedOperation::run(topo::refactor::Refactoring& refactoring,
                                                     const KeyOf& key) const {
  topo::refactor::OperationArguments arguments{key(instance)};
  if (target != nullptr) arguments.target = key(target);
  topo::refactor::OperationRequest request;
  request.promote = std::string_view(name) == "regroup-slaves";
  return refactoring.run(name, arguments, request);
}

OperationFixture::OperationFixture(sandbox::Flavour flavour, bool by_gtid)
    : servers_("a > b > c, b > d", options_for(flavour, by_gtid)),
      library_(servers_, configuration_of(servers_)),
      refactoring_(library_.context(), [this](const auto& read) { library_.discovery().take(read); }),
      unfinished_(library_.context(), refactoring_,
                  [this](const auto& read) { library_.discovery().take(read); }) {
  give_replication_account(servers_.server("a"));
  library_.discover("a");
}

KeyOf OperationFixture::keys() {
  return [this](const std::string& name) { return library_.key(name); };
}

std::string OperationFixture::master(const std::string& name) {
  const auto status = servers_.server(name).replication_status();
  if (!status || !status->master.valid()) return {};
  for (const auto& other : members) {
    if (servers_.server(other).key() == status->master) return other;
  }
  return status->master.display();
}

std::string OperationFixture::act(const StagedOperation& operation,
                                  const std::function<void(const std::string&)>& on_step) {
  start_writing();
  refactoring_.on_step(on_step);
  std::string error;
  try {
    error = describe(operation.run(refactoring_, keys()).outcome.leftovers);
  } catch (const topo::Error& thrown) {
    error = thrown.what();
  }
  refactoring_.on_step(nullptr);
  return error;
}

void OperationFixture::await_all_but(const std::string& named, const std::string& victim) {
  for (const auto& name : members) {
    auto& one = servers_.server(name);
    if (has_lost_settings(name)) continue;
    const auto is_named = [&](const char* how) {
      return named.find(one.key().display() + how) != std::string::npos;
    };
    if (is_named(" is left") || is_named(" may be left") || is_named(" does not replicate")) continue;
    const auto status = one.replication_status();
    // MySQL 5.6 gives up for good if its master hangs while it reconnects.
    const bool gave_up = status->error.find("@master_heartbeat_period") != std::string::npos;
    if ((name == victim || gave_up) && !one.replicates()) {
      one.stop_replication();
      one.start_replication();
    }
    await(one);
  }
}

void OperationFixture::all_run_with_the_same_rows() {
  await_all_but("", "");
  writer_.reset();
  servers_.wait_for_replication(patience);
  const auto sum = [&](const std::string& name) {
    return servers_.server(name).query("checksum table sandbox_load.writes")[0].number_or("Checksum", -1);
  };
  for (const auto& name : members) {
    if (sum(name) != sum("a"))
      throw topo::Error(topo::Code::refused, fmt::format("{} has other rows than a", name));
  }
}

bool OperationFixture::has_lost_settings(const std::string& name) {
  const auto status = servers_.server(name).replication_status();
  return !status || !status->master.valid() || status->account.empty();
}

void OperationFixture::restore() {
  library_.refresh_all();
  const auto key = keys();
  if (!master("a").empty()) {
    static_cast<void>(refactoring_.run("reset-slave", {key("a")}, {}));
  }
  give_replication_account(servers_.server("a"));  // undoing make-co-master removes it
  if (master("b") == "c") static_cast<void>(refactoring_.run("enslave-master", {key("b")}, {}));
  for (const char* name : {"c", "d"}) {
    if (master(name) == "d" || master(name) == "c")
      static_cast<void>(refactoring_.run("move-up", {key(name)}, {}));
    if (master(name) == "a") static_cast<void>(refactoring_.run("move-below", {key(name), key("b")}, {}));
    if (master(name) != "b")
      throw topo::Error(topo::Code::refused, fmt::format("{} replicates from {}", name, master(name)));
  }
  if (master("b") != "a")
    throw topo::Error(topo::Code::refused, fmt::format("b replicates from {}", master("b")));
}

Outcome carry_out(OperationFixture& fixture, const StagedOperation& operation, int step, bool within) {
  std::vector<std::string> words{built("mortal_operation"),
                                 fixture.library().context().configuration().sqlite3_data_file,
                                 operation.name, std::to_string(step), within ? "within" : "before"};
  for (const char* name : {"a", "b", "c", "d"})
    words.push_back(fmt::format("{}={}", name, fixture.keys()(name).display()));
  return run(words);
}

}  // namespace system_test
