// How long no server takes writes: `promotions [FLAVOUR] [SERVERS...]`, by default MariaDB 10.11 with 3, 20
// and 64 servers that replicate by GTID. Takes over the master, kills it and recovers at once, and lets it
// rejoin, in turn; prints the median and the worst of what the operation itself took, with idle replicas and
// while an application writes, and of the time between two rows of that application.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <vector>

#include "sandbox/wait.h"
#include "system/support/history.h"
#include "system/support/library_fixture.h"
#include "system/support/refactoring_fixture.h"
#include "topo/recovery/recovery.h"

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Times {
  std::vector<double> operation, without_writes;
  // Without what was measured before.
  void begin() {
    operation.clear();
    without_writes.clear();
  }
  void print(const char* what) const {
    fmt::print("  {}: {}{}{}\n", what, shown(operation), without_writes.empty() ? "" : "; without writes ",
               without_writes.empty() ? "" : shown(without_writes));
  }
  static std::string shown(std::vector<double> times) {
    std::ranges::sort(times);
    return fmt::format("{:.0f} ms in the median, {:.0f} at most", times[times.size() / 2], times.back());
  }
};

class Cluster {
 public:
  Cluster(sandbox::Flavour flavour, int count)
      : servers_(tree(count), options(flavour)), moves_(servers_, system_test::configuration_for(servers_)) {
    for (const auto& server : servers_.servers()) {
      if (server->name() == "s1") system_test::give_replication_account(*server);
    }
    moves_.library.discover("s1");
    history_.emplace(servers_, "s1", 1, std::chrono::milliseconds(2));
  }

  void stop_writing() {
    history_->stop();
    history_.reset();
    servers_.wait_for_replication();
    takeovers.begin();
    recoveries.begin();
  }

  void take_over() {
    const auto from = master_, to = next();
    measure(
        takeovers, [] {},
        [&] {
          moves_.refactoring.run("graceful-master-takeover-auto",
                                 {moves_.library.key(from), moves_.library.key(to)}, {});
          master_ = to;
        });
  }

  void recover() {
    const auto dead = master_;
    topo::recovery::Recovery recovery(
        moves_.library.context(), moves_.refactoring, topo::NodeIdentity::make("bench", "0"),
        [this](const auto& key) { return moves_.library.discovery().refresh(key); });
    // What it has not sent when it is killed keeps it from rejoining.
    auto blocker = servers_.server(dead).connect();
    const auto block = [&] {
      blocker.query("FLUSH TABLES WITH READ LOCK");
      servers_.wait_for_replication();
    };
    measure(recoveries, block, [&] {
      servers_.server(dead).kill9();
      const auto report = recovery.recover(moves_.library.key(dead), {});
      for (const auto& server : servers_.servers())
        if (report.successor == server->key()) master_ = server->name();
      if (master_ == dead) throw std::runtime_error(report.outcome);
    });
    servers_.server(dead).start();
    topo::refactor::OperationRequest request;
    request.account.emplace();
    request.account->user = sandbox::replication_account.user;
    request.account->password = sandbox::replication_account.password;
    static_cast<void>(moves_.library.refresh(dead));
    moves_.refactoring.run("rejoin", {moves_.library.key(dead), moves_.library.key(master_)}, request);
  }

  Times takeovers, recoveries;

 private:
  static std::string tree(int count) {
    std::string text;
    for (int i = 2; i <= count; ++i) text += fmt::format("{}s1 > s{}", text.empty() ? "" : ", ", i);
    return text;
  }
  static sandbox::Options options(sandbox::Flavour flavour) {
    auto options = system_test::options_of(flavour);
    options.gtid = true;
    options.timeout = std::chrono::minutes(5);
    options.extra_server_options = {"--max-connections=200"};  // each replica has one to its master
    return options;
  }
  [[nodiscard]] std::string next() const { return master_ == "s1" ? "s2" : "s1"; }

  // A server notices that a replica has left when it has something to send; until then it delays that replica
  // when it comes back, as the replicas of an idle bench do all the time.
  void end_dump_threads() {
    for (int i = 0; i < 2; ++i) {
      servers_.server(master_).execute(fmt::format("CREATE DATABASE idle_{}", ++idle_));
      servers_.wait_for_replication();
    }
  }

  // `prepare` is not measured: without writes is what comes after it.
  template <typename Prepare, typename Work>
  void measure(Times& times, const Prepare& prepare, const Work& work) {
    for (const auto& server : servers_.servers()) static_cast<void>(moves_.library.refresh(server->name()));
    const auto rows = history_ ? history_->acknowledged().size() : 0;
    history_ ? history_->await_more(20) : end_dump_threads();
    prepare();
    const auto begin = Clock::now();
    work();
    times.operation.push_back(ms_since(begin));
    if (!history_) return;
    history_->await_more(20);
    const auto all = history_->acknowledged();
    double longest = 0;
    for (auto i = rows + 1; i < all.size(); ++i) {
      const auto from = std::max(all[i - 1].at, begin);
      longest = std::max(longest, std::chrono::duration<double, std::milli>(all[i].at - from).count());
    }
    times.without_writes.push_back(longest);
  }

  sandbox::Topology servers_;
  system_test::RefactoringFixture moves_;
  std::optional<system_test::History> history_;
  std::string master_ = "s1";
  int idle_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "mariadb-10.11";
  std::vector<int> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {3, 20, 64};
  constexpr int rounds = 9;
  for (const auto flavour : system_test::flavours()) {
    if (sandbox::to_string(flavour) != wanted) continue;
    for (const int size : sizes) {
      try {
        Cluster cluster(flavour, size);
        fmt::print("{}, {} servers, {} rounds:\n", wanted, size, rounds);
        const auto run = [&](const char* takeover, const char* recovery) {
          for (int round = 0; round < rounds; ++round) {
            cluster.take_over();
            cluster.recover();
          }
          cluster.takeovers.print(takeover);
          cluster.recoveries.print(recovery);
        };
        run("takeover", "kill and recover");
        cluster.stop_writing();
        run("takeover, idle", "kill and recover, idle");
        std::fflush(stdout);
      } catch (const std::exception& error) {
        fmt::print("{} servers: {}\n", size, error.what());
        return 1;
      }
    }
  }
  return 0;
}
