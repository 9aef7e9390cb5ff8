// An InstanceStore that records writes, and fails or blocks on request.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "support/gate.h"
#include "topo/base/error.h"
#include "topo/store/store.h"

class FakeInstanceStore : public topo::InstanceStore {
 public:
  using Group = std::vector<topo::InstanceWrite>;

  std::vector<topo::InstanceKey> write(std::span<const topo::InstanceWrite> writes) override {
    entered.change([](int& count) { ++count; });
    if (blocked.load()) may_go_on.pass();
    if (failures.load() > 0 && failures.fetch_sub(1) > 0)
      throw topo::Error(topo::Code::backend, "the backend is down");
    groups.change([&](std::vector<Group>& all) { all.emplace_back(writes.begin(), writes.end()); });
    return vanished;
  }

  // In the order stored.
  Group all_writes() {
    Group all;
    for (auto& group : groups.get()) all.insert(all.end(), group.begin(), group.end());
    return all;
  }

  std::atomic<bool> blocked{false};  // writes wait for may_go_on
  std::atomic<int> failures{0};      // the number of next writes that fail
  waiting::Gate may_go_on;
  waiting::Watched<int> entered;  // calls of write()
  waiting::Watched<std::vector<Group>> groups;
  std::vector<topo::InstanceKey> vanished;

  std::optional<topo::KnownInstance> read(const topo::InstanceKey&) override { return std::nullopt; }
  std::vector<topo::KnownInstance> read_all() override { return {}; }
  std::vector<topo::KnownInstance> read_cluster(std::string_view) override { return {}; }
  std::vector<topo::KnownInstance> read_replicas(const topo::InstanceKey&) override { return {}; }
  std::vector<topo::KnownInstance> read_side_replicas(const topo::InstanceKey&) override { return {}; }
  std::vector<topo::KnownInstance> search(std::string_view) override { return {}; }
  std::vector<topo::KnownInstance> find(std::string_view) override { return {}; }
  std::vector<topo::KnownInstance> read_suspects(std::chrono::seconds, std::chrono::seconds) override {
    return {};
  }
  std::vector<topo::StoredLongQuery> long_queries(std::string_view) override { return {}; }
  std::vector<topo::InstanceLink> read_links() override { return {}; }
  std::vector<topo::StoredGtids> read_gtids() override { return {}; }
  void register_candidate(const topo::InstanceKey&, topo::PromotionRule) override {}
  bool forget(const topo::InstanceKey&) override { return false; }
  std::vector<topo::UnusableRow> unusable() override { return {}; }
  std::vector<topo::UnusableRow> forget_unusable() override { return {}; }
  std::vector<topo::InstanceKey> forget_unseen(std::chrono::hours) override { return {}; }
  ClaimedAlias claim_alias(const topo::InstanceKey&, const topo::InstanceKey& key) override {
    return {key, true};
  }
  bool forget_alias(const topo::InstanceKey&) override { return false; }
  std::vector<std::pair<topo::InstanceKey, topo::InstanceKey>> read_aliases() override { return {}; }
  void expire_aliases(std::chrono::minutes) override {}
};
