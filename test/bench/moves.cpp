// Cost of moving replicas on idle real servers: `moves [ROUNDS]`.
//
// For MariaDB 10.11, MySQL 5.6 and MySQL 9.7: the time of move-below within a process, the statements that
// each of the two servers receives (by its general log), and how long replication is stopped on each (by
// polling without pause); then move-up-slaves of 20 replicas compared with move-up of one.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stop_token>
#include <thread>

#include "bench/median.h"
#include "sandbox/installation.h"
#include "sandbox/topology.h"
#include "system/support/refactoring_fixture.h"
#include "topo/refactor/refactoring.h"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
using sandbox::Flavour;
using system_test::RefactoringFixture;

void log_statements(sandbox::Server& server, bool on) {
  server.execute("set global log_output = 'TABLE'");
  server.execute(fmt::format("set global general_log = {}", on ? 1 : 0));
  if (on) server.execute("truncate table mysql.general_log");
}

// MariaDB logs a request of several statements as one entry, MySQL logs each statement.
double logged_statements(sandbox::Server& server) {
  const auto rows = server.query(fmt::format(
      "select {} from mysql.general_log where command_type = 'Query' and user_host like 'orchestrator%'",
      sandbox::is_mariadb(server.flavour()) ? "sum(1 + length(argument) - length(replace(argument, ';', '')))"
                                            : "count(*)"));
  return static_cast<double>(rows[0].number(0).value_or(0));
}

// Polls without pause whether the SQL thread runs, and keeps the longest time that it did not.
class Watch {
 public:
  explicit Watch(sandbox::Server& server)
      : flavour_(server.flavour()),
        connection_(server.connect()),
        thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) look();
        }) {}
  double longest() {
    thread_.request_stop();
    thread_.join();
    return Milliseconds(longest_).count();
  }

 private:
  void look() {
    const auto status = sandbox::replication_status(connection_, flavour_);
    const auto now = Clock::now();
    if (status && status->sql == "Yes") {
      last_running_ = now;
    } else {
      longest_ = std::max(longest_, now - last_running_);
    }
  }
  Flavour flavour_;
  topo::mysql::Connection connection_;
  Clock::time_point last_running_ = Clock::now();
  Clock::duration longest_{};
  std::jthread thread_;
};

// Uses a new sibling in each round: a replica returns slowly to a master that it has just left, because that
// master first has to end the former connection (100 ms on MariaDB).
void measure_move_below(Flavour flavour, int rounds) {
  std::string tree = "a > b";
  for (int i = 0; i < 3 * rounds; ++i) tree += fmt::format(", a > s{}", i);
  sandbox::Topology servers(tree, system_test::options_of(flavour));
  RefactoringFixture moves(servers);
  moves.library.discover("a");
  auto& b = servers.server("b");
  int used = 0;
  std::vector<double> times, statements_b, statements_c, stopped_b, stopped_c;
  for (int round = 0; round < rounds; ++round) {
    auto* c = &servers.server(fmt::format("s{}", used++));
    const auto began = Clock::now();
    moves.refactoring.run("move-below", {b.key(), c->key()}, {});
    times.push_back(Milliseconds(Clock::now() - began).count());
    moves.refactoring.run("move-up", {b.key()}, {});

    c = &servers.server(fmt::format("s{}", used++));
    for (auto* server : {&b, c}) log_statements(*server, true);
    moves.refactoring.run("move-below", {b.key(), c->key()}, {});
    for (auto* server : {&b, c}) log_statements(*server, false);
    statements_b.push_back(logged_statements(b));
    statements_c.push_back(logged_statements(*c));
    moves.refactoring.run("move-up", {b.key()}, {});

    c = &servers.server(fmt::format("s{}", used++));
    {
      Watch watch_b(b);
      Watch watch_c(*c);
      moves.refactoring.run("move-below", {b.key(), c->key()}, {});
      stopped_b.push_back(watch_b.longest());
      stopped_c.push_back(watch_c.longest());
    }
    moves.refactoring.run("move-up", {b.key()}, {});
  }
  fmt::print("{}: move-below, medians of {}\n", sandbox::to_string(flavour), rounds);
  fmt::print("  in all: {:.1f} ms\n", bench::median(times));
  fmt::print("  statements: {} on the replica, {} on its new master\n", bench::median(statements_b),
             bench::median(statements_c));
  fmt::print("  SQL thread stands still: {:.1f} ms on the replica, {:.1f} ms on its new master\n",
             bench::median(stopped_b), bench::median(stopped_c));
}

void measure_move_up_replicas(int rounds) {
  constexpr int replicas = 20;
  std::string tree = "a > b";
  for (int i = 0; i <= replicas; ++i) tree += fmt::format(", b > r{}", i);
  std::vector<double> one, all;
  for (int round = 0; round < rounds; ++round) {
    sandbox::Topology servers(tree);
    RefactoringFixture moves(servers);
    moves.library.discover("a");
    auto began = Clock::now();
    moves.refactoring.run("move-up", {moves.library.key("r0")}, {});
    one.push_back(Milliseconds(Clock::now() - began).count());
    began = Clock::now();
    moves.refactoring.run("move-up-slaves", {moves.library.key("b")}, {});
    all.push_back(Milliseconds(Clock::now() - began).count());
  }
  fmt::print("mariadb-10.11: move-up of one {:.1f} ms, move-up-slaves of {} {:.1f} ms: {:.1f} times\n",
             bench::median(one), replicas, bench::median(all), bench::median(all) / bench::median(one));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  for (const auto flavour : system_test::flavours()) measure_move_below(flavour, rounds);
  measure_move_up_replicas(3);
}
