// History: what applications have written, acknowledged row by row, and what became of it on each server.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sandbox/topology.h"

namespace system_test {

// An acknowledged row.
struct WrittenRow {
  std::uint64_t id = 0;
  std::string server;            // that acknowledged it
  sandbox::BinlogPosition upto;  // the end of that server's binary log right after that; empty: not known
  std::chrono::steady_clock::time_point at;
};

// Applications that insert rows into history.written, with an account for which read_only holds. Each works
// on one server, and goes on to the next one when that refuses: it finds the master by itself. All servers
// but `master` become read-only.
class History {
 public:
  // Returns when some rows have been acknowledged, and all replicas have the table.
  History(sandbox::Topology& servers, std::string_view master, unsigned applications = 2,
          std::chrono::microseconds pause = std::chrono::milliseconds(1));
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  void stop();
  // Waits until so many more rows have been acknowledged.
  void await_more(std::size_t rows = 50);
  [[nodiscard]] std::vector<WrittenRow> acknowledged();
  // The longest time between two rows that followed one another.
  [[nodiscard]] std::chrono::milliseconds longest_gap();
  // The servers that have acknowledged rows since `begin`.
  [[nodiscard]] std::set<std::string> written_to(std::chrono::steady_clock::time_point begin);

  // Rows acknowledged by `master` that the replica had at least received, by the coordinates that it reports
  // now. Some rows received last may be missing: that they were received is certain only up to the end of the
  // log right after the acknowledgement.
  [[nodiscard]] std::set<std::uint64_t> received_by(std::string_view replica, std::string_view master);
  // Of the given rows (all acknowledged ones), those that the server does not have, as text; "": it has all.
  [[nodiscard]] std::string missing_on(std::string_view server, const std::set<std::uint64_t>& rows);
  [[nodiscard]] std::string missing_on(std::string_view server);
  // Where two servers differ, as text; "": they have the same rows.
  [[nodiscard]] std::string difference(std::string_view one, std::string_view other);
  // The running servers with read_only off, separated by blanks.
  [[nodiscard]] std::string writable();

 private:
  void write(const std::stop_token& stop, unsigned number, std::size_t first);
  [[nodiscard]] std::set<std::uint64_t> rows_of(std::string_view server);

  sandbox::Topology& servers_;
  const std::chrono::microseconds pause_;
  std::mutex mutex_;  // guards acknowledged_
  std::vector<WrittenRow> acknowledged_;
  std::vector<std::jthread> applications_;
};

}  // namespace system_test
