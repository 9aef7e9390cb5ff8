#include <map>
#include <random>
#include <vector>

#include "unit/topology/planning_test.h"

namespace planning_test {

namespace {

// A random forest of n instances; some are stopped, read-only, without log_slave_updates, or in another
// format. In some forests the first instance is a co-master.
std::vector<KnownInstance> random_instances(std::mt19937& random, unsigned n) {
  std::string drawn;
  std::vector<KnownInstance> made;
  for (unsigned i = 0; i < n; ++i) {
    const auto name = "n" + std::to_string(i);
    const bool is_root = i == 0 || random() % 8 == 0;
    auto instance = picture::instance(name, is_root ? "" : "n" + std::to_string(random() % i));
    instance.log_slave_updates = random() % 8 != 0;
    instance.read_only = random() % 2 == 0;
    if (random() % 8 == 0) instance.binlog_format = "STATEMENT";
    if (!is_root && random() % 8 == 0) instance.channels.front().io_thread = topo::ThreadState::stopped;
    made.push_back(picture::known(std::move(instance)));
  }
  if (random() % 2 == 0 && made[1].instance.is_replica()) {
    made[0].instance.channels = picture::instance("n0", "n1").channels;
    made[1].instance.log_slave_updates = true;
  }
  return made;
}

// A root, or one of two co-masters.
bool reaches_a_top(const std::map<topo::InstanceKey, topo::InstanceKey>& masters, topo::InstanceKey key) {
  for (std::size_t steps = 0; steps <= masters.size(); ++steps) {
    const auto master = masters.find(key);
    if (master == masters.end()) return true;
    const auto above = masters.find(master->second);
    if (above != masters.end() && above->second == key) return true;
    key = master->second;
  }
  return false;
}

}  // namespace

TEST_CASE("every plan keeps the topology a forest, apart from co-masters", "[topology][planning]") {
  std::mt19937 random(20261124);
  unsigned planned = 0;
  for (int round = 0; round < 400; ++round) {
    const auto n = static_cast<unsigned>(2 + random() % 10);
    const Topology topology(random_instances(random, n));
    const auto any = [&] { return key("n" + std::to_string(random() % n)); };
    const auto one = any();
    const auto other = any();
    const std::vector<std::function<topo::Plan()>> plannings{
        [&] { return topo::plan_move_up(topology, one, planning_limits); },
        [&] { return topo::plan_move_up_replicas(topology, one, {}, planning_limits); },
        [&] { return topo::plan_move_below(topology, one, other, planning_limits); },
        [&] { return topo::plan_enslave_siblings(topology, one, planning_limits); },
        [&] { return topo::plan_enslave_master(topology, one, planning_limits); },
        [&] { return topo::plan_repoint(topology, one, other, planning_limits); },
    };
    for (const auto& planning : plannings) {
      topo::Plan plan;
      try {
        plan = planning();
      } catch (const topo::Error&) {
        continue;
      }
      ++planned;
      std::map<topo::InstanceKey, topo::InstanceKey> masters;
      for (const auto& known : topology.instances())
        if (known.instance.is_replica()) masters[known.instance.key] = known.instance.required_master();
      const auto before = masters.size();
      for (const auto& [replica, master] : plan.result) masters[replica] = master;
      CHECK(masters.size() == before);  // no instance became a master or a replica
      for (const auto& [replica, master] : masters) CHECK(reaches_a_top(masters, replica));
      // Every touched server is locked.
      for (const auto& touched : topo::touched_by(plan)) {
        const bool locked = std::any_of(plan.locks.begin(), plan.locks.end(),
                                        [&](const auto& lock) { return lock.server == touched; });
        CHECK(locked);
      }
    }
  }
  CHECK(planned > 300);
}

}  // namespace planning_test
