// Which names lead to which server. Two names are merged only with proof, as cloned machines report the same
// identity; without proof each name is an instance, with a warning.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "discovery/engine.h"
#include "topo/audit.h"
#include "topo/inspect/same_server.h"
#include "topo/mysql/pool.h"
#include "topo/topology/rules.h"

namespace topo {
namespace {

using discovery::id_mark;
using discovery::identity_mark;
using discovery::uuid_mark;
using mysql::Sameness;

// How long a result is valid: the compared servers may be replaced at any time.
constexpr std::chrono::minutes comparison_life{5};
constexpr int max_comparisons = 4;  // per poll; the others follow in the next polls
constexpr std::chrono::seconds max_comparison_time{2};
constexpr int pause_for_time_lost = 20;

// "db2:3306", "db2:3306 and 3 others".
std::string first_of(const std::vector<InstanceKey>& keys) {
  const auto first = keys.front().display();
  if (keys.size() == 1) return first;
  return fmt::format("{} and {} other{}", first, keys.size() - 1, keys.size() == 2 ? "" : "s");
}

std::vector<InstanceKey> together(std::vector<InstanceKey> some, const std::vector<InstanceKey>& others) {
  some.insert(some.end(), others.begin(), others.end());
  std::sort(some.begin(), some.end());
  some.erase(std::unique(some.begin(), some.end()), some.end());
  return some;
}

std::string why_not_reported_name(const InstanceKey& reported, Sameness sameness, const std::string& reason) {
  return fmt::format(
      "By MySQLHostnameResolveMethod its name would be {}, {}; it keeps the name by which it was reached",
      reported.display(),
      sameness == Sameness::different ? "which leads to another server"
                                      : fmt::format("which could not be proven to lead to it: {}", reason));
}

}  // namespace

std::optional<discovery::Alias> Discovery::Engine::alias_of(const InstanceKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = fleet_.aliases().find(key);
  return found == fleet_.aliases().end() ? std::nullopt : std::optional(found->second);
}

Instance Discovery::Engine::read_now(const InstanceKey& key, InspectionCost& cost, EndBy end_by) {
  bool heads_cluster = false;
  {
    const std::lock_guard lock(mutex_);
    const Member* member = fleet_.find(key);
    heads_cluster = member != nullptr && member->stored && member->membership.replication_depth == 0;
  }
  return context_.inspector().read(key, heads_cluster, &cost, end_by);
}

// Reads the server that `key` leads to by its known name; `subject` is set to the name that was read, even if
// the read throws. nullopt: `key` is an alias without waiters, and was only checked.
std::optional<Instance> Discovery::Engine::read_named(const InstanceKey& key, bool is_waited_for,
                                                      InspectionCost& cost, InstanceKey& subject,
                                                      EndBy end_by) {
  if (const auto known = alias_of(key); known && known->is_in_doubt) {
    if (settle_doubt(key, *known, end_by)) subject = known->key;
  } else if (known) {
    try {
      if (is_alias_still(key, *known, end_by)) {
        if (!is_waited_for) return std::nullopt;
        subject = known->key;
      }
    } catch (const Error& error) {
      if (is_waited_for) throw;
      context_.log().debug(fmt::format("Cannot check whether {} is still {}: {}", key.display(),
                                       known->key.display(), error.what()));
      return std::nullopt;
    }
  }
  auto instance = read_now(subject, cost, end_by);
  const auto name = settled_name(subject, instance, end_by);
  if (name == subject) return instance;
  subject = name;
  return read_now(subject, cost, end_by);
}

// An alias is kept only with proof: without it, the name is shown as an instance.
bool Discovery::Engine::is_alias_still(const InstanceKey& alias, const discovery::Alias& known,
                                       EndBy end_by) {
  const auto [sameness, reason] =
      compare_servers(context_.configuration(), context_.pool(), alias, known.key, end_by);
  if (sameness != Sameness::same) {
    end_alias(alias, known, sameness == Sameness::different ? "it leads to another server" : reason);
    return false;
  }
  const auto unused_since = std::chrono::steady_clock::now() - configuration().expiry_hostname_resolves;
  if (known.mentioned_at > unused_since) context_.store().instances().claim_alias(alias, known.key);
  return true;
}

// Checks a name that the backend claims to be an alias, and that was read as an instance here. Without proof
// it is not an alias, whatever the reason: else any writer to the backend could hide a server.
bool Discovery::Engine::settle_doubt(const InstanceKey& alias, const discovery::Alias& known, EndBy end_by) {
  std::string why = "it is that name";
  if (alias != known.key) {
    try {
      const auto [sameness, reason] =
          compare_servers(context_.configuration(), context_.pool(), alias, known.key, end_by);
      if (sameness == Sameness::same) return adopt_alias(alias, known.key) == known.key;
      why = sameness == Sameness::different ? "it leads to another server" : reason;
    } catch (const Error& error) {
      const bool has_more_time = end_by && error.code() == Code::timeout;
      if (has_more_time || context_.is_polling_interrupted()) throw;
      why = error.what();
    }
  }
  end_alias(alias, known, why);
  return false;
}

void Discovery::Engine::end_alias(const InstanceKey& alias, const discovery::Alias& known,
                                  const std::string& why) {
  context_.log().warn(fmt::format("{} is not another name of {}{}: {}", alias.display(), known.key.display(),
                                  known.is_in_doubt ? ", as the backend says" : " any more", why));
  context_.pool().drop(alias);  // idle connections lead to the former server
  if (context_.store().instances().forget_alias(alias))
    (void)write_audit(context_, "other-name", known.key,
                      fmt::format("{} is another server", alias.display()));
  const std::lock_guard lock(mutex_);
  fleet_.remove_alias(alias);
}

InstanceKey Discovery::Engine::settled_name(const InstanceKey& key, Instance& read, EndBy end_by) {
  std::vector<InstanceKey> candidates;
  const bool is_reported = read.reported_key && read.reported_key != key;
  if (is_reported) candidates.push_back(*read.reported_key);
  {
    const std::lock_guard lock(mutex_);
    for (auto& other : fleet_.look_alikes(read)) {
      const Member* member = fleet_.find(other);
      if (member != nullptr && member->answers) candidates.push_back(std::move(other));
    }
  }
  int asked = 0;
  for (const auto& candidate : candidates) {
    if (asked == max_comparisons) break;
    const auto began = std::chrono::steady_clock::now();
    const auto comparison = compared(key, candidate, end_by);
    if (comparison.at >= began) ++asked;
    const bool is_reported_name = is_reported && &candidate == &candidates.front();
    if (comparison.sameness != Sameness::same) {
      if (is_reported_name)
        read.warnings.push_back(why_not_reported_name(candidate, comparison.sameness, comparison.reason));
      continue;
    }
    const auto keep = is_reported_name ? candidate : name_to_keep(key, candidate);
    return adopt_alias(keep == key ? candidate : key, keep);
  }
  return key;
}

// The result `same` is not cached, as from then on only one of the two is an instance. A server that copied
// the identity of `one` and does not answer costs it only a small part of its time.
Discovery::Engine::Comparison Discovery::Engine::compared(const InstanceKey& one, const InstanceKey& other,
                                                          EndBy end_by) {
  const auto pair = std::minmax(one, other);
  const auto began = std::chrono::steady_clock::now();
  Comparison comparison;
  comparison.at = began;
  {
    const std::lock_guard lock(mutex_);
    const auto known = comparisons_.find(pair);
    if (known != comparisons_.end() && began - known->second.at < comparison_life) return known->second;
    const auto again = compare_again_at_.find(one);
    if (again != compare_again_at_.end() && began < again->second) {
      comparison.reason = "others that look like it do not answer";
      return comparison;
    }
  }
  bool is_timeout = false;
  try {
    const auto latest = began + max_comparison_time;
    auto [sameness, reason] = compare_servers(context_.configuration(), context_.pool(), one, other,
                                              std::min(latest, end_by.value_or(latest)));
    comparison.sameness = sameness;
    comparison.reason = std::move(reason);
  } catch (const Error& error) {
    is_timeout = error.code() == Code::timeout;
    comparison.reason = error.what();
  }
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (now - comparisons_tidied_at_ >= comparison_life) {
    comparisons_tidied_at_ = now;
    std::erase_if(comparisons_, [&](const auto& item) { return now - item.second.at >= comparison_life; });
    std::erase_if(compare_again_at_, [&](const auto& item) { return item.second <= now; });
  }
  if (comparison.sameness == Sameness::same)
    comparisons_.erase(pair);
  else
    comparisons_[pair] = comparison;
  if (is_timeout) compare_again_at_[one] = now + (now - began) * pause_for_time_lost;
  return comparison;
}

// Of two names of one server, prefers the stored one; then the older one, as a newcomer may make up its
// replicas; then the one with more replicas.
InstanceKey Discovery::Engine::name_to_keep(const InstanceKey& one, const InstanceKey& other) const {
  const std::lock_guard lock(mutex_);
  const auto rank = [&](const InstanceKey& key) {
    const auto found = fleet_.members().find(key);
    const bool is_stored = found != fleet_.members().end() && found->second.stored;
    const auto since = is_stored ? found->second.stored_since : SteadyTime::max();
    return std::tuple(!is_stored, since, -static_cast<std::int64_t>(fleet_.count_replicas(key)), key);
  };
  return rank(one) < rank(other) ? one : other;
}

// Records that `alias` was proven to be `key`. Returns the name that the server keeps; another process may
// have just chosen the other one.
InstanceKey Discovery::Engine::adopt_alias(const InstanceKey& alias, const InstanceKey& key) {
  InstanceStore::ClaimedAlias claimed{key, false};
  try {
    claimed = context_.store().instances().claim_alias(alias, key);
  } catch (const Error& error) {
    context_.log().error(fmt::format("Cannot store in the backend that {} is {}: {}", alias.display(),
                                     key.display(), error.what()));
  }
  const auto& kept = claimed.known_as;
  {
    const std::lock_guard lock(mutex_);
    for (const auto* name : {&alias, &key}) {
      if (*name == kept) continue;
      fleet_.add_alias(*name, kept);
      context_.pool().drop(*name);
      const auto task = tasks_.find(*name);
      if (task != tasks_.end() && !task->second.in_flight) reschedule(*name, task->second, false);
    }
  }
  if (!claimed.is_changed) return kept;
  context_.log().warn(fmt::format("{} and {} are names of one server, which is shown as {}", alias.display(),
                                  key.display(), kept.display()));
  (void)write_audit(context_, "other-name", kept,
                    fmt::format("{} was proven to be the same server", alias.display()));
  return kept;
}

// Adopts the aliases that other processes have found or expired.
void Discovery::Engine::adopt_aliases_of_store() {
  const auto aliases = context_.store().instances().read_aliases();
  const std::lock_guard lock(mutex_);
  std::vector<InstanceKey> former;
  for (const auto& [name, alias] : fleet_.aliases()) former.push_back(name);
  fleet_.set_aliases(aliases);
  for (const auto& name : former) {
    if (fleet_.canonical(name) == name && fleet_.find(name) == nullptr) drop(name);
  }
  if (!polling_) return;
  for (const auto& [name, alias] : fleet_.aliases()) {
    if (!tasks_.contains(name)) poll_at(name, std::chrono::steady_clock::now());
  }
}

// Another process has written a row for a name that it did not know to be an alias. The poll checks the alias
// and removes the row if it is proven.
void Discovery::Engine::settle_alias_with_row(const InstanceKey& alias) {
  (void)fleet_.mentioned(alias);
  const auto task = tasks_.find(alias);
  if (task == tasks_.end() || !task->second.in_flight) poll_at(alias, std::chrono::steady_clock::now());
}

// Another process may have stored one of these servers under another name at the same time: the process that
// checks after its write sees both.
void Discovery::Engine::settle_found(DiscoveryReport& report) {
  auto& instances = context_.store().instances();
  const auto links = instances.read_links();
  const auto aliases = instances.read_aliases();
  std::vector<InstanceKey> doubtful;
  {
    const std::lock_guard lock(mutex_);
    fleet_.set_aliases(aliases);
    for (const auto& link : links) {
      if (fleet_.find(link.key) == nullptr && fleet_.canonical(link.key) == link.key) fleet_.add(link);
    }
    for (const auto& key : report.found) {
      const Member* member = fleet_.find(key);
      if (member == nullptr) continue;
      const auto others = fleet_.others_with(identity_mark(member->reported_hostname, member->reported_port,
                                                           member->server_id, member->server_uuid),
                                             key);
      const bool is_new = std::any_of(others.begin(), others.end(), [&](const InstanceKey& other) {
        return !comparisons_.contains(std::minmax(key, other));
      });
      if (is_new) doubtful.push_back(key);
    }
    for (const auto& key : report.found) {
      const auto alias = fleet_.aliases().find(key);
      if (alias != fleet_.aliases().end() && alias->second.is_in_doubt) doubtful.push_back(key);
    }
  }
  for (const auto& key : doubtful) {
    try {
      (void)refresh(key);
    } catch (const Error& error) {
      context_.log().warn(fmt::format("{}: {}", key.display(), error.what()));
    }
  }
  const std::lock_guard lock(mutex_);
  for (auto& key : report.found) key = fleet_.canonical(key);
}

// Returns true if the doubt is new and the master's name was resolved.
bool Discovery::Engine::warn_of_other_master(Instance& instance) {
  const auto master_key = instance.master_key();
  const Member* seeming = master_key ? fleet_.find(*master_key) : nullptr;
  const Member* member = fleet_.find(instance.key);
  if (seeming == nullptr || member == nullptr) return false;
  Instance master;
  master.key = *master_key;
  master.server_id = seeming->server_id;
  master.server_uuid = seeming->server_uuid;
  auto doubt = why_not_last_master(instance, master);
  if (!doubt) return false;
  const auto& said = member->warnings;
  const bool is_new = std::find(said.begin(), said.end(), *doubt) == said.end();
  instance.warnings.push_back(std::move(*doubt));
  const auto& reported = instance.replication()->reported_master;
  return is_new && reported && reported != master.key;
}

void Discovery::Engine::warn_of_look_alikes(Instance& instance) const {
  const auto& key = instance.key;
  const auto identity = identity_mark(instance.reported_hostname, instance.reported_port, instance.server_id,
                                      instance.server_uuid);
  const auto doubles = fleet_.others_with(identity, key);
  const auto same_uuid = fleet_.others_with(uuid_mark(instance.server_uuid), key);
  const auto same_id =
      together(fleet_.others_with(id_mark(instance.server_id, instance.cluster_name), key), doubles);
  if (!same_id.empty()) {
    instance.warnings.push_back(fmt::format(
        "server_id {} is also that of {}: servers that replicate with the same server_id lose transactions "
        "or their connection; give each a server_id of its own",
        instance.server_id, first_of(same_id)));
  }
  if (!same_uuid.empty()) {
    instance.warnings.push_back(fmt::format(
        "server_uuid {} is also that of {}: replication between them fails; on all but one of them, stop the "
        "server, delete auto.cnf in its data directory, and start it again",
        instance.server_uuid, first_of(same_uuid)));
  }
  for (const auto& other : doubles) {
    const auto known = comparisons_.find(std::minmax(key, other));
    if (known == comparisons_.end() || known->second.sameness != Sameness::unknown) continue;
    instance.warnings.push_back(
        fmt::format("Whether {} is this server under another name could not be proven: {}; both are shown",
                    other.display(), known->second.reason));
  }
}

}  // namespace topo
