#include "refactor/fake_fleet.h"

#include <fmt/format.h>

#include <algorithm>

#include "pgtid/recorded_logs.h"
#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/model/gtid_set.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/semi_sync.h"
#include "topo/topology/rules.h"

namespace fake {
namespace {

using topo::BinlogCoordinates;
using topo::Code;
using topo::Error;
using topo::Instance;
using topo::InstanceKey;
using topo::SemiSyncChange;
using topo::ThreadState;
using topo::refactor::ReplicationState;
using topo::refactor::WantedState;

constexpr std::chrono::milliseconds usual_heartbeat{2500};
constexpr std::chrono::milliseconds default_heartbeat{5000};  // its value after a change of the master

// Each server names its log after itself, so that coordinates in one log are invalid in any other.
std::string log_file(const InstanceKey& key) {
  return key.hostname() + "-bin.000001";
}
constexpr std::uint64_t head = 100, step = 10;

BinlogCoordinates coordinates(const InstanceKey& key, std::size_t transactions) {
  return {log_file(key), head + step * transactions};
}
std::size_t index_of(const BinlogCoordinates& coordinates, const InstanceKey& key) {
  if (coordinates.file != log_file(key) || coordinates.position < head ||
      (coordinates.position - head) % step != 0)
    throw Error(Code::sql,
                fmt::format("{} is not a place in the log of {}", coordinates.display(), key.display()));
  return (coordinates.position - head) / step;
}

}  // namespace

Fleet::Fleet(std::string_view picture, int transactions) {
  const auto drawn = picture::instances(picture);
  for (const auto& known : drawn) {
    Server server;
    server.facts = known.instance;
    server.facts.channels.clear();
    server.is_replica = known.instance.is_replica();
    server.master = known.instance.master_key().value_or(InstanceKey{});
    server.io = server.sql = server.is_replica;
    server.heartbeat = usual_heartbeat;
    servers_[known.instance.key] = server;
  }
  // Masters first.
  for (std::size_t round = 0; round < drawn.size(); ++round) {
    for (auto& [key, server] : servers_) {
      if (!server.rows.empty()) continue;
      const auto master = servers_.find(server.master);
      const bool is_first_of_ring = key == drawn.front().instance.key;
      if (!server.is_replica || master == servers_.end() || is_first_of_ring) {
        for (int transaction = 1; transaction <= transactions; ++transaction) {
          server.log.push_back(transaction);
          server.rows.push_back(transaction);
        }
      } else if (!master->second.log.empty()) {
        const auto there = std::find_if(drawn.begin(), drawn.end(), [&, own = key](const auto& known) {
          return known.instance.key == own;
        });
        const auto behind = static_cast<std::size_t>(there - drawn.begin()) % 4;
        const auto& log = master->second.log;
        server.executed = log.size() - std::min(behind, log.size() - 1);
        server.rows.assign(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(server.executed));
        server.log = server.rows;
      }
    }
  }
  // In a ring, the first server has received back only older transactions of the other.
  auto& first = servers_[drawn.front().instance.key];
  if (first.is_replica) first.executed = at(first.master).log.size() / 2;
}

void Fleet::fail_at(int call, Fault fault) {
  const std::lock_guard lock(mutex_);
  calls_ = 0;
  fault_at_ = call;
  fault_ = fault;
}

void Fleet::die_at(int call, Fault fault) {
  fail_at(call, fault);
  const std::lock_guard lock(mutex_);
  caller_dies_ = true;
}

void Fleet::come_back() {
  const std::lock_guard lock(mutex_);
  caller_dies_ = caller_is_dead_ = false;
  fault_ = Fault::none;
}

int Fleet::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

InstanceKey Fleet::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}

Fleet::Server& Fleet::at(const InstanceKey& key) {
  const auto found = servers_.find(key);
  if (found == servers_.end())
    throw topo::mysql::SqlError(Code::unreachable, 2003, fmt::format("Cannot connect to {}", key.display()),
                                "");
  return found->second;
}

const Fleet::Server& Fleet::at(const InstanceKey& key) const {
  return servers_.at(key);
}

