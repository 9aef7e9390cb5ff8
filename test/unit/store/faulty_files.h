// SQLite files that fail when a test says so.
#pragma once

#include <sqlite3.h>

namespace faulty_files {

// While it lives, writing to any SQLite file that was opened since answers `code`, such as SQLITE_FULL, from
// the write after next `after` on. One at a time.
class FailWrites {
 public:
  explicit FailWrites(int code, int after = 0);
  ~FailWrites();
  FailWrites(const FailWrites&) = delete;
  FailWrites& operator=(const FailWrites&) = delete;
};

// Files that are opened while it lives obey FailWrites.
class Watch {
 public:
  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  sqlite3_vfs* former_;
  sqlite3_vfs watching_;
};

}  // namespace faulty_files
