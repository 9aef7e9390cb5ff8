#include "store/remembering_store.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cctype>

#include "base/shown_text.h"
#include "store/memory.h"
#include "topo/base/error.h"

namespace topo::store {
namespace {

// Reads are remembered no more often than this, as each copies all instances.
constexpr std::chrono::seconds learning_interval{5};

// Reads from the backend, or from the memory if the backend does not answer.
class RememberedReads {
 public:
  explicit RememberedReads(std::shared_ptr<spdlog::logger> log) : log_(std::move(log)) {}

  template <typename Ask, typename Recall>
  auto answer(const Ask& ask, const Recall& recall) {
    try {
      auto reported = ask();
      if (is_out_.exchange(false)) log_->info("The backend answers again");
      return reported;
    } catch (const Error& error) {
      if (error.code() != Code::backend || !memory.is_complete()) throw;
      if (!is_out_.exchange(true))
        log_->warn(fmt::format("Instances are served from memory: {}", error.what()));
      return recall();
    }
  }

  Memory memory;

 private:
  std::shared_ptr<spdlog::logger> log_;
  std::atomic<bool> is_out_{false};
};

std::string lower(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return all;
}

// Matches like InstanceStore::search.
Memory::Filter having(std::string_view text) {
  return [wanted = lower(text)](const Instance& instance) {
    const auto holds = [&](std::string_view part) { return lower(part).find(wanted) != std::string::npos; };
    return holds(instance.key.hostname()) || holds(instance.cluster_name) || holds(instance.version) ||
           holds(fmt::format("{}:{}", instance.key.hostname(), instance.key.port())) ||
           std::to_string(instance.server_id) == wanted || std::to_string(instance.key.port()) == wanted;
  };
}

Memory::Filter named(std::string_view pattern) {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  auto matcher = std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!matcher->ok())
    throw Error(Code::invalid_argument, fmt::format("Cannot use \"{}\" as a pattern", shown_text(pattern)));
  return [matcher](const Instance& instance) { return RE2::PartialMatch(instance.key.hostname(), *matcher); };
}

class RememberedInstances : public InstanceStore {
 public:
  RememberedInstances(InstanceStore& store, RememberedReads& recollection)
      : store_(store), recollection_(recollection), memory_(recollection.memory) {}

  std::optional<KnownInstance> read(const InstanceKey& key) override {
    return recollection_.answer([&] { return store_.read(key); },
                                [&]() -> std::optional<KnownInstance> {
                                  auto found =
                                      memory_.instances([&](const auto& one) { return one.key == key; });
                                  if (found.empty()) return std::nullopt;
                                  return std::move(found.front());
                                });
  }
  std::vector<KnownInstance> read_all() override {
    return recollection_.answer(
        [&] {
          auto all = store_.read_all();
          if (std::chrono::steady_clock::now() - memory_.complete_since() > learning_interval)
            memory_.update(all);
          return all;
        },
        [&] { return memory_.instances(); });
  }
  std::vector<KnownInstance> read_cluster(std::string_view cluster_name) override {
    return recollection_.answer(
        [&] { return store_.read_cluster(cluster_name); },
        [&] { return memory_.instances([&](const auto& one) { return one.cluster_name == cluster_name; }); });
  }
  std::vector<KnownInstance> read_replicas(const InstanceKey& master) override {
    return recollection_.answer(
        [&] { return store_.read_replicas(master); },
        [&] { return memory_.instances([&](const auto& one) { return one.master_key() == master; }); });
  }
  std::vector<KnownInstance> read_side_replicas(const InstanceKey& master) override {
    return recollection_.answer(
        [&] { return store_.read_side_replicas(master); },
        [&] { return memory_.instances([&](const auto& one) { return one.is_side_replica_of(master); }); });
  }
  std::vector<KnownInstance> search(std::string_view text) override {
    return recollection_.answer([&] { return store_.search(text); },
                                [&] { return memory_.instances(having(text)); });
  }
  std::vector<KnownInstance> find(std::string_view pattern) override {
    return recollection_.answer([&] { return store_.find(pattern); },
                                [&] { return memory_.instances(named(pattern)); });
  }
  std::vector<KnownInstance> read_suspects(std::chrono::seconds poll_interval,
                                           std::chrono::seconds lag) override {
    return recollection_.answer([&] { return store_.read_suspects(poll_interval, lag); },
                                [&] { return memory_.instances(); });
  }
  std::vector<StoredLongQuery> long_queries(std::string_view text) override {
    return store_.long_queries(text);
  }
  std::vector<InstanceLink> read_links() override { return store_.read_links(); }
  std::vector<StoredGtids> read_gtids() override { return store_.read_gtids(); }

