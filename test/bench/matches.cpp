// Cost of matching by Pseudo-GTID on real servers: `matches [EVENTS] [FLAVOUR]`.
//
// For each flavour: match-below on idle servers, as a command; regroup-slaves of 20 replicas of a master that
// was killed under load; then correlate-binlog-pos, as a command, on logs of EVENTS events, with the last
// entry near the end (searching) and at the beginning (comparing). Its time is compared with the time that
// both servers take to print these logs at once to a client that discards them. Also measured: processor time
// of the command per event, and its peak memory.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "bench/median.h"
#include "sandbox/topology.h"
#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "system/support/load.h"
#include "system/support/pseudo_gtid.h"
#include "system/support/refactoring_fixture.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
using sandbox::Flavour;

struct Cost {
  double milliseconds = 0;
  double processor_milliseconds = 0;
  double megabytes = 0;
};

// Peak memory of the command with this process id; 0 before it starts and after it ended.
double megabytes_of(pid_t pid) {
  std::string word;
  std::ifstream name(fmt::format("/proc/{}/comm", pid));
  if (!(name >> word) || word != "orchestrator") return 0;
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  while (status >> word) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

// The command-line program, as a user runs it.
class Commands {
 public:
  explicit Commands(const sandbox::Topology& servers, const std::string& name = "matches")
      : config_(servers.folder() / (name + ".conf.json")) {
    std::ofstream(config_) << fmt::format(
        R"({{"MySQLTopologyUser": "orchestrator", "MySQLTopologyPassword": "orch_pass", "SQLite3DataFile": "{}",
  "DiscoverByShowSlaveHosts": true, "PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__"}})",
        (servers.folder() / (name + ".sqlite")).string());
    std::filesystem::permissions(config_,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  Cost run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {BIN_FOLDER "/orchestrator", "--config=" + config_.string()});
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const auto began = Clock::now();
    std::fflush(stdout);
    const auto pid = fork();
    if (pid == 0) {
      if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
      execv(argv[0], argv.data());
      _exit(127);
    }
    int status = 0;
    rusage usage{};
    std::atomic<double> max_megabytes = 0;
    {
      // wait4() reports at least the memory that this process had at the fork.
      const std::jthread looks([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          max_megabytes = std::max(max_megabytes.load(), megabytes_of(pid));
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
      });
      wait4(pid, &status, 0, &usage);
    }
    if (status != 0) throw topo::Error(topo::Code::refused, fmt::format("{} failed", arguments[3]));
    const auto milliseconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
    };
    return {Milliseconds(Clock::now() - began).count(),
            milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), max_megabytes};
  }

 private:
  std::filesystem::path config_;
};

void inject_entry(sandbox::Server& server) {
  static int number = 0;
  server.execute(fmt::format("drop view if exists `meta`.`_pseudo_gtid_hint__{:08}`", ++number));
}

void measure_match_below(Flavour flavour) {
  constexpr int rounds = 7;
  std::string tree = "a > b";
  for (int i = 0; i < rounds; ++i) tree += fmt::format(", a > s{}", i);
  sandbox::Topology servers(tree, system_test::options_of(flavour));
  inject_entry(servers.server("a"));
  servers.wait_for_replication();
  const Commands commands(servers);
  const auto name = [&](const std::string& server) { return servers.server(server).key().display(); };
  commands.run({"-c", "discover", "-i", name("a")});
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    times.push_back(
        commands.run({"-c", "match-below", "-i", name(fmt::format("s{}", i)), "-s", name("b")}).milliseconds);
  }
  fmt::print("{}: match-below as a command, idle: {:.0f} ms in the median of {}\n",
             sandbox::to_string(flavour), bench::median(times), rounds);
}

// Writes transactions of several rows each, until there are at least `events` events.
void write_events(sandbox::Server& server, std::uint64_t events) {
  constexpr std::uint64_t statements = 20;
  auto connection = server.connect();
  std::vector<std::string> request;
  for (std::uint64_t written = 0; written < events; written += statements * 2 + 2) {
    request.clear();
    request.emplace_back("begin");
    for (std::uint64_t i = 0; i < statements; ++i)
      request.emplace_back("insert into bench.t (text) values ('abcdefghijklmnopqrstuvwxyz')");
    request.emplace_back("commit");
    connection.query_all(request);
  }
}

// Prints both logs at the same time, and discards the output. Returns milliseconds.
double time_to_print(sandbox::Topology& servers, std::uint64_t& events) {
  std::array<std::uint64_t, 2> counts{};
  const auto began = Clock::now();
  {
    std::vector<std::jthread> readers;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      readers.emplace_back([&, i] {
        auto connection = servers.server(i == 0 ? "a" : "b").connect();
        std::vector<std::string> files;
        connection.stream("show binary logs", [&](auto cells) {
          files.emplace_back(cells[0]);
          return true;
        });
        connection.stream(fmt::format("show binlog events in '{}'", files.back()), [&](auto) {
          ++counts[i];
          return true;
        });
      });
    }
  }
  const auto time = Milliseconds(Clock::now() - began).count();
  events = counts[0] + counts[1];
  return time;
}

