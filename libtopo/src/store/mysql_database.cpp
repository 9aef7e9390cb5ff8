#include "store/mysql_database.h"

#include <fmt/format.h>

#include <mutex>
#include <random>
#include <thread>

#include "store/gate.h"
#include "store/mysql_session.h"
#include "topo/mysql/interrupt.h"

namespace topo::store {
namespace {

constexpr std::size_t most_connections = 32, kept_connections = 4;
// Of all that is asked for at once; a write may wait for locks of other nodes.
constexpr std::chrono::seconds read_time{10}, write_time{30};
constexpr unsigned most_deadlocks = 10;  // of one transaction

// What the server's number asks for; "" when its own words do.
std::string advice(const mysql::SqlError& error, const mysql::ConnectionOptions& options) {
  switch (error.number()) {
    case 1044:
    case 1142:
    case 1143:
    case 1227:
      return fmt::format("give {} all privileges: GRANT ALL ON `{}`.* TO …", options.user, options.database);
    case 1045:
      return "check MySQLOrchestratorUser and MySQLOrchestratorPassword, and from where it may log in";
    case 1046: return "set MySQLOrchestratorDatabase";
    case 1049:
      return fmt::format("create it: CREATE DATABASE `{}`, and give {} all privileges on it",
                         options.database, options.user);
    case 1290:
    case 1836: return "it is read-only; set MySQLOrchestratorHost to a server that can be written";
    case 1021:
    case 1041:
    case 1114: return "it has no room left; make some";
    case 1205: return "another session holds the rows locked; see SHOW PROCESSLIST there";
    case 1146:
    case 1054: return "restart with SkipOrchestratorDatabaseUpdate off, so that tables are made";
    default: return "";
  }
}

bool is_deadlock(const mysql::SqlError& error) {
  return error.number() == 1213;
}

// Those that met in a deadlock are not to meet again: each waits for another while, the longer the more
// often.
void pause_after(unsigned deadlocks) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<unsigned> milliseconds(0, 4 * deadlocks);
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
}

class MysqlDatabase : public Database {
 public:
  explicit MysqlDatabase(mysql::ConnectionOptions options) : options_(std::move(options)) {
    options_.found_rows = true;
  }
  ~MysqlDatabase() override { ending_->raise(); }
  MysqlDatabase(const MysqlDatabase&) = delete;
  MysqlDatabase& operator=(const MysqlDatabase&) = delete;

  void read(const Work& work) override { with_session(work, read_time); }
  void write(const Work& work) override {
    const auto in_its_time = [&](Session& session) {
      for (unsigned deadlocks = 0;;) {
        try {
          return in_transaction(session, work);
        } catch (const mysql::SqlError& error) {
          if (!is_deadlock(error) || ++deadlocks == most_deadlocks) throw;
          pause_after(deadlocks);
        }
      }
    };
    with_session(in_its_time, write_time);
  }

  // Statements that change the schema commit by themselves: a lock keeps other processes away, and each step
  // may be repeated.
  void migrate(const Work& work) override {
    const auto locked = [&](Session& session) {
      const auto name = take_migration_lock(session);
      work(session);
      session.execute("DO RELEASE_LOCK(?)", {name});
    };
    with_session(locked, std::nullopt);
  }

  Engine engine() const noexcept override { return Engine::mysql; }
  std::string describe() const override {
    return fmt::format("mysql {}/{}", options_.server.display(), options_.database);
  }
  std::optional<std::uint64_t> data_version() override { return std::nullopt; }
  std::uint64_t statements() const noexcept override { return statements_; }

 private:
  static void in_transaction(Session& session, const Work& work) {
    session.execute("START TRANSACTION");
    try {
      work(session);
    } catch (...) {
      try {
        session.execute("ROLLBACK");
      } catch (const Error&) {  // the connection is gone, and the transaction with it
      }
      throw;
    }
    session.execute("COMMIT");
  }

