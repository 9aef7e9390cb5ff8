// The file of a backend in SQLite.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace topo::store {

// Creates the file and its folder if they are missing, accessible to their owner only: the file describes
// every server. Throws Error{backend}.
void make_sqlite_file(const std::string& file);

// Why the existing file is not a database; nullopt: it is one, or is empty. Writes and creates nothing.
[[nodiscard]] std::optional<std::string> why_no_database(const std::string& file);

// Identifies the file behind a name, whatever its contents.
using FileIdentity = std::pair<dev_t, ino_t>;
// Throws Error{backend} if there is no such file.
[[nodiscard]] FileIdentity identity_of(const std::string& file);

}  // namespace topo::store
