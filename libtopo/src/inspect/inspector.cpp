#include "topo/inspect/inspector.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/shown_text.h"
#include "inspect/custom_queries.h"
#include "inspect/facts.h"
#include "inspect/unverified_certificate.h"
#include "topo/config/live_configuration.h"
#include "topo/inspect/host_names.h"
#include "topo/mysql/dialect.h"
#include "topo/mysql/pool.h"
#include "topo/mysql/semi_sync.h"

namespace topo {
namespace {

constexpr int long_query_seconds = 60;
// How long a refused statement stays at the end of the request before it moves back to its place.
constexpr std::chrono::minutes refusal_memory{1};
constexpr std::chrono::seconds for_a_free_one{10};  // wait for a connection of the pool

enum class Question : std::size_t {
  facts,
  uptime,
  semi_sync_variables,
  semi_sync_status,
  processes,
  replica_status,
  binary_log_status,
  replicas
};
constexpr std::size_t question_count = 8;

std::string_view name_of(Question question) {
  switch (question) {
    case Question::facts: return "server variables";
    case Question::uptime: return "uptime";
    case Question::semi_sync_variables: return "semi-sync variables";
    case Question::semi_sync_status: return "semi-sync status";
    case Question::processes: return "process list";
    case Question::replica_status: return "replication status";
    case Question::binary_log_status: return "binary log position";
    case Question::replicas: return "list of replicas";
  }
  return "";
}

std::string statement_for(Question question, const mysql::Dialect& dialect) {
  switch (question) {
    case Question::facts: return dialect.select_facts();
    case Question::uptime: return dialect.show_uptime();
    case Question::semi_sync_variables: return mysql::show_semi_sync_variables(dialect);
    case Question::semi_sync_status: return mysql::show_semi_sync_status(dialect);
    case Question::processes: return dialect.select_processes(long_query_seconds);
    case Question::replica_status: return dialect.show_replica_status();
    case Question::binary_log_status: return dialect.show_binary_log_status();
    case Question::replicas: return dialect.show_replicas();
  }
  return {};
}

// Statements that a server refuses, so that the next read needs no extra round trip for them.
struct ServerMemory {
  std::set<Question> refused;
  SteadyTime since{};
  bool one_by_one = false;  // the server accepts no request with several statements
};

using Answers = std::array<mysql::Answer, question_count>;

mysql::Answer& at(Answers& answers, Question question) {
  return answers[static_cast<std::size_t>(question)];
}

mysql::Answer ask(mysql::Connection& connection, const std::string& statement) {
  try {
    return {connection.query(statement), std::nullopt};
  } catch (const mysql::SqlError& error) {
    if (error.connection_lost()) throw;
    return {{}, error};
  }
}

std::string first_group(const RE2* pattern, const std::string& text) {
  std::string group;
  if (pattern != nullptr) RE2::PartialMatch(text, *pattern, &group);
  return group;
}

std::unique_ptr<RE2> compile(const std::string& pattern) {
  return pattern.empty() ? nullptr : std::make_unique<RE2>(pattern, RE2::Quiet);
}

}  // namespace

struct Inspector::State {
  const LiveConfiguration& live;
  mysql::Pool& pool;
  HostNames& names;
  std::unique_ptr<RE2> data_center, physical_environment;
  inspect::CustomQueries custom;
  std::mutex mutex;
  std::unordered_map<InstanceKey, ServerMemory> memories;

