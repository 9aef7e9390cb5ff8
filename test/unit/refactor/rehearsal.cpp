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

// One of two co-masters that nobody else writes to.
topo::Topology with_passive(const topo::Topology& topology, std::string_view name) {
  auto instances = topology.instances();
  for (auto& known : instances) known.instance.read_only = known.instance.key == key(name);
  return topo::Topology(std::move(instances));
}

bool is_named(const std::vector<topo::LeftServer>& left, const InstanceKey& server) {
  return std::any_of(left.begin(), left.end(), [&](const auto& one) { return one.key == server; });
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{
      {"move up", "a > b > c, b > d", [](const auto& t) { return topo::plan_move_up(t, key("c"), limits); },
       "b<a c<a d<b"},
      {"move up several", "a > b > c, b > d, b > e",
       [](const auto& t) { return topo::plan_move_up_replicas(t, key("b"), {}, limits); }, "b<a c<a d<a e<a"},
      {"move below one that is ahead", "a > b, a > c, a > d",
       [](const auto& t) { return topo::plan_move_below(t, key("d"), key("b"), limits); }, "b<a c<a d<b"},
      {"move below one that is behind", "a > b, a > c, a > d",
       [](const auto& t) { return topo::plan_move_below(t, key("b"), key("d"), limits); }, "b<d c<a d<a"},
      {"enslave siblings", "a > b, a > c, a > d, a > e",
       [](const auto& t) { return topo::plan_enslave_siblings(t, key("c"), limits); }, "b<c c<a d<c e<c"},
      {"enslave master", "a > b > c > d, b > e",
       [](const auto& t) { return topo::plan_enslave_master(t, key("c"), limits); }, "b<c c<a d<c e<b"},
      {"repoint", "a > b > c",
       [](const auto& t) { return topo::plan_repoint(t, key("c"), std::nullopt, limits); }, "b<a c<b"},
      {"make co-master", "a > b, a > c",
       [](const auto& t) { return topo::plan_make_co_master(t, key("b"), limits); }, "a<b b<a c<a"},
      {"move up to the other co-master", "a > b > a, b > c, b > d",
       [](const auto& t) { return topo::plan_move_up(with_passive(t, "b"), key("c"), limits); },
       "a<b b<a c<a d<b"},
      {"move below a co-master", "a > b > a, a > c, a > d",
       [](const auto& t) { return topo::plan_move_below(with_passive(t, "b"), key("c"), key("b"), limits); },
       "a<b b<a c<b d<a"},
      {"match below", "a > b, a > c, a > d",
       [](const auto& t) { return topo::plan_match_below(t, key("d"), key("b"), limits); }, "b<a c<a d<b"},
      {"match up", "a > b > c > d, b > e",
       [](const auto& t) { return topo::plan_match_up(t, key("d"), limits); }, "b<a c<b d<b e<b"},
      {"rematch", "a > b > c", [](const auto& t) { return topo::plan_rematch(t, key("c"), limits); },
       "b<a c<b"},
      {"match several", "a > b, b > c, b > d, b > e",
       [](const auto& t) { return topo::plan_multi_match(t, key("b"), key("a"), {}, limits); },
       "b<a c<a d<a e<a"},
      {"regroup",
       "a > b, a > c, a > d",
       [](const auto& t) { return topo::plan_regroup_replicas(t, key("a"), {}, limits); },
       "b<a c<b d<b",
       {"b<c c<a d<c", "b<d c<d d<a"}},
      {"make local master", "a > b > c, b > d",
       [](const auto& t) { return topo::plan_make_local_master(t, key("c"), limits); }, "b<a c<a d<c"},
  };
  return all;
}

bool is_result_of(const Operation& operation, const std::string& tree) {
  const auto& others = operation.or_results;
  return tree == operation.result || std::find(others.begin(), others.end(), tree) != others.end();
}

const Operation& operation(std::string_view name) {
  const auto found = std::find_if(operations().begin(), operations().end(),
                                  [&](const Operation& one) { return one.name == name; });
  return found == operations().end() ? throw std::out_of_range(std::string(name)) : *found;
}

topo::refactor::ExecutionOptions impatient() {
  topo::refactor::ExecutionOptions options;
  options.start_wait = options.connect_wait = options.undo_pause = std::chrono::milliseconds(0);
  options.at_once = 1;
  options.pseudo_gtid = std::make_shared<const pgtid::Pattern>("^entry ");
  return options;
}

Run run(Fleet& fleet, const Operation& operation, const topo::refactor::ExecutionOptions& options) {
  Run run;
  run.then = fleet.all();
  std::vector<topo::KnownInstance> known;
  std::unordered_map<InstanceKey, topo::Instance> read;
  for (const auto& [one, instance] : run.then) {
    known.push_back(picture::known(instance));
    read[one] = instance;
  }
  run.plan = operation.plan(topo::Topology(std::move(known)));
  spdlog::logger log("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
  run.outcome = topo::refactor::execute(fleet, run.plan, read, options, log);
  return run;
}

std::string tree(const Fleet& fleet) {
  std::string text;
  for (const auto& [one, instance] : fleet.all()) {
    if (!instance.is_replica()) continue;
    text += fmt::format("{}{}<{}", text.empty() ? "" : " ", one.hostname(), instance.master_key().hostname());
  }
  return text;
}

void check_after(Fleet& fleet, const std::map<InstanceKey, topo::Instance>& all_then,
                 const std::vector<topo::LeftServer>& left, const InstanceKey& dead) {
  fleet.write(key("a"));
  fleet.settle();
  const auto all = fleet.rows(key("a"));
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == static_cast<int>(i) + 1);
  for (const auto& [one, then] : all_then) {
    INFO(one.display() << " of " << tree(fleet));
    if (one == dead) continue;
    const auto rows = fleet.rows(one);
    // What is there is right, whatever happened: a beginning of it all.
    CHECK(rows == std::vector<int>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                                                  std::min(rows.size(), all.size()))));
    if (is_named(left, one)) continue;
    if (then.replica_running()) CHECK(fleet.is_running(one));
    bool is_cut_off = false;
    auto above = one;
    for (std::size_t steps = 0; steps <= all_then.size() && above.valid(); ++steps) {
      is_cut_off = is_cut_off || above == dead || is_named(left, above);
      above = fleet.master(above);
    }
    if (!is_cut_off) CHECK(rows == all);
    if (then.is_replica()) CHECK(fleet.heartbeat(one) == std::chrono::milliseconds(2500));
  }
}

}  // namespace rehearsal