void measure_logs(Flavour flavour, std::uint64_t wanted) {
  auto options = system_test::options_of(flavour);
  options.extra_server_options = {"--max-binlog-size=1073741824"};
  sandbox::Topology servers("a > b", options);
  auto& a = servers.server("a");
  a.execute("create database bench");
  a.execute("create table bench.t (id int auto_increment primary key, text varchar(100))");
  a.execute("flush logs");
  servers.wait_for_replication(std::chrono::minutes(5));
  servers.server("b").execute("flush logs");
  inject_entry(a);
  inject_entry(a);
  servers.wait_for_replication(std::chrono::minutes(1));
  // `plain` knows the coordinates at the beginning of the logs, `noted` also those after the writes.
  const Commands plain(servers, "plain"), noted(servers, "noted");
  plain.run({"-c", "discover", "-i", a.key().display()});
  write_events(a, wanted);
  servers.wait_for_replication(std::chrono::minutes(10));
  noted.run({"-c", "discover", "-i", a.key().display()});
  const std::vector<std::string> correlate{
      "-c", "correlate-binlog-pos", "-i", servers.server("b").key().display(), "-s", a.key().display()};
  const auto report = [&](std::string_view what, double passes, const Commands& commands) {
    std::vector<double> times, processor, ratios;
    double memory = 0;
    std::uint64_t events = 0;
    for (int i = 0; i < 5; ++i) {
      const auto print = time_to_print(servers, events);
      const auto cost = commands.run(correlate);
      times.push_back(cost.milliseconds);
      processor.push_back(cost.processor_milliseconds * 1000 / (passes * static_cast<double>(events)));
      ratios.push_back(cost.milliseconds / (passes * print));
      memory = std::max(memory, cost.megabytes);
    }
    fmt::print(
        "  {}: {} events in both logs: {:.0f} ms, {:.2f} times what the servers take to print what is read; "
        "{:.2f} microseconds of processor an event read, {:.0f} MB\n",
        what, events, bench::median(times), bench::median(ratios), bench::median(processor), memory);
    std::fflush(stdout);
  };
  fmt::print("{}:\n", sandbox::to_string(flavour));
  // The search reads both logs completely, and so does the comparison after it.
  report("comparing, the entry at the beginning", 2, plain);
  // Two entries: the search also looks for the one before the last.
  inject_entry(a);
  inject_entry(a);
  servers.wait_for_replication(std::chrono::minutes(1));
  report("searching, the entry at the end", 1, plain);
  report("the same with places that a poll noted", 1, noted);
}

// The master is killed under load; some replicas have stopped receiving before that.
void measure_regroup(Flavour flavour) {
  constexpr int replicas = 20;
  std::string tree;
  for (int i = 0; i < replicas; ++i) tree += fmt::format("{}a > r{}", i == 0 ? "" : ", ", i);
  auto options = system_test::options_of(flavour);
  options.pseudo_gtid = true;
  sandbox::Topology servers(tree, options);
  system_test::RefactoringFixture moves(
      servers, system_test::with_pseudo_gtid(system_test::configuration_for(servers)));
  Clock::time_point decided;
  Clock::time_point began;
  {
    system_test::Load load(servers.server("a"), 2, 1);
    moves.library.discover("a");
    const auto word = sandbox::says_replica(flavour) ? "replica" : "slave";
    for (int i = 0; i < replicas; i += 3) {
      const auto goal = load.committed() + 30;
      sandbox::wait_until([&] { return load.committed() >= goal; }, std::chrono::seconds(60), "transactions");
      servers.server(fmt::format("r{}", i)).execute(fmt::format("stop {} io_thread", word));
    }
    servers.server("a").kill9();
  }
  topo::refactor::OperationRequest request;
  request.on_candidate = [&](const topo::InstanceKey&) { decided = Clock::now(); };
  began = Clock::now();
  const auto report = moves.refactoring.run("regroup-slaves", {moves.library.key("a")}, request);
  const auto ended = Clock::now();
  fmt::print(
      "{}: regroup-slaves of {}: {} moved in {:.0f} ms, of which {:.0f} ms until all had executed what they "
      "had\n",
      sandbox::to_string(flavour), replicas, report.outcome.moved.size(), Milliseconds(ended - began).count(),
      Milliseconds(decided - began).count());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  for (const auto flavour : system_test::flavours()) {
    if (argc > 2 && sandbox::to_string(flavour) != argv[2]) continue;
    measure_match_below(flavour);
    measure_regroup(flavour);
    measure_logs(flavour, events);
  }
}
