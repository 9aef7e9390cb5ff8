#include "unit/store/faulty_files.h"

#include <atomic>
#include <map>
#include <mutex>

namespace faulty_files {
namespace {

std::atomic<int> failure = SQLITE_OK;
std::atomic<int> writes_left = 0;

sqlite3_vfs* true_vfs = nullptr;
int (*true_write)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
// SQLite has one method table per locking style, all with the same write method.
std::map<const sqlite3_io_methods*, sqlite3_io_methods> watched_methods;
std::mutex mutex;

int write_or_fail(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  if (failure != SQLITE_OK && writes_left-- <= 0) return failure;
  return true_write(file, bytes, count, offset);
}

int open_watched(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = true_vfs->xOpen(true_vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  const std::lock_guard lock(mutex);
  const auto [found, is_new] = watched_methods.try_emplace(file->pMethods, *file->pMethods);
  if (is_new) {
    true_write = found->second.xWrite;
    found->second.xWrite = &write_or_fail;
  }
  file->pMethods = &found->second;
  return code;
}

}  // namespace

FailWrites::FailWrites(int code, int after) {
  writes_left = after;
  failure = code;
}
FailWrites::~FailWrites() {
  failure = SQLITE_OK;
}

Watch::Watch() : former_(sqlite3_vfs_find(nullptr)), watching_(*former_) {
  true_vfs = former_;
  watching_.zName = "watched by a test";
  watching_.xOpen = &open_watched;
  sqlite3_vfs_register(&watching_, 1);
}
Watch::~Watch() {
  sqlite3_vfs_unregister(&watching_);
  sqlite3_vfs_register(former_, 1);
}

}  // namespace faulty_files