  [[nodiscard]] const Configuration& configuration() const { return live.current(); }
  ServerMemory memory_of(const InstanceKey& key);
  void remember(const InstanceKey& key, const ServerMemory& memory);
  [[nodiscard]] bool lists_replicas(const mysql::Dialect& dialect) const;
  Instance read_over(mysql::Pool::Lease& lease, const InstanceKey& key, bool head, bool with_list,
                     SteadyTime deadline, bool is_brief);
  Answers ask_fixed(mysql::Connection& connection, const mysql::Dialect& dialect, ServerMemory& memory,
                    bool with_list);
  void note_reported_key(const mysql::ResultSet& facts, Instance& instance) const;
};

ServerMemory Inspector::State::memory_of(const InstanceKey& key) {
  const std::lock_guard lock(mutex);
  const auto found = memories.find(key);
  if (found == memories.end()) return {};
  if (std::chrono::steady_clock::now() - found->second.since > refusal_memory) {
    memories.erase(found);
    return {};
  }
  return found->second;
}

void Inspector::State::remember(const InstanceKey& key, const ServerMemory& memory) {
  const std::lock_guard lock(mutex);
  if (memory.refused.empty() && !memory.one_by_one) {
    memories.erase(key);
  } else {
    memories[key] = memory;
  }
}

bool Inspector::State::lists_replicas(const mysql::Dialect& dialect) const {
  return configuration().discover_by_show_slave_hosts && dialect.flavour() != mysql::Flavour::maxscale;
}

// Sends one request. Statements that were refused recently come last: a failure at the end costs no extra
// round trip.
Answers Inspector::State::ask_fixed(mysql::Connection& connection, const mysql::Dialect& dialect,
                                    ServerMemory& memory, bool with_list) {
  std::vector<Question> order{Question::facts};
  if (dialect.flavour() != mysql::Flavour::maxscale)
    order.insert(order.end(), {Question::uptime, Question::semi_sync_variables, Question::semi_sync_status,
                               Question::processes});
  order.push_back(Question::replica_status);
  order.push_back(Question::binary_log_status);
  if (with_list && lists_replicas(dialect)) order.push_back(Question::replicas);
  std::stable_partition(order.begin(), order.end(), [&](Question q) { return !memory.refused.contains(q); });

  std::vector<std::string> statements;
  statements.reserve(order.size());
  for (const auto question : order) statements.push_back(statement_for(question, dialect));

  std::vector<mysql::Answer> given;
  if (!memory.one_by_one) {
    given = connection.query_all(statements);
    // A proxy that accepts no multi-statement request reports a syntax error at the first word.
    memory.one_by_one = given.front().error.has_value();
  }
  if (memory.one_by_one) {
    given.clear();
    for (const auto& statement : statements) given.push_back(ask(connection, statement));
  }

  Answers answers;
  memory.refused.clear();
  memory.since = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (given[i].error) memory.refused.insert(order[i]);
    at(answers, order[i]) = std::move(given[i]);
  }
  return answers;
}

void Inspector::State::note_reported_key(const mysql::ResultSet& facts, Instance& instance) const {
  const std::string& method = configuration().mysql_hostname_resolve_method;
  std::string name;
  if (method == "@@report_host") name = facts[0].string_or("report_host");
  if (method == "@@hostname" || (method == "@@report_host" && name.empty()))
    name = instance.reported_hostname;
  if (name.empty() || name == instance.key.hostname()) return;
  if (const auto reported = InstanceKey::from_reported(name, instance.key.port())) {
    instance.reported_key = *reported;
    return;
  }
  instance.warnings.push_back(
      fmt::format("{} is \"{}\", which is not a host name: the instance keeps the name used to connect",
                  method, shown_text(name)));
}

