// Reads a file named by a user. Never blocks, whatever the name refers to, and uses bounded memory.
#pragma once

#include <filesystem>
#include <string>

namespace topo {

struct FileContent {
  std::string bytes;
  bool readable_by_others = false;  // by any user of this machine
};

// Why a file could not be read; `is_missing`: no file has that name.
struct UnreadableFile {
  std::string why;
  bool is_missing = false;
};

// Does not open pipes, devices, sockets and directories, because reading them can block or never end. Throws
// UnreadableFile for these, for unreadable files and for more than 16 MB.
[[nodiscard]] FileContent read_regular_file(const std::filesystem::path& file);

}  // namespace topo