  std::vector<InstanceKey> write(std::span<const InstanceWrite> writes) override {
    memory_.update(writes);
    auto vanished = store_.write(writes);
    for (const auto& key : vanished) memory_.forget(key);
    return vanished;
  }
  void register_candidate(const InstanceKey& key, PromotionRule rule) override {
    store_.register_candidate(key, rule);
  }
  bool forget(const InstanceKey& key) override {
    const bool known = store_.forget(key);
    memory_.forget(key);
    return known;
  }
  void remember_all() override { memory_.update(store_.read_all()); }

  std::vector<UnusableRow> unusable() override { return store_.unusable(); }
  std::vector<UnusableRow> forget_unusable() override { return store_.forget_unusable(); }
  std::vector<InstanceKey> forget_unseen(std::chrono::hours age) override {
    auto keys = store_.forget_unseen(age);
    for (const auto& key : keys) memory_.forget(key);
    return keys;
  }
  ClaimedAlias claim_alias(const InstanceKey& alias, const InstanceKey& instance) override {
    auto claimed = store_.claim_alias(alias, instance);
    if (claimed.known_as != alias) memory_.forget(alias);
    return claimed;
  }
  bool forget_alias(const InstanceKey& alias) override { return store_.forget_alias(alias); }
  std::vector<std::pair<InstanceKey, InstanceKey>> read_aliases() override { return store_.read_aliases(); }
  void expire_aliases(std::chrono::minutes age) override { store_.expire_aliases(age); }

 private:
  InstanceStore& store_;
  RememberedReads& recollection_;
  Memory& memory_;
};

class RememberedClusters : public ClusterStore {
 public:
  RememberedClusters(ClusterStore& store, RememberedReads& recollection)
      : store_(store), recollection_(recollection), memory_(recollection.memory) {}

  std::vector<std::string> names() override {
    return recollection_.answer([&] { return store_.names(); },
                                [&] {
                                  std::vector<std::string> names;
                                  for (auto& info : memory_.clusters())
                                    names.push_back(std::move(info.cluster_name));
                                  return names;
                                });
  }
  std::vector<ClusterInfo> infos() override {
    return recollection_.answer(
        [&] {
          auto infos = store_.infos();
          memory_.update(infos);
          return infos;
        },
        [&] { return memory_.clusters(); });
  }
  std::optional<std::string> cluster_of_alias(std::string_view alias) override {
    return recollection_.answer([&] { return store_.cluster_of_alias(alias); },
                                [&]() -> std::optional<std::string> {
                                  for (auto& info : memory_.clusters()) {
                                    if (!alias.empty() && info.cluster_alias == alias)
                                      return info.cluster_name;
                                  }
                                  return std::nullopt;
                                });
  }
  void use_patterns(const std::map<std::string, std::string>& patterns) override {
    store_.use_patterns(patterns);
  }
  void set_alias(std::string_view cluster_name, std::string_view alias) override {
    store_.set_alias(cluster_name, alias);
  }
  std::string detect_alias(std::string_view cluster_name, std::string_view alias) override {
    return store_.detect_alias(cluster_name, alias);
  }
  void withdraw_alias(std::string_view cluster_name) override { store_.withdraw_alias(cluster_name); }
  void pass_alias(std::string_view from, std::string_view to) override { store_.pass_alias(from, to); }