template <typename Work>
auto Fleet::call(const InstanceKey& key, const Work& work) {
  const std::lock_guard lock(mutex_);
  auto& server = at(key);
  if (is_lively_) {
    const auto writable =
        std::ranges::find_if(servers_, [](const auto& one) { return !one.second.facts.read_only; });
    if (writable != servers_.end()) append(writable->second);
    advance();
  }
  const bool is_struck = fault_ != Fault::none && calls_++ == fault_at_;
  if (caller_is_dead_) throw Error(Code::unreachable, "the caller is dead");
  if (is_struck) struck_ = key;
  caller_is_dead_ = is_struck && caller_dies_;
  if (is_struck && fault_ == Fault::death) server.is_dead = true;
  if (server.is_dead ||
      (is_struck && (fault_ == Fault::before || fault_ == Fault::torn || fault_ == Fault::lost_relay_logs)))
    throw Error(Code::unreachable, fmt::format("{}: the connection is lost", key.display()));
  // A lost connection is ended before the next one is used.
  if (!is_struck && fault_ == Fault::late && key == struck_ && !caller_dies_) late_ = nullptr;
  if (is_struck && fault_ == Fault::late) {
    late_ = [work, &server] { static_cast<void>(work(server)); };
    throw Error(Code::unreachable, fmt::format("{}: the answer is lost", key.display()));
  }
  auto result = work(server);
  if (is_struck) throw Error(Code::unreachable, fmt::format("{}: the answer is lost", key.display()));
  return result;
}

Instance Fleet::shown(const Server& server) const {
  Instance instance = server.facts;
  instance.self_coordinates = coordinates(server.facts.key, server.log.size());
  if (server.is_replica) {
    topo::ReplicationChannel channel;
    channel.master = server.master;
    const auto master = servers_.find(server.master);
    const bool connects =
        master != servers_.end() && !master->second.is_dead && !master->second.refuses_logins;
    channel.io_thread = !server.io ? ThreadState::stopped
                        : connects ? ThreadState::running
                                   : ThreadState::other;
    if (server.io && !connects) channel.last_io_error = "error connecting to master";
    channel.relay = {"relay.000002", 300, topo::LogType::relay};
    channel.sql_delay = server.delay;
    channel.sql_thread = server.sql ? ThreadState::running : ThreadState::stopped;
    channel.read = channel.exec =
        coordinates(server.torn_from.valid() ? server.torn_from : server.master, server.executed);
    if (server.has_no_place) channel.read = channel.exec = {};
    if (server.is_detached) channel.exec = topo::detached_coordinates(channel.exec);
    if (server.io && server.sql) channel.seconds_behind_master = std::chrono::seconds(0);
    instance.channels = {std::move(channel)};
  }
  return instance;
}

ReplicationState Fleet::replication(const Server& server, WantedState wanted) const {
  const auto instance = shown(server);
  ReplicationState replication;
  if (!instance.channels.empty()) replication.channel = instance.channels.front();
  if (wanted.log_end) replication.log_end = instance.self_coordinates;
  if (wanted.heartbeat && server.is_replica) replication.heartbeat = server.heartbeat;
  if (wanted.gtids) {
    replication.executed_gtid_set = instance.executed_gtid_set;
    replication.logged_gtids = instance.logged_gtids;
  }
  return replication;
}

Instance Fleet::read(const InstanceKey& key) {
  return call(key, [this](const Server& server) { return shown(server); });
}

std::chrono::seconds Fleet::uptime(const InstanceKey& key) {
  return call(key, [](const Server& server) { return server.uptime; });
}

ReplicationState Fleet::look(const Instance& server, WantedState wanted) {
  return call(server.key, [=, this](const Server& found) { return replication(found, wanted); });
}

ReplicationState Fleet::stop(const Instance& server, WantedState wanted) {
  return call(server.key, [=, this](Server& found) {
    found.io = found.sql = false;
    found.until.reset();
    return replication(found, wanted);
  });
}

ReplicationState Fleet::start(const Instance& server, topo::mysql::Threads threads) {
  return call(server.key, [=, this](Server& found) {
    if (!found.is_replica) throw Error(Code::sql, "it is not configured as a replica");
    if (found.torn_from.valid()) throw Error(Code::sql, "it stands at a place of another log");
    if (found.has_no_place) throw Error(Code::sql, "it would begin at the beginning");
    if (found.has_lost_relay_logs)
      throw topo::mysql::SqlError(Code::sql, topo::refactor::relay_logs_are_broken, "no relay logs", "");
    if (found.facts.gtid_mode == "ON" && found.facts.executed_gtid_set.empty()) found.executed = 0;
    found.io = found.io || threads != topo::mysql::Threads::sql;
    found.sql = found.sql || threads != topo::mysql::Threads::io;
    return replication(found);
  });
}

