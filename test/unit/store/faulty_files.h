// SQLite files that fail on request.
#pragma once

#include <sqlite3.h>

namespace faulty_files {

// During its lifetime, writes to watched SQLite files return `code`, such as SQLITE_FULL, after the next
// `after` writes. One at a time.
class FailWrites {
 public:
  explicit FailWrites(int code, int after = 0);
  ~FailWrites();
  FailWrites(const FailWrites&) = delete;
  FailWrites& operator=(const FailWrites&) = delete;
};

// Files opened during its lifetime obey FailWrites.
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