 private:
  ClusterStore& store_;
  RememberedReads& recollection_;
  Memory& memory_;
};

class RememberedLocks : public MaintenanceStore {
 public:
  RememberedLocks(MaintenanceStore& store, RememberedReads& recollection)
      : store_(store), recollection_(recollection), memory_(recollection.memory) {}

  std::vector<Maintenance> active() override {
    return recollection_.answer(
        [&] {
          auto locks = store_.active();
          memory_.update(locks);
          return locks;
        },
        [&] { return memory_.locks(); });
  }
  std::optional<Maintenance> of(const InstanceKey& key) override { return store_.of(key); }
  std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests, std::string_view owner,
                                  std::chrono::seconds duration, std::string_view token) override {
    return store_.begin(requests, owner, duration, token);
  }
  void withdraw(std::string_view token) override { store_.withdraw(token); }
  bool end(std::int64_t id) override { return store_.end(id); }
  bool end(const InstanceKey& key) override { return store_.end(key); }
  std::optional<Maintenance> join(const InstanceKey& key, std::string_view process) override {
    return store_.join(key, process);
  }
  void part(const Maintenance& former) override { store_.part(former); }
  bool renew(std::span<const std::int64_t> ids, std::optional<std::chrono::seconds> duration) override {
    return store_.renew(ids, duration);
  }
  bool are_active(std::span<const std::int64_t> ids) override { return store_.are_active(ids); }
  bool was_locked_since(const InstanceKey& key, std::int64_t id) override {
    return store_.was_locked_since(key, id);
  }
  void end_abandoned(std::span<const std::int64_t> ids) override { store_.end_abandoned(ids); }
  std::vector<InstanceKey> expire() override { return store_.expire(); }
  std::uint64_t purge(std::chrono::days age) override { return store_.purge(age); }

 private:
  MaintenanceStore& store_;
  RememberedReads& recollection_;
  Memory& memory_;
};

class RememberingStore : public Store {
 public:
  RememberingStore(std::shared_ptr<Store> store, std::shared_ptr<spdlog::logger> log)
      : store_(std::move(store)),
        recollection_(std::move(log)),
        instances_(store_->instances(), recollection_),
        clusters_(store_->clusters(), recollection_),
        locks_(store_->maintenance(), recollection_) {}

  InstanceStore& instances() override { return instances_; }
  ClusterStore& clusters() override { return clusters_; }
  MaintenanceStore& maintenance() override { return locks_; }
  CoordinatesStore& coordinates() override { return store_->coordinates(); }
  NameStore& names() override { return store_->names(); }
  NodeStore& nodes() override { return store_->nodes(); }
  AuditStore& audit() override { return store_->audit(); }
  OperationStore& operations() override { return store_->operations(); }
  PseudoGtidStore& pseudo_gtid() override { return store_->pseudo_gtid(); }
  RecoveryStore& recoveries() override { return store_->recoveries(); }
  FormerMasterStore& former_masters() override { return store_->former_masters(); }
  std::optional<std::uint64_t> data_version() override { return store_->data_version(); }
  std::string describe() const override { return store_->describe(); }
  std::uint64_t statements() const noexcept override { return store_->statements(); }

 private:
  std::shared_ptr<Store> store_;
  RememberedReads recollection_;
  RememberedInstances instances_;
  RememberedClusters clusters_;
  RememberedLocks locks_;
};

}  // namespace

std::shared_ptr<Store> remembering(std::shared_ptr<Store> store, std::shared_ptr<spdlog::logger> log) {
  return std::make_shared<RememberingStore>(std::move(store), std::move(log));
}

}  // namespace topo::store
