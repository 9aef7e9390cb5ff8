// The choice of a successor against an independent model: what each replica has is a set of transactions
// here, and all that could be done is tried. A million clusters in `sh test/run.sh long`.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fuzz/mutate.h"
#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/topology/planning.h"

namespace succession_model_test {
namespace {

using picture::key;
// Of what the dead master wrote: bit n is the n-th transaction, and bit 16 + n what replication filters leave
// out of it.
using Set = std::uint32_t;

constexpr auto master_uuid = "11111111-1111-1111-1111-111111111111";
constexpr auto other_uuid = "22222222-2222-2222-2222-222222222222";
constexpr int written = 6;

struct Server {
  topo::KnownInstance known;
  int executed = 0, received = 0;
  bool is_stuck = false;    // cannot execute what it has received
  bool is_left = false;     // takes no part, but can be read
  bool is_nowhere = false;  // its coordinates are not known
  bool is_denied = false, is_filtered = false, leaves_out = false, is_errant = false;
  bool is_older = false;  // than the others
  bool is_near = true;
};

struct Cluster {
  std::vector<Server> servers;
  bool by_gtid = false, has_pseudo_gtid = false;
};

topo::BinlogCoordinates at(int transactions) {
  return {"binlog.000001", 4 + 100 * static_cast<std::uint64_t>(transactions)};
}

Cluster random_cluster(std::mt19937_64& random) {
  const auto one_of = [&](unsigned n) { return random() % n == 0; };
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Cluster cluster;
  cluster.by_gtid = one_of(2);
  cluster.has_pseudo_gtid = !one_of(4);
  const int count = 1 + below(5);
  const bool varies = !one_of(3);  // else only positions differ
  for (int i = 0; i < count; ++i) {
    Server server;
    server.executed = below(written + 1);
    server.received = server.executed + (one_of(3) ? below(written + 1 - server.executed) : 0);
    server.is_stuck = one_of(4);
    server.is_left = one_of(12);
    server.is_nowhere = !cluster.by_gtid && one_of(40);
    if (!server.is_stuck && !server.is_left) server.executed = server.received;
    auto& instance = server.known.instance;
    instance = picture::instance(std::string(1, static_cast<char>('a' + i)), "m");
    instance.version = "8.0.35";
    if (varies) {
      server.is_denied = one_of(8);
      server.is_filtered = one_of(10);
      server.leaves_out = one_of(10);
      server.is_errant = cluster.by_gtid && one_of(8);
      server.is_older = one_of(6);
      server.is_near = !one_of(3);
      instance.log_bin = !one_of(10);
      instance.log_slave_updates = !one_of(10);
      server.known.promotion_rule = static_cast<topo::PromotionRule>(below(4));
    }
    if (server.is_older) instance.version = "5.7.40";
    instance.has_binlog_filters = server.leaves_out;
    if (!server.is_near) instance.data_center = "far";
    auto& channel = instance.channels.front();
    channel.has_filters = server.is_filtered;
    channel.exec = at(server.executed);
    channel.read = at(server.received);
    if (server.is_nowhere) channel.exec = channel.read = {};
    if (server.is_stuck && !server.is_left) channel.why_not_drained = "it is broken";
    channel.io_thread = topo::ThreadState::other;
    if (cluster.by_gtid) {
      channel.using_oracle_gtid = true;
      instance.gtid_mode = "ON";
      if (server.executed > 0)
        instance.executed_gtid_set = fmt::format("{}:1-{}", master_uuid, server.executed);
      if (server.is_errant) {
        instance.errant_gtids = fmt::format("{}:{}", other_uuid, i + 1);
        instance.executed_gtid_set += (instance.executed_gtid_set.empty() ? "" : ",") + instance.errant_gtids;
      }
    } else {
      instance.gtid_mode = "OFF";
    }
    cluster.servers.push_back(std::move(server));
  }
  return cluster;
}

// --- The model

Set transactions(int after, int last, bool is_filtered) {
  Set all = 0;
  for (int i = after + 1; i <= last; ++i) all |= (1U << i) | (is_filtered ? 0U : 1U << (16 + i));
  return all;
}

Set executed_by(const Server& server) {
  return transactions(0, server.executed, server.is_filtered);
}

// With what is only in its relay log.
Set had_by(const Server& server) {
  return transactions(0, server.received, server.is_filtered);
}

bool includes(Set one, Set other) {
  return (one & other) == other;
}

bool can_be_master(const Server& server) {
  return !server.is_left && server.known.instance.log_bin && server.known.instance.log_slave_updates &&
         !server.is_denied && server.known.promotion_rule != topo::PromotionRule::must_not &&
         (!server.is_stuck || server.received == server.executed || server.is_nowhere);
}

bool can_feed(const Cluster& cluster, const Server& source, const Server& replica) {
  const auto& instance = source.known.instance;
  const bool is_clean = !source.is_left && !source.is_stuck && !source.is_filtered && !source.leaves_out &&
                        !source.is_errant && !source.is_nowhere && instance.log_bin &&
                        instance.log_slave_updates;
  const bool knows_place = cluster.by_gtid ? !replica.is_errant : cluster.has_pseudo_gtid;
  return is_clean && knows_place && !replica.is_nowhere && replica.executed < source.executed &&
         (!replica.is_older || source.is_older);
}

Set fed(const Server& replica, const Server& source) {
  return executed_by(replica) | transactions(replica.executed, source.executed, replica.is_filtered);
}

bool has_all(const Cluster& cluster, const Server& server, Set has) {
  return std::ranges::all_of(cluster.servers, [&](const auto& other) {
    if (&other == &server) return true;
    // Nobody can tell what the filters have left out.
    if (server.is_filtered && !other.is_filtered) return false;
    return !server.is_nowhere && !other.is_nowhere && includes(has, had_by(other));
  });
}

bool can_have_all(const Cluster& cluster, const Server& server) {
  return has_all(cluster, server, executed_by(server)) ||
         std::ranges::any_of(cluster.servers, [&](const auto& source) {
           return &source != &server && can_feed(cluster, source, server) &&
                  has_all(cluster, server, fed(server, source));
         });
}

std::size_t served_by(const Cluster& cluster, const Server& server) {
  std::size_t served = 0;
  for (const auto& other : cluster.servers) {
    if (&other == &server || other.is_left) continue;
    served += other.is_older && !server.is_older ? 0U : 1U;
  }
  return served;
}

// The smaller one is better.
auto score_of(const Cluster& cluster, const Server& server) {
  return std::tuple(server.is_filtered || server.leaves_out, server.is_errant,
                    cluster.servers.size() - served_by(cluster, server), server.known.promotion_rule,
                    !server.is_near, -server.executed, server.known.instance.key);
}

const Server* best_of(const Cluster& cluster) {
  const Server* best = nullptr;
  for (const auto& server : cluster.servers) {
    if (!can_be_master(server) || !can_have_all(cluster, server)) continue;
    if (best == nullptr || score_of(cluster, server) < score_of(cluster, *best)) best = &server;
  }
  return best;
}

// --- The choice

const Server& find(const Cluster& cluster, const topo::InstanceKey& name) {
  return *std::ranges::find(cluster.servers, name,
                            [](const auto& server) { return server.known.instance.key; });
}

topo::Plan plan_for(const Cluster& cluster, const std::optional<topo::InstanceKey>& named) {
  std::vector<topo::KnownInstance> known{picture::known(picture::instance("m"))};
  known.front().instance.version = "5.7.40";
  known.front().last_check_valid = false;
  known.front().last_check_failure = topo::ReadFailure::no_answer;
  for (const auto& server : cluster.servers) {
    known.push_back(picture::known(server.known.instance));
    known.back().promotion_rule = server.known.promotion_rule;
    if (server.is_left) known.back().locked = "it is locked";
  }
  const topo::Topology topology(std::move(known));
  topo::Replacement how;
  how.promotion = topo::Promotion::reset;
  how.denied = [&](const auto& one) { return find(cluster, one).is_denied; };
  const topo::RuleLimits limits{.has_pseudo_gtid = cluster.has_pseudo_gtid};
  return named ? topo::plan_make_master(topology, *named, how, limits)
               : topo::plan_regroup_replicas(topology, key("m"), how, limits);
}

// nullopt: a refusal.
std::optional<topo::Decision> decided(const Cluster& cluster,
                                      const std::optional<topo::InstanceKey>& named = {}) {
  try {
    const auto plan = plan_for(cluster, named);
    std::vector<topo::Instance> prepared;
    for (const auto& server : cluster.servers)
      if (!server.is_left) prepared.push_back(server.known.instance);
    return plan.decide(prepared, {});
  } catch (const topo::Error&) {
    return std::nullopt;
  }
}

// What the successor has once the steps before its promotion are carried out.
Set then(const Cluster& cluster, const topo::Decision& decision) {
  const auto& successor = find(cluster, *decision.candidate);
  if (decision.catch_up.empty()) return executed_by(successor);
  const auto& change = std::get<topo::ChangeMaster>(decision.catch_up.front());
  const auto& source = find(cluster, change.master);
  REQUIRE(can_feed(cluster, source, successor));
  return fed(successor, source);
}

std::string shown(const Cluster& cluster) {
  auto text = fmt::format("by GTID {}, Pseudo-GTID {}", cluster.by_gtid, cluster.has_pseudo_gtid);
  for (const auto& server : cluster.servers) {
    const auto& instance = server.known.instance;
    text += fmt::format(
        "\n{} {}/{} stuck {} left {} nowhere {} denied {} filtered {} leaves out {} errant {} older {} near "
        "{} "
        "log_bin {} updates {} {}",
        instance.key.hostname(), server.executed, server.received, server.is_stuck, server.is_left,
        server.is_nowhere, server.is_denied, server.is_filtered, server.leaves_out, server.is_errant,
        server.is_older, server.is_near, instance.log_bin, instance.log_slave_updates,
        topo::to_string(server.known.promotion_rule));
  }
  return text;
}

void require_nothing_lost(const Cluster& cluster, const topo::Decision& decision) {
  const auto has = then(cluster, decision);
  const bool has_everything = has_all(cluster, find(cluster, *decision.candidate), has);
  // The relay logs of those that move are deleted.
  const bool drops_nothing = std::ranges::all_of(
      decision.moves, [&](const auto& move) { return includes(has, had_by(find(cluster, move.replica))); });
  if (has_everything && drops_nothing) return;
  INFO("seed " << fuzz::seed() << ", chosen " << decision.candidate->display() << "\n" << shown(cluster));
  REQUIRE(has_everything);
  REQUIRE(drops_nothing);
}

}  // namespace

TEST_CASE("the successor has all that any reachable replica had, or there is none", "[succession-model]") {
  std::mt19937_64 random(fuzz::seed());
  const auto rounds = fuzz::rounds(16'000) / fuzz::fewer;
  std::uint64_t refused = 0, caught_up = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto cluster = random_cluster(random);
    const auto* best = best_of(cluster);
    const auto decision = decided(cluster);
    const bool is_right =
        best == nullptr ? !decision : decision && decision->candidate == best->known.instance.key;
    if (!is_right) {
      INFO("round " << round << ", seed " << fuzz::seed() << "\n" << shown(cluster));
      INFO("chosen " << (decision ? decision->candidate->display() : "none") << ", by the model "
                     << (best == nullptr ? "none" : best->known.instance.key.display()));
      REQUIRE(is_right);
    }
    if (!decision) {
      ++refused;
      continue;
    }
    caught_up += decision->catch_up.empty() ? 0U : 1U;
    require_nothing_lost(cluster, *decision);
  }
  // Each answer is met often.
  CHECK(refused > rounds / 20);
  CHECK(caught_up > rounds / 50);
  CHECK(refused + caught_up < rounds / 2 + rounds / 4);
}

TEST_CASE("a named successor has all that any reachable replica had, or is refused", "[succession-model]") {
  std::mt19937_64 random(fuzz::seed() + 1);
  const auto rounds = fuzz::rounds(4'000) / fuzz::fewer;
  std::uint64_t promoted = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto cluster = random_cluster(random);
    const auto& named = cluster.servers.front();
    const auto decision = decided(cluster, named.known.instance.key);
    if (!decision) {
      const bool is_right = !can_have_all(cluster, named) || !can_be_master(named);
      if (!is_right) {
        INFO("round " << round << ", seed " << fuzz::seed() << "\n" << shown(cluster));
        REQUIRE(is_right);
      }
      continue;
    }
    ++promoted;
    // Nobody may name one that must not be a master.
    CHECK(named.known.promotion_rule != topo::PromotionRule::must_not);
    require_nothing_lost(cluster, *decision);
  }
  CHECK(promoted > rounds / 20);
}

}  // namespace succession_model_test
