#include "refactor/rehearsal.h"

#include <fmt/format.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "support/picture.h"

namespace rehearsal {
namespace {

using fake::Fleet;
using picture::key;
using topo::InstanceKey;

const topo::RuleLimits limits = [] {
  topo::RuleLimits made;
  made.has_pseudo_gtid = true;
  return made;
}();

template <typename Change>
topo::Topology with(const topo::Topology& topology, const Change& change) {
  auto instances = topology.instances();
  for (auto& known : instances) change(known);
  return topo::Topology(std::move(instances));
}

// Of two co-masters a and b, b is passive: no client writes to it.
topo::Topology passive_b(const topo::Topology& topology) {
  return with(topology, [](auto& known) { known.instance.read_only = known.instance.key == key("b"); });
}

topo::Topology dead_a(const topo::Topology& topology) {
  return with(topology, [](auto& known) {
    if (known.instance.key == key("a")) {
      known.last_check_valid = false;
      known.last_check_failure = topo::ReadFailure::no_answer;
    } else {
      known.instance.channels.front().io_thread = topo::ThreadState::other;
    }
  });
}

topo::Topology broken_c(const topo::Topology& topology) {
  return with(topology, [](auto& known) {
    if (known.instance.key != key("c")) return;
    known.instance.channels.front().sql_thread = topo::ThreadState::stopped;
    known.instance.channels.front().last_sql_error = "duplicate key";
  });
}

void detach_c(Fleet& fleet) {
  const auto c = fleet.all().at(key("c"));
  (void)fleet.stop(c, {});
  fleet.change_coordinates(c, topo::detached_coordinates(c.replication()->exec),
                           std::chrono::milliseconds(2500));
}

// b can take the place of a, to which alone clients write.
void write_only_to_a(Fleet& fleet) {
  for (const auto* name : {"b", "c"}) fleet.make_read_only(key(name));
}

// As a source, and b and c as replicas that acknowledge.
void give_a_semi_sync(Fleet& fleet) {
  topo::SemiSync semi_sync{.has_source = true, .has_replica = true, .timeout = std::chrono::seconds(10)};
  semi_sync.wait_count = 1;
  semi_sync.replica_enabled = true;
  for (const auto* name : {"b", "c"}) fleet.have_semi_sync(key(name), semi_sync);
  semi_sync.source_enabled = true;
  semi_sync.replica_enabled = false;
  semi_sync.timeout = std::chrono::seconds(3);
  semi_sync.wait_count = 2;
  fleet.have_semi_sync(key("a"), semi_sync);
  write_only_to_a(fleet);
}

// MariaDB by file and position cannot lift a delay.
topo::Topology of_mysql(const topo::Topology& topology) {
  return with(topology, [](auto& known) { known.instance.version = "5.7.44-log"; });
}

void delay_c(Fleet& fleet) {
  const auto c = fleet.all().at(key("c"));
  fleet.set_delay(c, std::chrono::hours(1));
  (void)fleet.start(c, topo::mysql::Threads::both);
}

void give_c_errant(Fleet& fleet) {
  fleet.have_errant(key("c"), "cccccccc-2222-2222-2222-222222222222:1-3");
  fleet.make_read_only(key("c"));
}

bool is_named(const std::vector<topo::Leftover>& left, const InstanceKey& server) {
  return std::any_of(left.begin(), left.end(), [&](const auto& one) { return one.key == server; });
}

}  // namespace

int first_call(const Scene& scene) {
  return static_cast<int>(&scene - scenes().data()) % call_stride;
}

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all{
      {"move up", "a > b > c, b > d", "move-up", {key("c")}, "b<a c<a d<b"},
      {"move up several", "a > b > c, b > d, b > e", "move-up-slaves", {key("b")}, "b<a c<a d<a e<a"},
      {"move below one that is ahead",
       "a > b, a > c, a > d",
       "move-below",
       {key("d"), key("b")},
       "b<a c<a d<b"},
      {"move below one that is behind",
       "a > b, a > c, a > d",
       "move-below",
       {key("b"), key("d")},
       "b<d c<a d<a"},
      {"enslave siblings", "a > b, a > c, a > d, a > e", "enslave-siblings", {key("c")}, "b<c c<a d<c e<c"},
      {"enslave master", "a > b > c > d, b > e", "enslave-master", {key("c")}, "b<c c<a d<c e<b"},
      {"repoint", "a > b > c", "repoint", {key("c")}, "b<a c<b"},
      {"repoint several", "a > b > c, b > d", "repoint-slaves", {key("b")}, "b<a c<b d<b"},
      {"make co-master", "a > b, a > c", "make-co-master", {key("b")}, "a<b b<a c<a"},
      {.name = "move up to the other co-master",
       .picture = "a > b > a, b > c, b > d",
       .operation = "move-up",
       .arguments = {key("c")},
       .result = "a<b b<a c<a d<b",
       .seen = passive_b},
      {.name = "move below a co-master",
       .picture = "a > b > a, a > c, a > d",
       .operation = "move-below",
       .arguments = {key("c"), key("b")},
       .result = "a<b b<a c<b d<a",
       .seen = passive_b},
      {"match below", "a > b, a > c, a > d", "match-below", {key("d"), key("b")}, "b<a c<a d<b"},
      {"match up", "a > b > c > d, b > e", "match-up", {key("d")}, "b<a c<b d<b e<b"},
      {"rematch", "a > b > c", "rematch", {key("c")}, "b<a c<b"},
      {"match several",
       "a > b, b > c, b > d, b > e",
       "multi-match-slaves",
       {key("b"), key("a")},
       "b<a c<a d<a e<a"},
      {"match up several", "a > b, b > c, b > d", "match-up-slaves", {key("b")}, "b<a c<a d<a"},
      {"regroup",
       "a > b, a > c, a > d",
       "regroup-slaves",
       {key("a")},
       "b<a c<b d<b",
       {"b<c c<a d<c", "b<d c<d d<a"}},
      {.name = "make master",
       .picture = "a > b, a > c",
       .operation = "make-master",
       .arguments = {key("b")},
       .result = "c<b",
       .or_results = {"b<a c<b"},  // not promoted yet
       .seen = dead_a,
       .stopped = key("b"),
       .is_irreversible = true},
      {.name = "make master of one that is behind",
       .picture = "a > b, a > c, a > d",
       .operation = "make-master",
       .arguments = {key("d")},
       .result = "b<d c<d",
       .or_results = {"b<a c<a d<b"},  // it stays where it has begun to catch up
       .seen = dead_a,
       .stopped = key("d"),
       .is_irreversible = true},
      {"make local master", "a > b > c, b > d", "make-local-master", {key("c")}, "b<a c<a d<c"},
      {.name = "make a delayed one local master",
       .picture = "a > b > c",
       .operation = "make-local-master",
       .arguments = {key("c")},
       .result = "b<a c<a after 3600 s",
       .seen = of_mysql,
       .prepare = delay_c},
      {.name = "take over",
       .picture = "a > b, a > c",
       .operation = "graceful-master-takeover-auto",
       .arguments = {key("a"), key("b")},
       .result = "a<b c<b",
       .prepare = write_only_to_a,
       .is_irreversible = true,
       .successor = key("b")},
      {.name = "make master, with semi-sync",
       .picture = "a > b, a > c",
       .operation = "make-master",
       .arguments = {key("b")},
       .result = "c<b",
       .or_results = {"b<a c<b"},
       .seen = dead_a,
       .prepare = give_a_semi_sync,
       .stopped = key("b"),
       .is_irreversible = true},
      {.name = "take over, with semi-sync",
       .picture = "a > b, a > c",
       .operation = "graceful-master-takeover-auto",
       .arguments = {key("a"), key("b")},
       .result = "a<b c<b",
       .prepare = give_a_semi_sync,
       .is_irreversible = true,
       .successor = key("b")},
      {.name = "acknowledge",
       .picture = "a > b, a > c",
       .operation = "enable-semi-sync-replica",
       .arguments = {key("a")},
       .result = "b<a c<a",
       .prepare = give_a_semi_sync},
      {.name = "acknowledge no more",
       .picture = "a > b, a > c",
       .operation = "disable-semi-sync-replica",
       .arguments = {key("b")},
       .result = "b<a c<a",
       .prepare = give_a_semi_sync},
      {.name = "wait for acknowledgements",
       .picture = "a > b, a > c",
       .operation = "enable-semi-sync-master",
       .arguments = {key("b")},
       .result = "b<a c<a",
       .prepare = give_a_semi_sync},
      {.name = "wait no more",
       .picture = "a > b, a > c",
       .operation = "disable-semi-sync-master",
       .arguments = {key("a")},
       .result = "b<a c<a",
       .prepare = give_a_semi_sync},
      {.name = "take over, and leave the former master stopped",
       .picture = "a > b, a > c",
       .operation = "graceful-master-takeover",
       .arguments = {key("a"), key("b")},
       .result = "a<b c<b",
       .prepare = write_only_to_a,
       .stopped = key("a"),
       .is_irreversible = true,
       .successor = key("b")},
      {.name = "take over from a co-master",
       .picture = "a > b > a, a > c",
       .operation = "graceful-master-takeover-auto",
       .arguments = {key("a"), key("b")},
       .result = "a<b b<a c<a",
       .prepare = write_only_to_a},
      {.name = "rejoin",
       .picture = "a > c, b",
       .operation = "rejoin",
       .arguments = {key("b"), key("a")},
       .result = "b<a c<a"},
      {.name = "stop",
       .picture = "a > b > c",
       .operation = "stop-slave",
       .arguments = {key("b")},
       .result = "b<a c<b",
       .stopped = key("b")},
      {.name = "stop nicely",
       .picture = "a > b > c",
       .operation = "stop-slave-nice",
       .arguments = {key("b")},
       .result = "b<a c<b",
       .stopped = key("b")},
      {"start", "a > b > c", "start-slave", {key("b")}, "b<a c<b"},
      {"restart", "a > b > c", "restart-slave", {key("b")}, "b<a c<b"},
      {.name = "skip a transaction",
       .picture = "a > b > c",
       .operation = "skip-query",
       .arguments = {key("c")},
       .result = "b<a c<b",
       .seen = broken_c,
       .stopped = key("c"),
       .skips_rows = true},
      {.name = "forget the master",
       .picture = "a > b > c",
       .operation = "reset-slave",
       .arguments = {key("c")},
       .result = "b<a",
       .stopped = key("c"),
       .is_irreversible = true},
      {.name = "detach",
       .picture = "a > b > c",
       .operation = "detach-slave",
       .arguments = {key("c")},
       .result = "b<a c<b",
       .stopped = key("c")},
      {.name = "reattach",
       .picture = "a > b > c",
       .operation = "reattach-slave",
       .arguments = {key("c")},
       .result = "b<a c<b",
       .prepare = detach_c,
       .stopped = key("c")},
      {"refuse writes", "a > b", "set-read-only", {key("b")}, "b<a"},
      {"accept writes", "a > b", "set-writeable", {key("b")}, "b<a"},
      {.name = "inject empty transactions",
       .picture = "a > b > c",
       .operation = "gtid-errant-inject-empty",
       .arguments = {key("c")},
       .result = "b<a c<b",
       .prepare = give_c_errant},
      {.name = "forget errant transactions",
       .picture = "a > b > c",
       .operation = "gtid-errant-reset-master",
       .arguments = {key("c")},
       .result = "b<a c<b",
       .prepare = give_c_errant},
      {"end a statement", "a > b", "kill-query", {.instance = key("b"), .process = 7}, "b<a"},
  };
  return all;
}