void Fleet::execute_next(Server& server) {
  const auto& log = at(server.master).log;
  if (server.executed >= log.size()) throw Error(Code::sql, "there is no more in the master's log");
  const int transaction = log[server.executed++];
  server.rows.push_back(transaction);
  server.log.push_back(transaction);
}

ReplicationState Fleet::run_until(const Instance& server, const BinlogCoordinates& coordinates,
                                  WantedState wanted) {
  return call(server.key, [=, this](Server& found) {
    if (found.io || found.sql) throw Error(Code::sql, "it runs already");
    const auto target = index_of(coordinates, found.master);
    if (at(found.master).is_dead)
      throw Error(Code::timeout, "it was to replicate until there, but is not there");
    if (fault_ == Fault::during && struck_ == server.key && calls_ == fault_at_ + 1) {
      found.io = found.sql = true;
      found.until = target;
      return replication(found, wanted);
    }
    while (found.executed < target) execute_next(found);
    return replication(found, wanted);
  });
}

ReplicationState Fleet::wait_for(const Instance& server, const BinlogCoordinates& coordinates) {
  return call(server.key, [=, this](Server& found) {
    const auto target = index_of(coordinates, found.master);
    while (found.executed < target && advance()) {
    }
    if (found.executed < target) throw Error(Code::timeout, "it was to come there, and is not there");
    return replication(found);
  });
}

void Fleet::change_master(const Instance& server, const topo::mysql::MasterChange& change) {
  {
    const std::lock_guard lock(mutex_);
    auto& found = at(server.key);
    if (fault_ == Fault::torn && calls_ == fault_at_ && found.is_replica && found.master != change.master) {
      found.torn_from = found.master;
      found.master = change.master;
      found.uptime = std::chrono::seconds(0);
    }
    if (fault_ == Fault::lost_relay_logs && calls_ == fault_at_ && found.is_replica) {
      found.has_lost_relay_logs = true;
      found.uptime = std::chrono::seconds(0);
    }
  }
  static_cast<void>(call(server.key, [=](Server& found) {
    if (found.io || found.sql) throw Error(Code::sql, "it must be stopped first");
    const auto real = topo::attached_coordinates(change.from.value());
    found.is_detached = real.has_value();
    found.executed = index_of(real.value_or(*change.from), change.master);
    found.torn_from = {};
    found.has_no_place = false;
    found.master = change.master;
    found.is_replica = true;
    found.heartbeat = change.heartbeat.value_or(default_heartbeat);
    found.account = change.account;
    return 0;
  }));
}

void Fleet::renew_relay_logs(const Instance& server, const topo::mysql::MasterChange& change) {
  static_cast<void>(call(server.key, [](Server& found) {
    if (found.io || found.sql) throw Error(Code::sql, "it must be stopped first");
    found.has_lost_relay_logs = false;
    found.has_no_place = true;
    return 0;
  }));
  change_master(server, change);
}

void Fleet::forget_master(const Instance& server) {
  static_cast<void>(call(server.key, [=](Server& found) {
    if (found.io || found.sql) throw Error(Code::sql, "it must be stopped first");
    found.is_replica = false;
    found.master = {};
    found.executed = 0;
    return 0;
  }));
}

void Fleet::change_coordinates(const Instance& server, const BinlogCoordinates& coordinates,
                               std::optional<std::chrono::milliseconds> heartbeat) {
  static_cast<void>(call(server.key, [=](Server& found) {
    if (found.io || found.sql) throw Error(Code::sql, "it must be stopped first");
    const auto real = topo::attached_coordinates(coordinates);
    found.is_detached = real.has_value();
    found.executed = index_of(real.value_or(coordinates), found.master);
    found.heartbeat = heartbeat.value_or(default_heartbeat);
    return 0;
  }));
}

ReplicationState Fleet::drain(const Instance& server, WantedState wanted, const IsNeedless& /*is_needless*/) {
  wanted.log_end = true;
  return call(server.key, [=, this](Server& found) {
    found.io = found.sql = false;
    return replication(found, wanted);
  });
}

void Fleet::set_delay(const Instance& server, std::chrono::seconds delay) {
  static_cast<void>(call(server.key, [=](Server& found) {
    found.io = found.sql = false;
    found.delay = delay;
    return 0;
  }));
}

ReplicationState Fleet::resume(const Instance& server, WantedState wanted) {
  const auto* former = server.replication();
  return call(server.key, [=, this](Server& found) {
    found.io = former != nullptr && former->io_thread != ThreadState::stopped;
    found.sql = former != nullptr && former->sql_thread != ThreadState::stopped;
    return replication(found, wanted);
  });
}

