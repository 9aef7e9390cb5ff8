// Servers are killed in the middle of operations: no row is lost or doubled on those that live, nobody is
// left stopped without being named, and the operation can be done afterwards.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "sandbox/wait.h"
#include "sandbox/writer.h"
#include "system/support/subject.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using system_test::Subject;
using topo::InstanceKey;
using topo::refactor::Refactoring;

constexpr auto patience = 60s;
const std::vector<std::string> names{"a", "b", "c", "d"};

struct Operation {
  const char* name;
  std::function<void(Refactoring&, const Subject&)> act;
  std::vector<const char*> victims;
};

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{
      {"move-up",
       [](auto& r, const auto& s) { static_cast<void>(r.move_up(s.key("c"), {})); },
       {"a", "b", "c"}},
      {"move-below",
       [](auto& r, const auto& s) { static_cast<void>(r.move_below(s.key("c"), s.key("d"), {})); },
       {"b", "c", "d"}},
      {"move-up-slaves",
       [](auto& r, const auto& s) { static_cast<void>(r.move_up_replicas(s.key("b"), {})); },
       {"a", "b", "c"}},
      {"make-co-master",
       [](auto& r, const auto& s) { static_cast<void>(r.make_co_master(s.key("b"), {})); },
       {"a", "b"}},
  };
  return all;
}

// a > b > c, b > d, written to on a. Replicas that come back from a crash go on where they were: MySQL 5.6
// with its tables, MariaDB by GTID.
class Theatre {
 public:
  explicit Theatre(Flavour flavour)
      : servers_("a > b > c, b > d", options(flavour)),
        subject_(servers_),
        refactoring_(subject_.context(), [this](const auto& read) { subject_.discovery().take(read); }) {
    give_account();
    subject_.discover("a");
  }

  // Kills the victim before the step of that number, counted from 0. False: there were fewer steps.
  bool play(const Operation& operation, const char* victim, int step) {
    sandbox::Writer writer(servers_.server("a"), 1ms);
    int steps = 0;
    bool was_killed = false;
    refactoring_.on_step([&](const std::string&) {
      if (steps++ != step) return;
      was_killed = true;
      servers_.server(victim).kill9();
    });
    std::string error;
    try {
      operation.act(refactoring_, subject_);
    } catch (const topo::Error& thrown) {
      error = thrown.what();
    }
    refactoring_.on_step(nullptr);
    INFO(operation.name << ", " << victim << " killed at step " << step << ": " << error);
    if (was_killed) servers_.server(victim).start();
    all_run(error, victim);
    writer.stop();
    check_rows();
    CHECK(subject_.context().store().maintenance().active().empty());
    restore();
    return was_killed;
  }

 private:
  static sandbox::Options options(Flavour flavour) {
    auto made = system_test::options_of(flavour);
    made.gtid = sandbox::is_mariadb(flavour);
    return made;
  }

  void give_account() {
    servers_.server("a").execute("CHANGE MASTER TO MASTER_USER = 'repl', MASTER_PASSWORD = 'repl_pass'");
  }

  [[nodiscard]] InstanceKey master(const std::string& name) {
    const auto status = servers_.server(name).replication_status();
    return status ? status->master : InstanceKey{};
  }

  // Whoever is not named in the error, and was not killed, has to run by itself.
  void all_run(const std::string& error, const std::string& victim) {
    for (const auto& name : names) {
      auto& server = servers_.server(name);
      if (!master(name).valid()) continue;
      const bool is_named = error.find(server.key().display() + " is left") != std::string::npos ||
                            error.find(server.key().display() + " may be left") != std::string::npos;
      if (is_named || name == victim) {
        if (!server.replicates()) server.start_replication();
      }
      sandbox::wait_until([&] { return server.replicates(); }, patience, name + " to replicate");
    }
  }

  void check_rows() {
    servers_.wait_for_replication(patience);
    const auto sum = [&](const std::string& name) {
      return servers_.server(name).query("checksum table sandbox_load.writes")[0].number_or("Checksum", -1);
    };
    for (const auto& name : names) {
      INFO("rows of " << name);
      CHECK(sum(name) == sum("a"));
    }
  }

  // By the very operations: they can be done again.
  void restore() {
    subject_.refresh_all();
    if (master("a").valid()) {
      static_cast<void>(refactoring_.reset(subject_.key("a"), {}));
      give_account();
    }
    for (const char* name : {"c", "d"}) {
      if (master(name) == subject_.key("d")) static_cast<void>(refactoring_.move_up(subject_.key(name), {}));
      if (master(name) == subject_.key("a"))
        static_cast<void>(refactoring_.move_below(subject_.key(name), subject_.key("b"), {}));
      CHECK(master(name) == subject_.key("b"));
    }
    CHECK(master("b") == subject_.key("a"));
  }

  sandbox::Topology servers_;
  Subject subject_;
  Refactoring refactoring_;
};

// One a run, as it takes its time. MySQL 9.7 is as 5.6 here, and starts slowly.
std::optional<Flavour> one_of_them(std::mt19937& random) {
  auto flavours = system_test::flavours();
  std::erase(flavours, Flavour::mysql_9_7);
  if (flavours.empty()) return std::nullopt;
  return flavours[random() % flavours.size()];
}

}  // namespace

TEST_CASE("servers are killed at any step of an operation", "[fault]") {
  // All sections, which are runs of this function, have to see the same ones.
  static std::mt19937 random(std::random_device{}());
  static const auto flavour = one_of_them(random);
  if (!flavour) return;
  for (const auto& operation : operations()) {
    DYNAMIC_SECTION(sandbox::to_string(*flavour) << ", " << operation.name) {
      Theatre theatre(*flavour);
      for (const char* victim : operation.victims) {
        // Every fourth step, beginning anywhere; all of them in the course of some runs.
        for (int step = static_cast<int>(random() % 4); theatre.play(operation, victim, step); step += 4) {
        }
      }
    }
  }
}