bool is_result_of(const Scene& scene, const std::string& tree) {
  const auto& others = scene.or_results;
  return tree == scene.result || std::find(others.begin(), others.end(), tree) != others.end();
}

const Scene& scene(std::string_view name) {
  const auto found =
      std::find_if(scenes().begin(), scenes().end(), [&](const Scene& one) { return one.name == name; });
  return found == scenes().end() ? throw std::out_of_range(std::string(name)) : *found;
}

topo::Plan plan(const Scene& scene, const topo::Topology& topology) {
  const auto& operation = topo::refactor::operation_named(scene.operation);
  const auto seen = scene.seen != nullptr ? scene.seen(topology) : topology;
  auto made = operation.plan({.topology = seen, .arguments = scene.arguments, .limits = limits});
  made.operation = operation.name;
  return made;
}

void prepare(Fleet& fleet, const Scene& scene) {
  if (scene.prepare != nullptr) scene.prepare(fleet);
}

InstanceKey not_compared(const Scene& scene) {
  return scene.skips_rows ? scene.stopped.value_or(InstanceKey{}) : InstanceKey{};
}

bool is_forgotten(const Scene& scene, const Fleet& fleet) {
  const auto& loser = scene.successor ? scene.successor : scene.stopped;
  return scene.is_irreversible && loser && !fleet.master(*loser);
}