bool Fleet::commits_out_of_order(const Instance& server) {
  return call(server.key, [](const Server& found) { return found.commits_out_of_order; });
}

// Each transaction is a Pseudo-GTID entry.
std::unique_ptr<pgtid::EventReader> Fleet::logs(const Instance& server, topo::LogType type) {
  return call(server.key, [key = server.key, type](const Server& found) {
    auto logs = std::make_unique<pgtid::RecordedLogs>();
    logs->add_file(log_file(key));
    if (type == topo::LogType::relay) return logs;
    logs->add({4, head, found.facts.server_id, "Format_desc", "Server ver: 5.6.24"});
    for (std::size_t i = 0; i < found.log.size(); ++i) {
      const auto text = fmt::format("entry {}", found.log[i]);
      logs->add({head + step * i, head + step * (i + 1), 1, "Query", text});
    }
    return logs;
  });
}

void Fleet::skip_transaction(const Instance& server) {
  static_cast<void>(call(server.key, [](Server& found) { return ++found.executed; }));
}

void Fleet::inject_empty(const Instance& server, const std::string& gtids) {
  static_cast<void>(call(server.key, [=](Server& found) {
    auto& executed = found.facts.executed_gtid_set;
    executed = topo::GtidSet::parse(executed).united(topo::GtidSet::parse(gtids)).text();
    return 0;
  }));
}

void Fleet::reset_gtids(const Instance& server, const std::string&, const std::string& wanted) {
  {
    const std::lock_guard lock(mutex_);
    auto& found = at(server.key);
    if (fault_ == Fault::torn && calls_ == fault_at_) {
      found.facts.executed_gtid_set.clear();
      found.io = found.sql = false;
    }
  }
  static_cast<void>(call(server.key, [=](Server& found) {
    if (found.io || found.sql) throw Error(Code::sql, "it must be stopped first");
    found.facts.executed_gtid_set = wanted;
    return 0;
  }));
}

void Fleet::set_read_only(const Instance& server, bool read_only, bool) {
  static_cast<void>(call(server.key, [=](Server& found) { return found.facts.read_only = read_only; }));
}

topo::refactor::QuietLogEnd Fleet::quiet_log_end(const Instance& server) {
  return {look(server, {.log_end = true}).log_end, "", ""};
}

void Fleet::set_semi_sync(const Instance& server, const SemiSyncChange& change) {
  static_cast<void>(call(server.key, [&](Server& found) {
    auto& semi_sync = found.facts.semi_sync;
    if (!semi_sync) throw Error(Code::refused, "its plugin is not loaded");
    semi_sync = topo::mysql::with_change(*semi_sync, change);
    return 0;
  }));
}

bool Fleet::runs_events(const Instance& server) {
  return call(server.key, [](const Server& found) { return found.runs_events; });
}

void Fleet::stop_events(const Instance& server) {
  static_cast<void>(call(server.key, [](Server& found) { return found.runs_events = false; }));
}

void Fleet::start_events(const Instance& server) {
  static_cast<void>(call(server.key, [](Server& found) { return found.runs_events = true; }));
}

std::size_t Fleet::prepared_transactions(const Instance& server) {
  return call(server.key, [](const Server& found) { return found.prepared; });
}

void Fleet::prepare_transactions(const InstanceKey& key, std::size_t count) {
  const std::lock_guard lock(mutex_);
  at(key).prepared = count;
}

void Fleet::end_clients(const Instance& server) {
  static_cast<void>(call(server.key, [](Server&) { return 0; }));
}

void Fleet::kill_query(const Instance& server, std::uint64_t) {
  static_cast<void>(call(server.key, [&](Server&) { return 0; }));
}

std::map<InstanceKey, Instance> Fleet::all() const {
  const std::lock_guard lock(mutex_);
  std::map<InstanceKey, Instance> instances;
  for (const auto& [key, server] : servers_) instances[key] = shown(server);
  return instances;
}

void Fleet::be_lively() {
  const std::lock_guard lock(mutex_);
  is_lively_ = true;
}

void Fleet::append(Server& server) {
  const int transaction = static_cast<int>(server.rows.size()) + 1;
  server.log.push_back(transaction);
  server.rows.push_back(transaction);
}

void Fleet::make_read_only(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  at(key).facts.read_only = true;
}

