#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace topo::store {

// Makes the file and its folder, for their owner alone, where they are not there: the file tells of every
// server there is. Throws Error{backend}.
void make_sqlite_file(const std::string& file);

// Why the file, which is there, is no database; nullopt: it is one, or is empty. Writes and makes nothing.
[[nodiscard]] std::optional<std::string> why_no_database(const std::string& file);

// Which file it is that bears the name, whatever its contents.
using FileIdentity = std::pair<dev_t, ino_t>;
// Throws Error{backend} when there is none.
[[nodiscard]] FileIdentity identity_of(const std::string& file);

}  // namespace topo::store
