// Reading a file that somebody named, whatever the name leads to: it never waits, and takes little memory.
#pragma once

#include <filesystem>
#include <string>

namespace topo {

struct FileContent {
  std::string bytes;
  bool readable_by_others = false;  // by any user of the machine
};

// Why there is none; `is_missing`: nothing has that name.
struct UnreadableFile {
  std::string why;
  bool is_missing = false;
};

// Pipes, devices, sockets and folders are not opened: reading them may never begin, or never end. Throws
// UnreadableFile for these, for what cannot be read, and for more than 16 MB.
[[nodiscard]] FileContent read_regular_file(const std::filesystem::path& file);

}  // namespace topo