void Fleet::have_semi_sync(const InstanceKey& key, const topo::SemiSync& semi_sync) {
  const std::lock_guard lock(mutex_);
  at(key).facts.semi_sync = semi_sync;
}

InstanceKey Fleet::writer() const {
  const std::lock_guard lock(mutex_);
  const auto writable =
      std::ranges::find_if(servers_, [](const auto& one) { return !one.second.facts.read_only; });
  return writable == servers_.end() ? servers_.begin()->first : writable->first;
}

void Fleet::write(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  append(at(key));
}

void Fleet::move_behind_the_back(const InstanceKey& key, const InstanceKey& master) {
  const std::lock_guard lock(mutex_);
  at(key).master = master;
}

void Fleet::commit_out_of_order(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  at(key).commits_out_of_order = true;
}

void Fleet::have_errant(const InstanceKey& key, const std::string& errant) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, server] : servers_) {
    auto& facts = server.facts;
    facts.version = "9.7.0";
    facts.gtid_mode = "ON";
    facts.executed_gtid_set = "aaaaaaaa-1111-1111-1111-111111111111:1-10";
    if (name != key) continue;
    facts.executed_gtid_set += "," + errant;
    facts.errant_gtids = errant;
  }
}

void Fleet::refuse_logins(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  at(key).refuses_logins = true;
}

void Fleet::set_account(const InstanceKey& key, std::optional<bool> has_account) {
  const std::lock_guard lock(mutex_);
  at(key).has_account = has_account;
}

void Fleet::take_privilege(const InstanceKey& key, const std::string& privilege) {
  const std::lock_guard lock(mutex_);
  at(key).missing.push_back(privilege);
}

std::optional<topo::mysql::ReplicationAccount> Fleet::account(const InstanceKey& key) const {
  const std::lock_guard lock(mutex_);
  return at(key).account;
}

std::optional<bool> Fleet::has_replication_account(const Instance& server) {
  return call(server.key, [](const Server& found) { return found.has_account; });
}

std::vector<std::string> Fleet::missing_privileges(const Instance& server,
                                                   const std::vector<topo::mysql::Task>&) {
  return call(server.key, [](const Server& found) { return found.missing; });
}

std::optional<topo::mysql::ReplicationAccount> Fleet::replication_account(const Instance& server) {
  return call(server.key, [this](const Server&) { return credentials_; });
}

std::string Fleet::connection_to(const InstanceKey& key) {
  return "to " + key.display();
}

void Fleet::end_connection(const InstanceKey& key, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (key == struck_ && name == "to " + key.display()) late_ = nullptr;
}

void Fleet::repair() {
  const std::lock_guard lock(mutex_);
  try {
    if (const auto work = std::exchange(late_, nullptr)) work();
  } catch (const Error&) {  // no caller is left to get it
  }
  while (advance()) {
  }
}

bool Fleet::advance() {
  bool has_advanced = false;
  for (auto& [key, server] : servers_) {
    if (server.until && server.executed >= *server.until) server.sql = false;
    if (server.io && server.torn_from.valid())
      throw Error(Code::sql, "it replicates from a place of another log");
    if (!server.is_replica || !server.io || !server.sql || server.is_detached || server.is_dead) continue;
    const auto& master = at(server.master);
    if (master.is_dead || master.refuses_logins || server.executed >= master.log.size()) continue;
    // A co-master skips its own transactions when they come back.
    const int next = master.log[server.executed];
    const auto master_of_master = servers_.find(master.master);
    const bool is_ring = master.is_replica && master_of_master != servers_.end() && master.master == key;
    if (is_ring && std::find(server.rows.begin(), server.rows.end(), next) != server.rows.end())
      ++server.executed;
    else
      execute_next(server);
    has_advanced = true;
  }
  return has_advanced;
}

std::vector<int> Fleet::rows(const InstanceKey& key) const {
  const std::lock_guard lock(mutex_);
  return at(key).rows;
}

bool Fleet::is_running(const InstanceKey& key) const {
  const std::lock_guard lock(mutex_);
  return at(key).io && at(key).sql;
}

std::optional<InstanceKey> Fleet::master(const InstanceKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto& master = at(key).master;
  return master.valid() ? std::optional(master) : std::nullopt;
}

std::optional<std::chrono::milliseconds> Fleet::heartbeat(const InstanceKey& key) const {
  const std::lock_guard lock(mutex_);
  if (!at(key).is_replica) return std::nullopt;
  return at(key).heartbeat;
}

}  // namespace fake