std::vector<topo::Leftover> told_of(const topo::refactor::Outcome& outcome) {
  auto left = outcome.leftovers;
  if (!outcome.is_promoted) return left;
  for (const auto& failed : outcome.failed) left.push_back({failed.replica, failed.reason});
  return left;
}

std::vector<topo::Leftover> also_left(const Scene& scene, std::vector<topo::Leftover> left) {
  if (scene.stopped) left.push_back({*scene.stopped, "as it is meant to be"});
  return left;
}

topo::refactor::ExecutionOptions impatient() {
  topo::refactor::ExecutionOptions options;
  options.start_wait = options.connect_wait = options.undo_pause = std::chrono::milliseconds(0);
  options.between_writes = options.end_of_writes = std::chrono::milliseconds(0);
  options.at_once = 1;
  options.pseudo_gtid = std::make_shared<const pgtid::Pattern>("^entry ");
  return options;
}

Run run(Fleet& fleet, const Scene& scene, const topo::refactor::ExecutionOptions& options) {
  Run run;
  run.then = fleet.all();
  std::vector<topo::KnownInstance> known;
  std::unordered_map<InstanceKey, topo::Instance> read;
  for (const auto& [one, instance] : run.then) {
    known.push_back(picture::known(instance));
    read[one] = instance;
  }
  run.plan = plan(scene, topo::Topology(std::move(known)));
  spdlog::logger log("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
  run.outcome = topo::refactor::execute(fleet, run.plan, read, options, log);
  return run;
}

std::string tree(const Fleet& fleet) {
  std::string text;
  for (const auto& [one, instance] : fleet.all()) {
    if (!instance.is_replica()) continue;
    const auto delay = instance.replication()->sql_delay;
    text += fmt::format("{}{}<{}{}", text.empty() ? "" : " ", one.hostname(),
                        instance.master_key() ? instance.master_key()->hostname() : "",
                        delay.count() == 0 ? "" : fmt::format(" after {} s", delay.count()));
  }
  return text;
}

void check_after(Fleet& fleet, const std::map<InstanceKey, topo::Instance>& all_then,
                 const std::vector<topo::Leftover>& left, const InstanceKey& dead) {
  const auto writer = fleet.writer();
  if (writer != dead) fleet.write(writer);
  fleet.repair();
  const auto all = fleet.rows(writer);
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == static_cast<int>(i) + 1);
  for (const auto& [one, then] : all_then) {
    INFO(one.display() << " of " << tree(fleet));
    if (one == dead) continue;
    const auto rows = fleet.rows(one);
    // Each server has a prefix of all rows, whatever happened.
    CHECK(rows == std::vector<int>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                                                  std::min(rows.size(), all.size()))));
    if (is_named(left, one)) continue;
    if (then.replica_running() && one != writer) CHECK(fleet.is_running(one));
    const bool stayed_apart = !then.is_replica() && !fleet.master(one) && one != writer;
    bool is_cut_off = writer == dead || stayed_apart;
    auto above = std::optional(one);
    for (std::size_t steps = 0; steps <= all_then.size() && above; ++steps) {
      is_cut_off = is_cut_off || above == dead || is_named(left, *above);
      above = fleet.master(*above);
    }
    if (!is_cut_off) CHECK(rows == all);
    if (then.is_replica() && one != writer) CHECK(fleet.heartbeat(one) == std::chrono::milliseconds(2500));
  }
}

}  // namespace rehearsal
