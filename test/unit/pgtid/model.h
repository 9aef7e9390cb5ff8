// Simulated servers that replicate from one another, and their logs. The model knows what each server has
// executed, and so the right result of any match.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "pgtid/coordinates.h"
#include "pgtid/events.h"
#include "pgtid/recorded_logs.h"

namespace model {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  // 0 to `most`. The slight bias does not matter here.
  std::uint64_t up_to(std::uint64_t most) { return engine_() % (most + 1); }
  bool chance(unsigned of, unsigned among) { return up_to(among - 1) < of; }

 private:
  std::mt19937_64 engine_;
};

enum class Flavour : std::uint8_t { mysql_56, mysql_9, mysql_9_gtid, mariadb, mariadb_118 };

[[nodiscard]] constexpr bool is_mariadb(Flavour flavour) {
  return flavour == Flavour::mariadb || flavour == Flavour::mariadb_118;
}

// A change as logged: by statement or by row.
struct Change {
  bool is_rows = false;
  std::string text;                      // the statement, or the table
  std::string_view variable_type;        // of an event before the statement, if any
  std::string variable;                  // the Info of that event
  std::string_view rows_type = "Write";  // Write, Update, Delete
  std::uint32_t rows_size = 0;           // in bytes; a server splits them at its own limit
  std::string second_table;              // with rows in the same statement, if any
  std::string idle_table;                // mapped without rows
  bool is_undone = false;                // rolled back to an earlier savepoint
};

struct Transaction {
  std::uint32_t server_id = 0;  // the originating server
  std::uint64_t sequence = 0;   // in its GTID
  bool is_entry = false;
  bool commits_by_itself = false;  // DDL
  bool has_xid = true;             // otherwise the engine has no transactions, and a Query "COMMIT" ends it
  bool has_settings = false;       // shown by MariaDB only
  bool is_optional = false;        // logged by each server in its own form, or not at all
  std::vector<Change> changes;
};
// In the order logged by a server.
using History = std::vector<const Transaction*>;

struct Log;

// The properties that differ between servers.
struct Settings {
  Flavour flavour = Flavour::mysql_56;
  std::uint32_t server_id = 1;
  bool annotates = false;
  std::uint32_t largest_rows_event = 8192;
  unsigned rotates_in = 8;              // one in so many transactions is the last of its file
  const Log* keeps_gtids_of = nullptr;  // the master's; otherwise the server assigns numbers itself
  bool names_tables_backwards = false;  // the server reverses the order of its master
  bool logs_optional = true;
  std::string file_base = "mysql-bin.";
};

struct RawEvent {
  std::string_view type;
  std::uint32_t server_id = 0;
  std::uint64_t end = 0;  // as shown
  std::string info;
};

// A sequence of log files, and the positions of the transactions of `history`.
struct Log {
  pgtid::RecordedLogs recorded;
  History history;
  std::vector<pgtid::BinlogCoordinates> begins, ends;  // of each transaction
  std::vector<std::uint64_t> sequences;                // in the GTID of each transaction
  // The number of transactions that are purged, completely or with their first event.
  std::size_t purged = 0;
  bool has_rest = false;         // the statement of the last purged transaction is still there
  pgtid::BinlogCoordinates end;  // of the newest file
  std::vector<pgtid::BinlogCoordinates> boundaries;  // starts of events

  // The coordinates after the first `count` transactions; there may be several equivalent ones.
  [[nodiscard]] pgtid::BinlogCoordinates place_after(std::size_t count, Random& random) const;
};

// Numbers assigned by each server.
struct Numbers {
  std::uint64_t last_id = 0;   // xids, table ids
  std::uint64_t sequence = 0;  // of the GTID of the transaction
};

// The events of a transaction as logged with these settings.
[[nodiscard]] std::vector<RawEvent> events_of(const Transaction& transaction, const Settings& settings,
                                              Numbers& numbers, Random& random);

// `raw` receives the events of each transaction, for relay logs.
[[nodiscard]] Log binary_log(const History& history, const Settings& settings, Random& random,
                             std::vector<std::vector<RawEvent>>* raw = nullptr);
// The relay log of a replica of that master, with the transactions from `first` on.
[[nodiscard]] Log relay_log(const Log& master, const std::vector<std::vector<RawEvent>>& raw,
                            const Settings& of_master, std::size_t first, const Settings& settings,
                            Random& random);

// In the format of `mysql --batch`.
[[nodiscard]] std::string dump(Log& log);

}  // namespace model
