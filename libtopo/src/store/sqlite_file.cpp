#include "store/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/error_text.h"
#include "store/sqlite_database.h"
#include "store/sqlite_session.h"

namespace topo::store {
namespace fs = std::filesystem;

void make_sqlite_file(const std::string& file) {
  const fs::path folder = fs::path(file).parent_path();
  std::error_code error;
  if (!folder.empty() && !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (error)
      throw sqlite_error(file, SQLITE_CANTOPEN, "its folder cannot be made (" + error.message() + ")");
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  struct stat status {};
  if (stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    throw sqlite_error(file, SQLITE_CANTOPEN, "it is not a regular file");
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  // A file that may not be written may still be readable.
  if (descriptor < 0 && errno != EACCES && errno != EROFS)
    throw sqlite_error(file, SQLITE_CANTOPEN, "it cannot be opened (" + error_text(errno) + ")");
  if (descriptor >= 0) close(descriptor);
}

std::optional<std::string> why_no_database(const std::string& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return "it is not a regular file";
  // Opened as immutable, so that SQLite creates no files beside it; only the beginning of the file is read.
  std::string uri = "file:";
  for (const char c : fs::absolute(file, error).lexically_normal().string()) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2((uri + "?immutable=1").c_str(), &handle,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closing(handle, &sqlite3_close);
  if (code == SQLITE_OK) code = sqlite3_exec(handle, "PRAGMA schema_version", nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return std::nullopt;
  return handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
}

FileIdentity identity_of(const std::string& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) == 0) return {info.st_dev, info.st_ino};
  if (errno == ENOENT) {
    throw SqliteError(
        SQLITE_CANTOPEN,
        "Backend sqlite3 " + file + ": the file is gone; put it back, or restart to begin with an empty one");
  }
  throw sqlite_error(file, SQLITE_CANTOPEN, "it cannot be examined (" + error_text(errno) + ")");
}

std::string default_sqlite_file() {
  const auto from = [](const char* variable) -> fs::path {
    const char* value = std::getenv(variable);
    return value == nullptr ? fs::path{} : fs::path(value);
  };
  constexpr const char* name = "orchestrator.sqlite3";
  if (const auto state = from("STATE_DIRECTORY"); !state.empty()) return state / name;
  if (geteuid() == 0) return fs::path("/var/lib/orchestrator") / name;
  if (const auto state = from("XDG_STATE_HOME"); !state.empty()) return state / "orchestrator" / name;
  return from("HOME") / ".local/state/orchestrator" / name;
}

}  // namespace topo::store
