#include "store/mysql_database.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "store/gate.h"
#include "store/mysql_session.h"
#include "store/mysql_trial.h"
#include "store/store_error.h"
#include "topo/mysql/interrupt.h"

namespace topo::store {
namespace {

constexpr std::size_t max_connections = 32, kept_connections = 4;
// Writes may wait for locked rows: some connections are reserved for reads.
constexpr std::size_t max_writes = max_connections / 2;
// Time limits for all statements of one use; a write may wait for locks of other nodes.
constexpr std::chrono::seconds read_time{10}, write_time{30};
constexpr unsigned max_deadlocks = 10;  // of one transaction

// The remedy for the server's error number; "" if the server's message is enough.
std::string advice(const mysql::SqlError& error, const mysql::ConnectionOptions& options) {
  switch (error.number()) {
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return fmt::format("give {} all privileges: GRANT ALL ON `{}`.* TO …", options.user, options.database);
    case ER_ACCESS_DENIED_ERROR:
      return "check MySQLOrchestratorUser and MySQLOrchestratorPassword, and from where it may log in";
    case ER_NO_DB_ERROR: return "set MySQLOrchestratorDatabase";
    case ER_BAD_DB_ERROR:
      return fmt::format("create it: CREATE DATABASE `{}`, and give {} all privileges on it",
                         options.database, options.user);
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_READ_ONLY_MODE:
      return "it is read-only; set MySQLOrchestratorHost to a server that can be written";
    case ER_DISK_FULL:
    case ER_OUT_OF_RESOURCES:
    case ER_RECORD_FILE_FULL: return "it has no space left; free some";
    case ER_LOCK_WAIT_TIMEOUT: return "another session holds the rows locked; see SHOW PROCESSLIST there";
    case ER_NO_SUCH_TABLE:
    case ER_BAD_FIELD_ERROR:
      return "restart with SkipOrchestratorDatabaseUpdate off, so that tables are made";
    default: return "";
  }
}

bool is_lasting(const mysql::SqlError& error) {
  switch (error.number()) {
    case ER_DISK_FULL:
    case ER_OUT_OF_RESOURCES:
    case ER_RECORD_FILE_FULL:
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_READ_ONLY_MODE: return true;
    default: return false;
  }
}

bool is_deadlock(const mysql::SqlError& error) {
  return error.number() == ER_LOCK_DEADLOCK;
}

// Random, so that transactions in a deadlock do not collide again; longer after each deadlock.
void pause_after(unsigned deadlocks) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<unsigned> milliseconds(0, 4 * deadlocks);
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
}

class MysqlDatabase : public Database {
 public:
  explicit MysqlDatabase(mysql::ConnectionOptions options)
      : options_(std::move(options)), hold_(std::make_shared<mysql::Interrupt>(options_.interrupt)) {
    options_.found_rows = true;
  }
  ~MysqlDatabase() override { ending_->raise(); }
  MysqlDatabase(const MysqlDatabase&) = delete;
  MysqlDatabase& operator=(const MysqlDatabase&) = delete;

  void read(const Work& work) override { with_session(work, read_time); }
  void write(const Work& work) override {
    bool may_be_stored = false;
    const auto in_its_time = [&](DatabaseSession& session) {
      for (unsigned deadlocks = 0;;) {
        try {
          return in_transaction(session, work, may_be_stored);
        } catch (const mysql::SqlError& error) {
          if (!is_deadlock(error) || ++deadlocks == max_deadlocks) throw;
          pause_after(deadlocks);
        }
      }
    };
    const WriteSlot coordinates(*this);
    try {
      with_session(in_its_time, write_time);
    } catch (const Error& error) {
      if (!may_be_stored) throw;
      throw StoreError(fmt::format("{}; it may be stored all the same", error.what()), false, true);
    }
  }

  // DDL statements commit by themselves: a lock keeps other processes out, and each step may be repeated.
  void migrate(const Work& work) override {
    const auto locked = [&](DatabaseSession& session) {
      const auto name = take_migration_lock(session);
      work(session);
      session.execute("DO RELEASE_LOCK(?)", {name});
    };
    // Without a time limit and past the gate, which table changes may shut.
    auto taken = new_session(options_.interrupt, std::nullopt);
    try {
      taken.session->begin_use(std::nullopt);
      locked(*taken.session);
    } catch (const mysql::SqlError& error) {
      throw as_error(error);
    }
  }

  Engine engine() const noexcept override { return Engine::mysql; }
  std::string describe() const override {
    return fmt::format("mysql {}/{}", options_.server.display(), options_.database);
  }
  std::optional<std::uint64_t> data_version() override { return std::nullopt; }
  std::uint64_t statements() const noexcept override { return statements_; }

