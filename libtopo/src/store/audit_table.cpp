// audit.
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <system_error>

#include "store/stored_text.h"
#include "store/table_factories.h"
#include "store/time_text.h"
#include "topo/base/one_line.h"

namespace topo::store {
namespace {

class AuditTable : public AuditStore {
 public:
  AuditTable(Database& database, std::string file, std::shared_ptr<spdlog::logger> log)
      : database_(database), file_(std::move(file)), log_(std::move(log)) {}

  void write(const NewAuditEntry& entry) override {
    const auto& key = entry.key;
    const auto age = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - entry.at);
    database_.write([&](DatabaseSession& session) {
      if (entry.may_be_stored && has(session, entry.token, age)) return;
      // A separate statement: within the INSERT, MySQL would wait for a lock on that row.
      std::string cluster;
      session.query("SELECT cluster_name FROM database_instance WHERE hostname = ? AND port = ?",
                    {std::string_view(key.hostname()), std::int64_t{key.port()}},
                    [&](const RowView& row) { cluster = row.string(0); });
      session.execute(
          "INSERT INTO audit (audit_timestamp, audit_type, hostname, port, cluster_name, message, "
          "begin_token)"
          " VALUES (from_unixtime(unix_timestamp(current_timestamp) - ?), ?, ?, ?, ?, ?, ?)",
          {std::int64_t{age.count()}, stored_text(entry.type), stored_text(key.hostname()),
           std::int64_t{key.port()}, stored_text(cluster), stored_text(entry.message, message_length),
           std::string_view(entry.token)});
    });
    if (!file_.empty()) append_to_file(entry, age);
  }

  using AuditStore::read;
  std::vector<AuditEntry> read(unsigned page, unsigned page_size, std::string_view text) override {
    const auto offset =
        std::min<std::uint64_t>(std::uint64_t{page} * page_size, std::numeric_limits<std::int64_t>::max());
    std::string query = "SELECT audit_id, audit_timestamp, audit_type, hostname, port, message FROM audit";
    Values values;
    if (!text.empty()) {
      const auto engine = database_.engine();
      query += fmt::format(" WHERE {} OR {} OR {}", sql::is_like(engine, "audit_type"),
                           sql::is_like(engine, sql::host_port(engine)), sql::is_like(engine, "message"));
      for (int i = 0; i < 3; ++i) values.emplace_back(sql::contains_pattern(text));
    }
    query += " ORDER BY audit_id DESC LIMIT ? OFFSET ?";
    values.emplace_back(std::int64_t{page_size});
    values.emplace_back(static_cast<std::int64_t>(offset));
    std::vector<AuditEntry> entries;
    database_.read([&](DatabaseSession& session) {
      entries.clear();
      session.query(query, std::span<const Value>(values), [&](const RowView& row) {
        entries.push_back(
            {row.number(0), row.string(1), row.string(2), row.string(3), row.number(4), row.string(5)});
      });
    });
    return entries;
  }

 private:
  // Allows for a backend clock that was put back by up to two hours.
  static bool has(DatabaseSession& session, std::string_view token, std::chrono::seconds age) {
    constexpr std::chrono::seconds difference = std::chrono::hours(2);
    bool has_it = false;
    session.query(
        "SELECT 1 FROM audit WHERE begin_token = ? AND audit_timestamp >="
        " from_unixtime(unix_timestamp(current_timestamp) - ?)",
        {token, std::int64_t{(age + difference).count()}}, [&](const RowView&) { has_it = true; });
    return has_it;
  }

  // One line in a single write, so that lines of several processes do not mix.
  void append_to_file(const NewAuditEntry& entry, std::chrono::seconds age) const {
    const auto at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - age;
    const auto line = fmt::format("{}\t{}\t{}\t{}\t{}\t\n", timestamp_text(at), one_line(entry.type),
                                  one_line(entry.key.hostname()), entry.key.port(), one_line(entry.message));
    // Does not wait for the reader of a pipe.
    const int file = open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                          S_IRUSR | S_IWUSR);
    const bool is_written =
        file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    const auto reason = std::generic_category().message(errno);
    if (file >= 0) close(file);
    if (is_written) return;
    log_->error(
        fmt::format("AuditLogFile {} cannot be written: {}; the backend has the entry", file_, reason));
  }

  Database& database_;
  const std::string file_;
  const std::shared_ptr<spdlog::logger> log_;
};

}  // namespace

std::unique_ptr<AuditStore> make_audit_store(Database& database, const Configuration& configuration,
                                             std::shared_ptr<spdlog::logger> log) {
  return std::make_unique<AuditTable>(database, configuration.audit_log_file, std::move(log));
}

}  // namespace topo::store
