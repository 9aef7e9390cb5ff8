#include "system/support/backend_file.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>

namespace system_test {

void execute_in(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  sqlite3_busy_timeout(database, 5000);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

bool is_writable_now(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  const int code = sqlite3_exec(database, "BEGIN IMMEDIATE; ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  REQUIRE((code == SQLITE_OK || code == SQLITE_BUSY));
  return code == SQLITE_OK;
}

}  // namespace system_test