 private:
  class WriteSlot {
   public:
    explicit WriteSlot(MysqlDatabase& database) : database_(database) {
      std::unique_lock lock(database_.mutex_);
      const auto is_free = [&] { return database_.writes_ < max_writes || database_.gate_.is_shut(); };
      if (!database_.written_.wait_for(lock, Gate::patience, is_free)) {
        throw database_.as_refusal(
            fmt::format("{} writes are waiting for it already; see SHOW PROCESSLIST there", max_writes));
      }
      ++database_.writes_;
    }
    ~WriteSlot() {
      const std::lock_guard lock(database_.mutex_);
      --database_.writes_;
      database_.written_.notify_one();
    }
    WriteSlot(const WriteSlot&) = delete;
    WriteSlot& operator=(const WriteSlot&) = delete;

   private:
    MysqlDatabase& database_;
  };

  static void in_transaction(DatabaseSession& session, const Work& work, bool& may_be_stored) {
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
    try {
      session.execute("COMMIT");
    } catch (const mysql::SqlError& error) {
      may_be_stored = error.connection_lost();
      throw;
    }
  }

  // The lock is released with the connection.
  std::string take_migration_lock(DatabaseSession& session) const {
    constexpr std::size_t max_name_bytes = 40;  // a lock's name has at most 64 characters
    constexpr int seconds_a_try = 5;            // less than the server may take to answer
    constexpr int tries = 24;
    auto name = "orchestrator_tables." + options_.database.substr(0, max_name_bytes);
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

  struct Taken {
    std::unique_ptr<MysqlSession> session;
    std::shared_ptr<const mysql::Interrupt> hold;
    bool kept = false;  // it was used before
  };

  Taken new_session(std::shared_ptr<const mysql::Interrupt> hold, std::optional<SteadyTime> end_by) {
    auto options = options_;
    options.end_by = end_by;
    options.interrupt = hold;
    return {std::make_unique<MysqlSession>(options, statements_), std::move(hold)};
  }

  Taken take(SteadyTime end_by) {
    std::shared_ptr<const mysql::Interrupt> hold;
    {
      const std::lock_guard lock(mutex_);
      hold = hold_;
      if (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return {std::move(session), std::move(hold), true};
      }
    }
    return new_session(std::move(hold), end_by);
  }

  StoreError as_error(const mysql::SqlError& error) const {
    const auto help = advice(error, options_);
    return {fmt::format("Backend {}: {}{}{}", describe(), error.what(), help.empty() ? "" : ": ", help),
            is_lasting(error)};
  }
  Error as_refusal(std::string_view why) const {
    return {Code::backend, fmt::format("Backend {}: {}", describe(), why)};
  }

  // A session that met an error is not kept: closing it ends whatever it left open.
  void with_session(const Work& work, std::chrono::seconds time) {
    std::optional<Gate::Pass> pass;
    try {
      pass.emplace(gate_);
    } catch (const Error& error) {
      throw as_refusal(error.what());
    }
    const auto end_by = std::chrono::steady_clock::now() + time;
    try {
      while (!tried_on_session(work, end_by)) drop_idle();
      pass->answered();
    } catch (const mysql::SqlError& error) {
      if (gate_.is_shut()) throw as_refusal(Gate::why_shut);
      if (error.code() == Code::timeout)
        pass->timed_out();
      else
        pass->answered();
      throw as_error(error);
    }
  }

  // Returns false if the idle connection had ended before anything was done.
  bool tried_on_session(const Work& work, SteadyTime end_by) {
    auto [session, hold, kept] = take(end_by);
    try {
      // A ping finds a hanging server: it takes no time itself, which a statement may.
      if (kept && !gate_.is_fresh()) session->ping(std::chrono::steady_clock::now() + Gate::patience);
      session->begin_use(end_by);
      work(*session);
    } catch (const mysql::SqlError& error) {
      if (kept && session->lost_at_once() && error.code() != Code::timeout && !hold->is_raised())
        return false;
      throw;
    }
    const std::lock_guard lock(mutex_);
    if (hold == hold_ && idle_.size() < kept_connections) idle_.push_back(std::move(session));
    return true;
  }

  bool answers() {
    auto options = options_;
    options.connect_timeout = options.read_timeout = Gate::trial_time;
    options.end_by = std::chrono::steady_clock::now() + Gate::trial_time;
    options.interrupt = ending_;
    return answers_in_earnest(options);
  }

  // Ends the waits of all current sessions; later ones are not affected.
  void give_up() noexcept {
    try {
      auto next = std::make_shared<mysql::Interrupt>(options_.interrupt);
      std::vector<std::unique_ptr<MysqlSession>> closing;
      const std::lock_guard lock(mutex_);
      closing.swap(idle_);
      hold_->raise();
      hold_ = std::move(next);
    } catch (const std::exception&) {  // no descriptors are left: the sessions wait until they time out
    }
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
  std::size_t writes_ = 0;  // running
  std::condition_variable written_;
  std::shared_ptr<mysql::Interrupt> hold_;           // of the sessions in use
  std::vector<std::unique_ptr<MysqlSession>> idle_;  // created with hold_
  Gate gate_{max_connections, [this] { return answers(); }, [this] { give_up(); }};
};

}  // namespace

std::unique_ptr<Database> open_mysql(mysql::ConnectionOptions options) {
  return std::make_unique<MysqlDatabase>(std::move(options));
}

}  // namespace topo::store
