#include "system/support/soak.h"

#include <fmt/format.h>

#include <functional>
#include <mutex>
#include <random>
#include <stdexcept>

#include "sandbox/topology.h"
#include "sandbox/writer.h"
#include "system/support/library_fixture.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace system_test {
namespace {

using topo::InstanceKey;
using topo::refactor::OperationReport;

const std::vector<std::string> all_names{"a", "b", "c", "d", "e", "f", "g", "h"};
constexpr const char* tree = "a > b > c, b > d, a > e > f, a > g, a > h";

class Soak {
 public:
  explicit Soak(const SoakOptions& options)
      : options_(options),
        servers_(tree, sandbox_options(options)),
        library_(servers_),
        refactoring_(library_.context(), [this](const auto& read) { library_.discovery().take(read); }),
        random_(options.seed) {
    for (const auto& name : all_names) {
      if (const auto status = servers_.server(name).replication_status())
        masters_[key(name)] = status->master;
    }
  }

  SoakResult run() {
    give_replication_account(servers_.server("a"));
    refactoring_.on_step([this](const std::string& step) {
      const std::lock_guard lock(mutex_);
      steps_.emplace_back(std::chrono::steady_clock::now(), step);
    });
    // No faster than eight servers on a small machine can execute.
    sandbox::Writer writer(servers_.server("a"), std::chrono::milliseconds(3));
    library_.discover("a");
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + options_.time;
    const auto last_deadline = deadline + std::chrono::minutes(1);
    const auto goes_on = [&] {
      const bool has_few = result_.permitted < options_.min_operations;
      return result_.permitted < options_.operations &&
             steady_clock::now() < (has_few ? last_deadline : deadline);
    };
    while (goes_on()) one();
    writer.stop();
    result_.transactions = writer.committed();
    check_rows();
    return result_;
  }

 private:
  static sandbox::Options sandbox_options(const SoakOptions& options) {
    auto made = options_of(options.flavour);
    made.format = options.format;
    return made;
  }

  [[nodiscard]] InstanceKey key(const std::string& name) const { return servers_.server(name).key(); }
  const std::string& any() { return all_names[random_() % all_names.size()]; }

  // Any server if there is no sibling.
  std::string sibling_of(const std::string& name) {
    std::vector<std::string> siblings;
    for (const auto& other : all_names) {
      if (other != name && masters_.contains(key(name)) && masters_.contains(key(other)) &&
          masters_[key(other)] == masters_[key(name)])
        siblings.push_back(other);
    }
    return siblings.empty() ? any() : siblings[random_() % siblings.size()];
  }