  // Goes with the connection.
  std::string take_migration_lock(Session& session) const {
    constexpr std::size_t most_of_name = 40;  // a lock's name has at most 64 characters
    constexpr int seconds_a_try = 5;          // less than the server may take to answer
    constexpr int tries = 24;
    auto name = "orchestrator_tables." + options_.database.substr(0, most_of_name);
    for (int i = 0; i < tries; ++i) {
      bool taken = false;
      session.query("SELECT GET_LOCK(?, ?)", {name, std::int64_t{seconds_a_try}},
                    [&](const RowView& row) { taken = row.number(0) == 1; });
      if (taken) return name;
    }
    throw Error(Code::backend,
                fmt::format("Backend {}: another process has been changing its tables for {} seconds; see "
                            "SHOW PROCESSLIST there",
                            describe(), tries * seconds_a_try));
  }

  std::unique_ptr<MysqlSession> take(bool& kept, std::optional<SteadyTime> end_by) {
    {
      const std::lock_guard lock(mutex_);
      kept = !idle_.empty();
      if (kept) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    auto options = options_;
    options.end_by = end_by;
    return std::make_unique<MysqlSession>(options, statements_);
  }

  // A session in which something failed is not kept: whatever it left open ends with it.
  void with_session(const Work& work, std::optional<std::chrono::seconds> time) {
    std::optional<Gate::Pass> pass;
    try {
      pass.emplace(gate_);
    } catch (const Error& error) {
      throw Error(Code::backend, fmt::format("Backend {}: {}", describe(), error.what()));
    }
    const auto end_by = time ? std::optional(std::chrono::steady_clock::now() + *time) : std::nullopt;
    try {
      while (!tried_on_session(work, end_by)) drop_idle();
      pass->answered();
    } catch (const mysql::SqlError& error) {
      if (error.code() == Code::timeout)
        pass->timed_out();
      else
        pass->answered();
      const auto help = advice(error, options_);
      throw Error(Code::backend, fmt::format("Backend {}: {}{}{}", describe(), error.what(),
                                             help.empty() ? "" : ": ", help));
    }
  }

  // False: the connection had been kept and had ended while it was idle; nothing was done.
  bool tried_on_session(const Work& work, std::optional<SteadyTime> end_by) {
    bool kept = false;
    auto session = take(kept, end_by);
    try {
      // What hangs is noticed by a question that takes no time, not by one that may.
      if (kept && !gate_.is_fresh()) session->ping(std::chrono::steady_clock::now() + Gate::patience);
      session->begin_use(end_by);
      work(*session);
    } catch (const mysql::SqlError& error) {
      if (kept && session->lost_at_once() && error.code() != Code::timeout) return false;
      throw;
    }
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kept_connections) idle_.push_back(std::move(session));
    return true;
  }

  // Whatever it says.
  bool answers() {
    auto options = options_;
    options.connect_timeout = options.read_timeout = Gate::patience;
    const auto end_by = std::chrono::steady_clock::now() + Gate::patience;
    options.end_by = end_by;
    options.interrupt = ending_;
    try {
      MysqlSession(options, statements_).ping(end_by);
    } catch (const mysql::SqlError& error) {
      return error.code() != Code::timeout;
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  void drop_idle() {
    std::vector<std::unique_ptr<MysqlSession>> closing;
    const std::lock_guard lock(mutex_);
    closing.swap(idle_);
  }

  mysql::ConnectionOptions options_;
  const std::shared_ptr<mysql::Interrupt> ending_ = std::make_shared<mysql::Interrupt>();
  std::atomic<std::uint64_t> statements_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<MysqlSession>> idle_;
  Gate gate_{most_connections, [this] { return answers(); }};
};

}  // namespace

std::unique_ptr<Database> open_mysql(mysql::ConnectionOptions options) {
  return std::make_unique<MysqlDatabase>(std::move(options));
}

}  // namespace topo::store
