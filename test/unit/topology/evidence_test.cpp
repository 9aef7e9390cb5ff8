// Evidence of the death of a master: what proves life, what proves nothing, and what goes on nevertheless.
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "topo/topology/analysis.h"
#include "topo/topology/rules.h"
#include "unit/topology/planning_test.h"

namespace evidence_test {
namespace {

using namespace planning_test;
using namespace std::chrono_literals;
using topo::Evidence;
using topo::Failure;
using topo::ReadFailure;
using topo::ThreadState;

constexpr topo::RuleLimits with_pseudo_gtid{.has_pseudo_gtid = true};

// a could not be read for that reason; the IO threads of its replicas are in that state, their SQL threads
// stopped.
Topology failed(ReadFailure failure, ThreadState io_thread, std::string_view drawn = "a > b, a > c") {
  auto instances = picture::instances(drawn);
  for (auto& known : instances) {
    if (known.instance.key == key("a")) {
      known.last_check_valid = false;
      known.last_check_error = "why";
      known.last_check_failure = failure;
    }
    for (auto& channel : known.instance.channels) {
      if (channel.master != key("a")) continue;
      channel.io_thread = io_thread;
      channel.sql_thread = ThreadState::stopped;
    }
  }
  return Topology(std::move(instances));
}

// "": dead.
std::string why_alive(const Topology& topology) {
  const auto refusal = topo::why_not_dead(topology, *topology.find(key("a")));
  return refusal ? short_text(refusal->reason) : "";
}

std::string failure_of(const Topology& topology, const char* name) {
  for (const auto& one : topo::analyse(topology, {}))
    if (one.key == key(name)) return std::string(topo::to_string(one.failure));
  return "";
}

Topology with(const Topology& topology, const char* name, const std::function<void(KnownInstance&)>& change) {
  auto instances = topology.instances();
  for (auto& known : instances)
    if (known.instance.key == key(name)) change(known);
  return Topology(std::move(instances));
}

}  // namespace

TEST_CASE("a master is dead if it does not answer and no replica is connected to it",
          "[topology][evidence]") {
  for (const auto io_thread : {ThreadState::other, ThreadState::stopped}) {
    CHECK(why_alive(failed(ReadFailure::no_answer, io_thread)).empty());
    CHECK(why_alive(failed(ReadFailure::answered, io_thread)) == "a is alive: it answers with an error: why");
    CHECK(why_alive(failed(ReadFailure::local, io_thread)) ==
          "a may be alive: it could not be asked from here: why");
    CHECK(why_alive(failed(ReadFailure::unknown, io_thread)) ==
          "a may be alive: why it could not be read is not known: why");
  }
}

TEST_CASE("an IO thread that is connected proves life, whatever the SQL thread does",
          "[topology][evidence]") {
  const auto topology = failed(ReadFailure::no_answer, ThreadState::running);
  CHECK(
      why_alive(topology) ==
      "a may be alive: it does not answer here (why), but the IO thread of these is connected to it: b, c; a "
      "dead host is noticed after slave_net_timeout");
  // What a replica that cannot be read once reported proves nothing.
  const auto unread = with(with(topology, "b", silence), "c", silence);
  CHECK(why_alive(unread).empty());
  // Another channel of a replica proves as much.
  const auto multi = with(failed(ReadFailure::no_answer, ThreadState::other), "c", [](KnownInstance& known) {
    auto second = known.instance.channels.front();
    second.name = "second";
    second.io_thread = ThreadState::running;
    known.instance.channels.push_back(second);
  });
  CHECK_THAT(why_alive(multi), Catch::Contains("connected to it: c;"));
}

TEST_CASE("a good poll stands until a replica has lost its connection, or the next poll",
          "[topology][evidence]") {
  const auto polled = [](ThreadState io_thread) {
    return with(failed(ReadFailure::no_answer, io_thread), "a", [](auto& known) { known.polled_ago = 7s; });
  };
  CHECK(why_alive(polled(ThreadState::stopped)) ==
        "a may be alive: it does not answer here (why), but the node that polls has read it 7 s ago, and no "
        "replica has lost its connection to it; the next poll tells");
  CHECK(why_alive(polled(ThreadState::other)).empty());
  const auto refused = with(polled(ThreadState::stopped), "b", [](KnownInstance& known) {
    known.instance.channels.front().last_io_error = "error connecting to master";
  });
  CHECK(why_alive(refused).empty());
}

TEST_CASE("the analysis names a master that cannot be read and yet is alive", "[topology][evidence]") {
  constexpr auto connected = ThreadState::running, lost = ThreadState::other;
  const auto master = [](ReadFailure failure, ThreadState io_thread) {
    return failure_of(failed(failure, io_thread), "a");
  };
  CHECK(master(ReadFailure::no_answer, lost) == "DeadMaster");
  CHECK(master(ReadFailure::unknown, lost) == "DeadMaster");
  CHECK(master(ReadFailure::no_answer, connected) == "UnreachableMasterWithConnectedSlaves");
  CHECK(master(ReadFailure::answered, lost) == "InaccessibleMaster");
  CHECK(master(ReadFailure::answered, connected) == "InaccessibleMaster");
  CHECK(master(ReadFailure::local, lost) == "UncheckedMaster");
  CHECK(master(ReadFailure::local, connected) == "UnreachableMasterWithConnectedSlaves");
  CHECK(failure_of(failed(ReadFailure::answered, lost, "a"), "a") == "InaccessibleMaster");

  const auto intermediate = [](ReadFailure failure, ThreadState io_thread) {
    return failure_of(failed(failure, io_thread, "x > a > b, a > c"), "a");
  };
  CHECK(intermediate(ReadFailure::no_answer, lost) == "DeadIntermediateMaster");
  CHECK(intermediate(ReadFailure::no_answer, connected) ==
        "UnreachableIntermediateMasterWithConnectedSlaves");
  CHECK(intermediate(ReadFailure::answered, lost) == "InaccessibleIntermediateMaster");
  CHECK(intermediate(ReadFailure::local, lost) == "UncheckedIntermediateMaster");

  const auto co_master = [](ReadFailure failure, ThreadState io_thread) {
    return failure_of(failed(failure, io_thread, "a > z > a, a > c"), "a");
  };
  CHECK(co_master(ReadFailure::no_answer, lost) == "DeadCoMaster");
  CHECK(co_master(ReadFailure::no_answer, connected) == "UnreachableCoMasterWithConnectedSlaves");
  CHECK(co_master(ReadFailure::answered, lost) == "InaccessibleCoMaster");
  CHECK(co_master(ReadFailure::local, lost) == "UncheckedCoMaster");

  for (auto failure = Failure::inaccessible_master; failure <= Failure::unchecked_intermediate_master;
       failure = static_cast<Failure>(static_cast<int>(failure) + 1))
    CHECK(topo::recovery_method(failure) == topo::RecoveryMethod::none);
}

TEST_CASE("what is presumed dead is analysed as such", "[topology][evidence]") {
  const auto presumed = [](const Topology& topology) {
    const auto found = topo::analyse(topology, {});
    REQUIRE_FALSE(found.empty());
    const auto dead = topo::presumed_dead(found.front());
    return dead ? std::string(topo::to_string(dead->failure)) : "none";
  };
  CHECK(presumed(failed(ReadFailure::answered, ThreadState::running)) == "DeadMaster");
  const auto without_b = with(failed(ReadFailure::local, ThreadState::running), "b", silence);
  CHECK(presumed(without_b) == "DeadMasterAndSomeSlaves");
  CHECK(presumed(failed(ReadFailure::answered, ThreadState::running, "a")) == "DeadMasterWithoutSlaves");
}

TEST_CASE("replicas are regrouped below a master that can be read, but not in silence",
          "[topology][evidence]") {
  const auto regroup = [](const Topology& topology, Evidence evidence,
                          topo::Promotion promotion = topo::Promotion::none) {
    return topo::plan_regroup_replicas(topology, key("a"), {.evidence = evidence, .promotion = promotion},
                                       with_pseudo_gtid);
  };
  const auto living = picture::topology("a > b, a > c");
  CHECK(short_text(regroup(living, Evidence::required).caution) ==
        "a is alive, and remains the master of the replica that the others go below");
  CHECK_THAT(shown(regroup(living, Evidence::required)), Catch::StartsWith("careful: a is alive"));
  CHECK(regroup(failed(ReadFailure::no_answer, ThreadState::other), Evidence::required).caution.empty());

  // One that cannot be read is most likely taken for dead.
  const auto inaccessible = failed(ReadFailure::answered, ThreadState::other);
  for (const auto promotion : {topo::Promotion::none, topo::Promotion::reset}) {
    CHECK(refusal([&] { return regroup(inaccessible, Evidence::required, promotion); }) ==
          "a is alive: it answers with an error: why; -force is for a master that is dead in spite of that");
    CHECK(short_text(regroup(inaccessible, Evidence::waived, promotion).caution) ==
          "a is alive: it answers with an error: why");
  }
  // Two servers would take writes.
  for (const auto evidence : {Evidence::required, Evidence::waived}) {
    CHECK(
        refusal([&] { return regroup(living, evidence, topo::Promotion::reset); }) ==
        "a is alive: it was read just now; graceful-master-takeover replaces a living master, which becomes "
        "read-only first");
    CHECK_THAT(refusal([&] {
                 return topo::plan_make_master(living, key("b"), {.evidence = evidence}, with_pseudo_gtid);
               }),
               Catch::StartsWith("a is alive: it was read just now"));
  }
}

}  // namespace evidence_test