  void one() {
    const auto first = any();
    const auto second = sibling_of(first);
    const std::vector<std::pair<std::string, std::function<OperationReport()>>> operations{
        {"move-up", [&] { return refactoring_.run("move-up", {key(first)}, {}); }},
        {"move-up-slaves", [&] { return refactoring_.run("move-up-slaves", {key(first)}, {}); }},
        {"move-below",
         [&] {
           return refactoring_.run("move-below", {key(first), key(second)}, {});
         }},
        {"enslave-siblings", [&] { return refactoring_.run("enslave-siblings", {key(first)}, {}); }},
        {"enslave-master", [&] { return refactoring_.run("enslave-master", {key(first)}, {}); }},
        {"repoint", [&] { return refactoring_.run("repoint", {key(first)}, {}); }},
        {"repoint-slaves", [&] { return refactoring_.run("repoint-slaves", {key(first)}, {}); }},
        {"restart-slave", [&] { return refactoring_.run("restart-slave", {key(first)}, {}); }},
        {"stop-slave-nice",
         [&] {
           // On a busy machine the rest of a transaction may not arrive while a drain waits for it, but not
           // each time.
           constexpr int tries = 3;
           for (int i = 1; i <= tries; ++i) {
             const auto report = refactoring_.run("stop-slave-nice", {key(first)}, {});
             const auto& stopped = *report.subject.replication();
             if (stopped.exec == stopped.read) break;
             if (i == tries) {
               fail("stop-slave-nice " + first,
                    fmt::format("it has executed {} of {}", stopped.exec.display(), stopped.read.display()));
             }
             static_cast<void>(refactoring_.run("start-slave", {key(first)}, {}));
           }
           return refactoring_.run("start-slave", {key(first)}, {});
         }},
        {"make-co-master",
         [&] {
           const auto report = refactoring_.run("make-co-master", {key(first)}, {});
           static_cast<void>(refactoring_.run("set-read-only", {key(first)}, {}));
           return report;
         }},
        {"reset-slave",
         [&] {
           // Ends the co-masters. Any other server would get no more writes after a reset.
           const auto report = refactoring_.run("reset-slave", {key("a")}, {});
           masters_.erase(key("a"));
           give_replication_account(servers_.server("a"));
           return report;
         }},
        {"detach-slave",
         [&] {
           static_cast<void>(refactoring_.run("detach-slave", {key(first)}, {}));
           return refactoring_.run("reattach-slave", {key(first)}, {});
         }},
    };
    const auto& [name, operation] = operations[random_() % operations.size()];
    const auto what = fmt::format("{} {} {}", name, first, second);
    try {
      const auto began = std::chrono::steady_clock::now();
      steps_.clear();
      const auto report = operation();
      const auto ended = std::chrono::steady_clock::now();
      const auto took = ended - began;
      result_.time_by_name[name] += took;
      if (took > result_.slowest_time) {
        result_.slowest_time = took;
        result_.slowest = what + longest_step(ended);
      }
      ++result_.permitted;
      ++result_.permitted_by_name[name];
      if (!report.outcome.leftovers.empty()) fail(what, "left: " + report.outcome.leftovers.front().sentence);
      if (!report.outcome.failed.empty()) fail(what, report.outcome.failed.front().reason);
      for (const auto& [replica, master] : report.plan.result) masters_[replica] = master;
    } catch (const topo::Error& error) {
      if (error.code() != topo::Code::refused) fail(what, error.what());
      ++result_.refused;
    }
    check_topology(what);
  }

  // ", of which 1.2 s: b: stop replication"
  std::string longest_step(std::chrono::steady_clock::time_point ended) {
    std::string longest;
    std::chrono::duration<double> most{0};
    for (auto step = steps_.rbegin(); step != steps_.rend(); ended = (step++)->first) {
      if (ended - step->first <= most) continue;
      most = ended - step->first;
      longest = step->second;
    }
    return steps_.empty()
               ? ""
               : fmt::format(", of which {:.1f} s: {}", most.count(), library_.with_names(longest));
  }

  [[noreturn]] static void fail(const std::string& what, const std::string& reason) {
    throw std::runtime_error(fmt::format("after {}: {}", what, reason));
  }

  void check_topology(const std::string& what) {
    for (const auto& name : all_names) {
      const auto status = servers_.server(name).replication_status();
      const auto expected = masters_.find(key(name));
      const bool is_replica = status && status->master.valid();
      if (!is_replica && expected == masters_.end()) continue;
      if (!is_replica || expected == masters_.end() || status->master != expected->second)
        fail(what, fmt::format("{} does not replicate from where it should", name));
      if (status->sql != "Yes" || !status->error.empty())
        fail(what, fmt::format("{}: SQL thread {}, {}", name, status->sql, status->error));
      const auto known = library_.known(name);
      if (!known || known->instance.master_key() != expected->second)
        fail(what, fmt::format("the backend knows another master of {}", name));
    }
  }

  void check_rows() {
    servers_.wait_for_replication(std::chrono::seconds(60));
    std::optional<std::int64_t> first;
    for (const auto& name : all_names) {
      const auto sum =
          servers_.server(name).query("checksum table sandbox_load.writes")[0].number_or("Checksum", -1);
      if (!first) first = sum;
      if (sum != *first) fail("all", fmt::format("the rows of {} differ", name));
    }
    if (!library_.context().store().maintenance().active().empty()) fail("all", "a lock is left");
  }

  const SoakOptions options_;
  sandbox::Topology servers_;
  LibraryFixture library_;
  topo::refactor::Refactoring refactoring_;
  std::mt19937 random_;
  std::mutex mutex_;                                                                  // guards steps_
  std::vector<std::pair<std::chrono::steady_clock::time_point, std::string>> steps_;  // of this operation
  std::map<InstanceKey, InstanceKey> masters_;
  SoakResult result_;
};

}  // namespace

SoakResult soak(const SoakOptions& options) {
  return Soak(options).run();
}

}  // namespace system_test
