// Servers that replicate from one another, and the logs that they would write. What each has executed is
// known here, and so is the right answer to every question of matching.
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
  // 0 to `most`. That some numbers are a little more likely than others does not matter here.
  std::uint64_t up_to(std::uint64_t most) { return engine_() % (most + 1); }
  bool chance(unsigned of, unsigned among) { return up_to(among - 1) < of; }

 private:
  std::mt19937_64 engine_;
};

enum class Flavour : std::uint8_t { mysql_56, mysql_9, mysql_9_gtid, mariadb, mariadb_118 };

[[nodiscard]] constexpr bool is_mariadb(Flavour flavour) {
  return flavour == Flavour::mariadb || flavour == Flavour::mariadb_118;
}

// A statement, as it is logged: by its text or by the rows that it changed.
struct Change {
  bool is_rows = false;
  std::string text;                      // the statement, or the table
  std::string_view variable_type;        // of an event before the statement, if any
  std::string variable;                  // its Info
  std::string_view rows_type = "Write";  // Write, Update, Delete
  std::uint32_t rows_size = 0;           // in bytes; a server divides them by its own limit
  std::string second_table;              // whose rows are in the same statement, if any
  std::string idle_table;                // that is named, and has no rows
  bool is_undone = false;                // to a savepoint that was set before
};

struct Transaction {
  std::uint32_t server_id = 0;  // of the server that wrote it first
  std::uint64_t sequence = 0;   // of its GTID
  bool is_entry = false;
  bool commits_by_itself = false;  // DDL
  bool has_xid = true;             // else the engine has no transactions, and a Query "COMMIT" ends it
  bool has_settings = false;       // MariaDB shows them, others do not
  bool is_optional = false;        // each server logs it in its own words, or not at all
  std::vector<Change> changes;
};
// In the order in which a server has logged them.
using History = std::vector<const Transaction*>;

struct Log;

// What differs from server to server.
struct Settings {
  Flavour flavour = Flavour::mysql_56;
  std::uint32_t server_id = 1;
  bool annotates = false;
  std::uint32_t largest_rows_event = 8192;
  unsigned rotates_in = 8;              // one of so many transactions is the last of its file
  const Log* keeps_gtids_of = nullptr;  // of its master; else it numbers by itself what comes without
  bool names_tables_backwards = false;  // as each server does that its master does not
  bool logs_optional = true;
  std::string file_base = "mysql-bin.";
};

struct RawEvent {
  std::string_view type;
  std::uint32_t server_id = 0;
  std::uint64_t end = 0;  // as shown
  std::string info;
};

// A sequence of logs, and where the transactions of a history are in it.
struct Log {
  pgtid::RecordedLogs recorded;
  History history;
  std::vector<pgtid::BinlogCoordinates> begins, ends;  // of each transaction
  // So many of them are in no file any more, or not from their first event on.
  std::vector<std::uint64_t> sequences;  // of their GTIDs
  std::size_t purged = 0;
  bool has_rest = false;                             // of the last one of these the statement is still there
  pgtid::BinlogCoordinates end;                      // of the newest file
  std::vector<pgtid::BinlogCoordinates> boundaries;  // where events begin

  // Where a server stands that has executed so many of the history: there may be more than one way to say it.
  [[nodiscard]] pgtid::BinlogCoordinates place_after(std::size_t count, Random& random) const;
};

// What a server numbers by itself.
struct Numbers {
  std::uint64_t last_id = 0;   // xids, table ids
  std::uint64_t sequence = 0;  // of the GTID of the transaction
};

// The events of a transaction, as such a server logs them.
[[nodiscard]] std::vector<RawEvent> events_of(const Transaction& transaction, const Settings& settings,
                                              Numbers& numbers, Random& random);

// `raw` gets the events of each transaction, for relay logs.
[[nodiscard]] Log binary_log(const History& history, const Settings& settings, Random& random,
                             std::vector<std::vector<RawEvent>>* raw = nullptr);
// Of a replica that got the transactions from `first` on from that master.
[[nodiscard]] Log relay_log(const Log& master, const std::vector<std::vector<RawEvent>>& raw,
                            const Settings& of_master, std::size_t first, const Settings& settings,
                            Random& random);

// As `mysql --batch` would print it.
[[nodiscard]] std::string dump(Log& log);

}  // namespace model
