#include "store/sqlite_database.h"

#include <fmt/format.h>

#include <mutex>

#include "store/sqlite_file.h"
#include "store/sqlite_session.h"

namespace topo::store {
namespace {

constexpr std::size_t kept_readers = 8;

// As many handles for reading as are in use at once, one for writing, one to detect changes. All are closed
// when the file is replaced, or when a handle meets an error of the file.
class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string file, SqliteSession::Waiting waiting)
      : file_(std::move(file)), waiting_(std::move(waiting)) {
    make_sqlite_file(file_);
    opened_ = identity_of(file_);
  }

  void read(const Work& work) override {
    auto reader = take_reader();
    try {
      work(*reader.session);
    } catch (const SqliteError& error) {
      if (error.concerns_file()) forget_handles();
      throw;
    }
    const std::lock_guard lock(readers_mutex_);
    if (reader.generation == generation_ && readers_.size() < kept_readers)
      readers_.push_back(std::move(reader.session));
  }

  void write(const Work& work) override { in_transaction("BEGIN IMMEDIATE", work); }
  void migrate(const Work& work) override { in_transaction("BEGIN EXCLUSIVE", work); }

  Engine engine() const noexcept override { return Engine::sqlite; }
  std::string describe() const override { return "sqlite3 " + file_; }
  std::uint64_t statements() const noexcept override { return statements_; }

  // On a separate handle, to which every commit is one by another connection, also this process's own.
  std::optional<std::uint64_t> data_version() override {
    constexpr unsigned epoch_bits = 24;
    const std::lock_guard lock(version_mutex_);
    try {
      const auto generation = current_generation();
      if (!version_session_ || version_generation_ != generation) {
        version_session_.reset();
        version_session_ = new_session();
        version_generation_ = generation;
        ++version_epoch_;  // each handle has its own counter
      }
      std::uint64_t version = 0;
      version_session_->query("PRAGMA data_version", {}, [&](const RowView& row) {
        version = static_cast<std::uint64_t>(row.number(0));
      });
      return (version_epoch_ << (64 - epoch_bits)) | version;
    } catch (const Error&) {
      version_session_.reset();
      return std::nullopt;  // the next read reports the error
    }
  }

 private:
  struct Reader {
    std::unique_ptr<SqliteSession> session;
    std::uint64_t generation;
  };

  std::unique_ptr<SqliteSession> new_session() {
    return std::make_unique<SqliteSession>(file_, waiting_, statements_);
  }

  Reader take_reader() {
    const auto generation = current_generation();
    {
      const std::lock_guard lock(readers_mutex_);
      if (generation == generation_ && !readers_.empty()) {
        auto session = std::move(readers_.back());
        readers_.pop_back();
        return {std::move(session), generation};
      }
    }
    return {new_session(), generation};
  }

  void forget_handles() {
    std::vector<std::unique_ptr<SqliteSession>> closing;
    const std::lock_guard lock(readers_mutex_);
    ++generation_;
    closing.swap(readers_);
  }

  void in_transaction(const char* begin, const Work& work) {
    const std::lock_guard lock(writer_mutex_);
    try {
      const auto generation = current_generation();
      if (!writer_ || writer_generation_ != generation) {
        writer_.reset();
        writer_ = new_session();
        writer_generation_ = generation;
      }
      writer_->run(begin);
      work(*writer_);
      writer_->run("COMMIT");
    } catch (const SqliteError& error) {
      roll_back();
      if (error.concerns_file()) {
        writer_.reset();
        forget_handles();
      }
      throw;
    } catch (...) {
      roll_back();
      throw;
    }
  }

  void roll_back() noexcept {
    try {
      if (writer_ && writer_->in_transaction()) writer_->run("ROLLBACK");
    } catch (...) {
      writer_.reset();  // closing rolls back too
    }
  }

  // The generation of handles; older handles are not used again. A new one starts when the file has been
  // replaced: old handles would read and write a file that no longer has a name.
  std::uint64_t current_generation() {
    const auto current = identity_of(file_);
    std::vector<std::unique_ptr<SqliteSession>> closing;
    const std::lock_guard lock(readers_mutex_);
    if (current != opened_) {
      opened_ = current;
      ++generation_;
      closing.swap(readers_);
    }
    return generation_;
  }

  const std::string file_;
  const SqliteSession::Waiting waiting_;
  std::atomic<std::uint64_t> statements_{0};

  std::mutex writer_mutex_;
  std::unique_ptr<SqliteSession> writer_;
  std::uint64_t writer_generation_ = 0;

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteSession>> readers_;
  FileIdentity opened_;
  std::uint64_t generation_ = 0;

  std::mutex version_mutex_;
  std::unique_ptr<SqliteSession> version_session_;
  std::uint64_t version_generation_ = 0;
  std::uint64_t version_epoch_ = 0;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::string& file, std::chrono::milliseconds busy_timeout,
                                      std::shared_ptr<const mysql::Interrupt> end) {
  return std::make_unique<SqliteDatabase>(file, SqliteSession::Waiting{busy_timeout, std::move(end)});
}

}  // namespace topo::store
