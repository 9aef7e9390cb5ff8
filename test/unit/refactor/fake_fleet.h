// A fleet of servers made of memory, for what real ones cannot be made to do on demand: fail at each call in
// turn.
//
// A transaction is a number. A server has a binary log of them, and the rows that they left, which is the
// numbers in the order in which it executed them. Replicas execute nothing by themselves but in settle().
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "topo/refactor/servers.h"

namespace fake {

class Fleet : public topo::refactor::Servers {
 public:
  // Drawn as in support/picture.h. The topmost servers, and of a ring its first, have executed transactions
  // 1 … `transactions`; each replica has executed some fewer than its master, by its place among the servers.
  Fleet(std::string_view picture, int transactions);

  // What happens at the n-th call from now, counted from 0.
  enum class Fault {
    none,
    before,  // the call fails, and nothing was done
    after,   // all was done, but the answer is lost
    during,  // the answer is lost, and a server that was to run until a place still does; others: as `after`
    late,   // the answer is lost, and the server does it at the next settle(), unless the connection is ended
    death,  // the server is gone before it does anything, for good
    torn,  // the server goes down in the middle of a change of its master, and comes back with the new master
           // and the former place; other calls: as `before`
    lost_relay_logs,  // the same, but comes back with all as it was except its relay logs, which are gone
  };
  void fail_at(int call, Fault fault);
  // The same, and no later call gets through: whoever makes them has died. Until come_back().
  void die_at(int call, Fault fault);
  void come_back();
  [[nodiscard]] int calls() const;
  // The server that the fault befell; invalid: none yet.
  [[nodiscard]] topo::InstanceKey struck() const;

  topo::Instance read(const topo::InstanceKey& key) override;
  std::optional<std::chrono::seconds> measured_lag(const topo::InstanceKey&) override { return std::nullopt; }
  std::optional<bool> are_same(const topo::InstanceKey& one, const topo::InstanceKey& other) override {
    return one == other;
  }
  std::chrono::seconds uptime(const topo::InstanceKey& key) override;
  topo::refactor::Stand look(const topo::Instance& server, topo::refactor::Wanted wanted) override;
  topo::refactor::Stand stop(const topo::Instance& server, topo::refactor::Wanted wanted) override;
  topo::refactor::Stand start(const topo::Instance& server, topo::mysql::Threads threads) override;
  topo::refactor::Stand run_until(const topo::Instance& server, const topo::BinlogCoordinates& place,
                                  topo::refactor::Wanted wanted) override;
  topo::refactor::Stand wait_for(const topo::Instance& server, const topo::BinlogCoordinates& place) override;
  void change_master(const topo::Instance& server, const topo::mysql::MasterChange& change) override;
  void renew_relay_logs(const topo::Instance& server, const topo::mysql::MasterChange& change) override;
  void forget_master(const topo::Instance& server) override;
  void change_place(const topo::Instance& server, const topo::BinlogCoordinates& place,
                    std::optional<std::chrono::milliseconds> heartbeat) override;
  topo::refactor::Stand drain(const topo::Instance& server, topo::refactor::Wanted wanted) override;
  void skip_transaction(const topo::Instance& server) override;
  void set_read_only(const topo::Instance& server, bool read_only) override;
  void kill_query(const topo::Instance& server, std::uint64_t process) override;
  std::optional<bool> has_replication_account(const topo::Instance& server) override;
  std::vector<std::string> missing_privileges(const topo::Instance& server,
                                              const std::vector<topo::mysql::Task>& tasks) override;
  std::optional<topo::mysql::ReplicationAccount> replication_account(const topo::Instance& server) override;
  bool commits_out_of_order(const topo::Instance& server) override;
  std::unique_ptr<pgtid::EventReader> logs(const topo::Instance& server, topo::LogType type) override;
  std::string connection_to(const topo::InstanceKey& key) override;
  void end_connection(const topo::InstanceKey& key, const std::string& name) override;

  // From now on, before each call the master of all is written to and each replica that runs executes
  // something.
  void be_lively();

  // Also of servers that died; without counting as a call.
  [[nodiscard]] std::map<topo::InstanceKey, topo::Instance> all() const;
  // One more transaction.
  void write(const topo::InstanceKey& key);
  // Somebody else moves it, to go on at the same place.
  void move_behind_the_back(const topo::InstanceKey& key, const topo::InstanceKey& master);
  void commit_out_of_order(const topo::InstanceKey& key);
  // Its replicas cannot log in to it.
  void refuse_logins(const topo::InstanceKey& key);
  // What it says of its account to replicate with, which without this is there; of that of its replica; and
  // what this program may not do there.
  void set_account(const topo::InstanceKey& key, std::optional<bool> has_account);
  void set_credentials(const topo::mysql::ReplicationAccount& account) { credentials_ = account; }
  void take_privilege(const topo::InstanceKey& key, const std::string& privilege);
  // With what it was last told to replicate; nullopt: nothing was said of that.
  [[nodiscard]] std::optional<topo::mysql::ReplicationAccount> account(const topo::InstanceKey& key) const;
  // Lets all whose threads run execute what there is, until nothing is left.
  void settle();
  [[nodiscard]] std::vector<int> rows(const topo::InstanceKey& key) const;
  [[nodiscard]] bool is_running(const topo::InstanceKey& key) const;
  [[nodiscard]] topo::InstanceKey master(const topo::InstanceKey& key) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> heartbeat(const topo::InstanceKey& key) const;

 private:
  struct Server {
    topo::Instance facts;  // without channels
    std::vector<int> log, rows;
    bool is_replica = false;
    topo::InstanceKey master;
    std::size_t executed = 0;  // transactions of the log of the master, or of another server
    topo::InstanceKey torn_from{};
    std::chrono::seconds uptime{3600};
    bool io = false, sql = false;
    std::optional<std::size_t> until{};  // the SQL thread ends when so many are executed
    bool is_detached = false;
    std::chrono::milliseconds heartbeat{0};
    bool is_dead = false, refuses_logins = false, commits_out_of_order = false;
    bool has_lost_relay_logs = false, has_no_place = false;
    std::optional<bool> has_account = true;
    std::optional<topo::mysql::ReplicationAccount> account{};
    std::vector<std::string> missing{};
  };

  Server& at(const topo::InstanceKey& key);
  [[nodiscard]] const Server& at(const topo::InstanceKey& key) const;
  template <typename Work>
  auto call(const topo::InstanceKey& key, const Work& work);
  [[nodiscard]] topo::Instance shown(const Server& server) const;
  [[nodiscard]] topo::refactor::Stand stand(const Server& server, topo::refactor::Wanted wanted = {}) const;
  void execute_next(Server& server);
  static void append(Server& server);
  bool advance();

  mutable std::mutex mutex_;
  std::map<topo::InstanceKey, Server> servers_;
  int calls_ = 0, fault_at_ = -1;
  Fault fault_ = Fault::none;
  bool is_lively_ = false;
  std::function<void()> late_;  // what a server has still to do
  bool caller_dies_ = false, caller_is_dead_ = false;
  topo::InstanceKey struck_;
  std::optional<topo::mysql::ReplicationAccount> credentials_;
};

}  // namespace fake