Instance Inspector::State::read_over(mysql::Pool::Lease& lease, const InstanceKey& key, bool head,
                                     bool with_list, SteadyTime deadline, bool is_brief) {
  auto& connection = *lease;
  const auto dialect = mysql::Dialect::of(connection.server_version());
  auto memory = memory_of(key);
  Instance instance;
  instance.key = key;
  auto answers = ask_fixed(connection, dialect, memory, with_list);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

  auto& facts = at(answers, Question::facts);
  bool is_maxscale =
      dialect.flavour() == mysql::Flavour::maxscale && inspect::apply_maxscale_facts(facts.rows, instance);
  if (!is_maxscale && facts.error) {
    // A MaxScale that reports its servers' version rejects server-only variables.
    const auto probe = ask(connection, std::string(mysql::Dialect::show_maxscale_variables()));
    is_maxscale = !probe.error && inspect::apply_maxscale_facts(probe.rows, instance);
    if (!is_maxscale) throw *facts.error;
  }
  remember(key, memory);
  if (!is_maxscale) {
    inspect::apply_facts(facts.rows, instance);
    note_reported_key(facts.rows, instance);
  }
  instance.data_center = first_group(data_center.get(), instance.key.hostname());
  instance.physical_environment = first_group(physical_environment.get(), instance.key.hostname());

  for (const auto question : memory.refused) {
    if (question == Question::facts || (is_maxscale && question != Question::replica_status)) continue;
    instance.warnings.push_back(
        fmt::format("No {}: {}", name_of(question), at(answers, question).error->reason()));
  }
  if (const auto problem = connection.certificate_problem())
    instance.warnings.push_back(inspect::unverified_certificate(*problem));
  // Slow or malicious name servers can delay each of thousands of names. A read with little time throws here
  // and is repeated later with more time.
  const inspect::ResolveHost resolve = [&](const InstanceKey& reported) {
    auto resolved = names.resolve_until(reported, deadline);
    if (is_brief && resolved.problem && std::chrono::steady_clock::now() >= deadline)
      throw Error(Code::timeout, *resolved.problem);
    return std::move(resolved.key);
  };
  instance.replication_unread = at(answers, Question::replica_status).error.has_value();
  inspect::apply_uptime(at(answers, Question::uptime).rows, instance);
  inspect::apply_replica_status(at(answers, Question::replica_status).rows, resolve, instance);
  inspect::apply_binary_log_status(at(answers, Question::binary_log_status).rows, instance);
  if (!is_maxscale) {
    inspect::apply_semi_sync(at(answers, Question::semi_sync_variables),
                             at(answers, Question::semi_sync_status), instance);
    const auto dumping = inspect::apply_processes(at(answers, Question::processes).rows, now, instance);
    const auto& replicas = at(answers, Question::replicas);
    const bool listed = configuration().discover_by_show_slave_hosts && !replicas.error;
    if (with_list || !lists_replicas(dialect)) {
      inspect::apply_replica_hosts(listed ? &replicas.rows : nullptr, dumping, resolve, instance);
    } else {
      instance.replica_hosts_unread = true;
      instance.warnings.emplace_back("No list of replicas: what the server sent was malformed");
    }
    custom.ask(lease, head, deadline, instance);
  }
  return instance;
}

Inspector::Inspector(const LiveConfiguration& configuration, mysql::Pool& pool, HostNames& names)
    : state_(new State{configuration,
                       pool,
                       names,
                       compile(configuration.current().data_center_pattern),
                       compile(configuration.current().physical_environment_pattern),
                       inspect::CustomQueries(configuration, pool),
                       {},
                       {}}) {}

Inspector::~Inspector() = default;

Instance Inspector::read(const InstanceKey& key, bool heads_cluster, InspectionCost* cost,
                         std::optional<SteadyTime> end_by) {
  bool with_list = true;
  for (bool again = false;; again = true) {
    auto lease = state_->pool.acquire(key, for_a_free_one, end_by);
    const auto last = std::chrono::steady_clock::now() + state_->configuration().mysql_discovery_read_timeout;
    const auto deadline = std::min(last, end_by.value_or(last));
    lease->end_by(deadline);
    const auto before = lease->requests_sent();
    const auto count = [&] {
      if (cost == nullptr) return;
      cost->requests += lease->requests_sent() - before;
      cost->connected = cost->connected || !lease.reused();
    };
    try {
      auto instance = state_->read_over(lease, key, heads_cluster, with_list, deadline, end_by.has_value());
      count();
      return instance;
    } catch (const mysql::SqlError& error) {
      count();
      lease.spoil();
      // MySQL 5.6 omits a column of SHOW SLAVE HOSTS while a replica connects (MySQL bug 77195).
      if (error.is_malformed() && std::exchange(with_list, false)) continue;
      // A pooled connection may be stale, for example after a server restart; this is not a failure yet.
      const bool stale = lease.reused() && error.code() == Code::unreachable;
      if (!stale || again) throw;
      state_->pool.drop(key);
    } catch (...) {
      count();
      lease.spoil();
      throw;
    }
  }
}

std::optional<std::chrono::seconds> Inspector::measured_lag(const InstanceKey& key,
                                                            std::vector<std::string>& warnings) {
  const auto& configured = state_->configuration();
  if (configured.slave_lag_query.empty()) return std::nullopt;
  const auto deadline = std::chrono::steady_clock::now() + configured.mysql_discovery_read_timeout;
  Instance instance;
  instance.key = key;
  auto lease = state_->pool.acquire(key, for_a_free_one, deadline);
  state_->custom.ask_lag(lease, deadline, instance);
  std::ranges::move(instance.warnings, std::back_inserter(warnings));
  return instance.slave_lag;
}

}  // namespace topo
