// Short logs for tests that specify each event.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "pgtid/matching.h"
#include "pgtid/recorded_logs.h"

namespace pgtid {

inline constexpr std::string_view injected = "_pseudo_gtid_hint__";

inline std::string hint(std::string_view text) {
  return "drop view if exists `meta`.`_pseudo_gtid_hint__" + std::string(text) + "`";
}

// Positions in each file are 4, 104, 204, … so that tests can state them.
class LogBuilder {
 public:
  explicit LogBuilder(std::string base = "mysql-bin.") : base_(std::move(base)) { file(); }

  LogBuilder& file(std::uint32_t own_server_id = 1) {
    char number[16];
    std::snprintf(number, sizeof number, "%06d", ++files_);
    logs.add_file(base_ + number);
    position_ = 4;
    return event("Format_desc", "Server ver: 5.6.51-log, Binlog ver: 4", own_server_id);
  }
  LogBuilder& event(std::string_view type, std::string_view info, std::uint32_t server_id = 1) {
    logs.add({position_, position_ + 100, server_id, type, info});
    position_ += 100;
    return *this;
  }
  LogBuilder& entry(std::string_view text, std::uint32_t server_id = 1) {
    return event("Query", hint(text), server_id);
  }
  // BEGIN, a statement, COMMIT
  LogBuilder& transaction(std::string_view statement, std::uint32_t server_id = 1) {
    return event("Query", "BEGIN", server_id)
        .event("Query", statement, server_id)
        .event("Xid", "COMMIT /* xid=" + std::to_string(++xid_) + " */", server_id);
  }

  [[nodiscard]] BinlogCoordinates end() const { return {logs.newest(), position_}; }
  OwnLogs own(std::vector<BinlogCoordinates> starts = {}) { return {logs, end(), std::move(starts)}; }
  OtherLogs other(std::vector<BinlogCoordinates> starts = {}) {
    return {logs, logs.newest(), std::move(starts)};
  }

  RecordedLogs logs;

 private:
  const std::string base_;
  int files_ = 0, xid_ = 0;
  std::uint64_t position_ = 4;
};

}  // namespace pgtid
