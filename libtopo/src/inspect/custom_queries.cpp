#include "inspect/custom_queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/name.h"
#include "base/shown_text.h"
#include "inspect/facts.h"
#include "mysql/kill_connection.h"
#include "mysql/query_text.h"
#include "topo/config/live_configuration.h"

namespace topo::inspect {
namespace {

constexpr std::string_view lag_key = "SlaveLagQuery";
constexpr std::string_view pseudo_gtid_key = "DetectPseudoGTIDQuery";
constexpr std::string_view alias_key = "DetectClusterAliasQuery";

// How long a query that timed out is skipped.
constexpr std::chrono::minutes hang_memory{1};

void apply(std::string_view key, const mysql::ResultSet& rows, Instance& instance) {
  if (key == lag_key) {
    if (const auto lag = seconds_in(rows)) {
      instance.slave_lag = lag;
    } else if (instance.is_replica()) {
      instance.warnings.push_back(fmt::format(
          "{} returned {} instead of a number of seconds: Seconds_Behind_Master is used as the lag", key,
          rows.empty()       ? "no row"
          : !rows[0].text(0) ? "NULL"
                             : "\"" + shown_text(*rows[0].text(0)) + "\""));
    }
    return;
  }
  if (key == pseudo_gtid_key) {
    instance.using_pseudo_gtid = !rows.empty() && rows[0].text(0) == "1";
    return;
  }
  const auto alias = rows.empty() ? "" : rows[0].text(0).value_or("");
  if (fits_name(alias)) {
    instance.cluster_alias_read = true;
    instance.suggested_cluster_alias = std::string(alias);
    return;
  }
  instance.warnings.push_back(
      fmt::format("{} returned \"{}\", which is not a valid alias: use at most {} characters, in UTF-8", key,
                  shown_text(alias), name_length));
}

}  // namespace

void CustomQueries::ask(mysql::Pool::Lease& lease, bool heads_cluster, SteadyTime deadline,
                        Instance& instance) {
  ask_in_time(lease, wanted(instance, heads_cluster), deadline, instance);
}

void CustomQueries::ask_lag(mysql::Pool::Lease& lease, SteadyTime deadline, Instance& instance) {
  ask_in_time(lease, {lag_key}, deadline, instance);
}

void CustomQueries::ask_in_time(mysql::Pool::Lease& lease, Keys keys, SteadyTime deadline,
                                Instance& instance) {
  std::erase_if(keys, [&](std::string_view key) {
    const auto why = mysql::why_not_to_read(query_of(key));
    if (why) instance.warnings.push_back(fmt::format("{} is not executed, as {}", key, *why));
    return why.has_value();
  });
  leave_out_hung(instance.key, keys, instance.warnings);
  const auto now = std::chrono::steady_clock::now();
  lease->end_by(now + (deadline - now) / 2);
  if (ask_over(*lease, keys, instance)) {
    lease->end_by(deadline);
    return;
  }
  lease.spoil();
  try {
    auto other = pool_.acquire(instance.key, std::chrono::seconds(1), deadline);
    other->end_by(deadline);
    mysql::kill_connection(*other, lease->thread_id());
    if (!ask_over(*other, keys, instance)) other.spoil();
  } catch (const Error& error) {
    for (const auto key : keys) instance.warnings.push_back(fmt::format("{} failed: {}", key, error.what()));
  }
}

// Leaves in `keys` those that were not executed. False: the connection is lost.
bool CustomQueries::ask_over(mysql::Connection& connection, Keys& keys, Instance& instance) {
  const auto asked = std::exchange(keys, {});
  if (asked.empty()) return true;
  std::vector<std::string> queries;
  for (const auto key : asked) queries.push_back(query_of(key));
  const auto began = std::chrono::steady_clock::now();
  const auto answers = connection.query_all_untrusted(queries);
  keys.assign(asked.begin() + static_cast<std::ptrdiff_t>(answers.size()), asked.end());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& error = answers[i].error;
    if (!error) {
      apply(asked[i], answers[i].rows, instance);
    } else if (error->code() == Code::timeout) {
      instance.warnings.push_back(note_hung(
          instance.key, asked[i],
          fmt::format("it was not answered within {} ms, and was killed",
                      std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began)
                          .count())));
    } else if (error->connection_lost()) {
      // It would cost a connection at each poll.
      instance.warnings.push_back(note_hung(instance.key, asked[i], error->reason()));
    } else {
      instance.warnings.push_back(fmt::format("{} failed: {}", asked[i], error->reason()));
    }
  }
  const auto& last = answers.back().error;
  return !last || !last->connection_lost();
}

CustomQueries::Keys CustomQueries::wanted(const Instance& instance, bool heads_cluster) const {
  Keys keys;
  for (const auto key : {lag_key, pseudo_gtid_key, alias_key}) {
    const bool is_due = key != alias_key || heads_cluster || !instance.is_replica();
    if (is_due && !query_of(key).empty()) keys.push_back(key);
  }
  return keys;
}

const std::string& CustomQueries::query_of(std::string_view key) const {
  const auto& configured = configuration_.current();
  if (key == lag_key) return configured.slave_lag_query;
  return key == pseudo_gtid_key ? configured.detect_pseudo_gtid_query : configured.detect_cluster_alias_query;
}

void CustomQueries::leave_out_hung(const InstanceKey& instance, Keys& keys,
                                   std::vector<std::string>& warnings) {
  const std::lock_guard lock(mutex_);
  const auto oldest = std::chrono::steady_clock::now() - hang_memory;
  std::erase_if(hung_, [&](const auto& item) { return item.second.at < oldest; });
  std::erase_if(keys, [&](std::string_view key) {
    const auto found = hung_.find({instance, std::string(key)});
    if (found == hung_.end() || found->second.query != query_of(key)) return false;
    warnings.push_back(found->second.sentence);
    return true;
  });
}

std::string CustomQueries::note_hung(const InstanceKey& instance, std::string_view key,
                                     std::string_view reason) {
  auto sentence = fmt::format("{} failed: {}; it is retried after {} s", key, reason,
                              std::chrono::seconds(hang_memory).count());
  const std::lock_guard lock(mutex_);
  hung_[{instance, std::string(key)}] = {query_of(key), sentence, std::chrono::steady_clock::now()};
  return sentence;
}

}  // namespace topo::inspect
