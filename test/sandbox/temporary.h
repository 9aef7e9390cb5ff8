// A folder that is removed with its object, and a lock between processes.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace sandbox {

// A new folder, by default in the system's folder for temporary files; the destructor removes it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  // Creates the folder in `parent`, with a unique name that begins with `prefix`. Throws
  // topo::Error{refused}.
  TemporaryFolder(const std::filesystem::path& parent, const std::string& prefix);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Renames the folder to a permanent name; the destructor then keeps it.
  void keep_as(const std::filesystem::path& name);
  // Leaves the removal of the folder to the caller.
  std::filesystem::path release() { return std::exchange(path_, {}); }

 private:
  std::filesystem::path path_;
};

// Removes such folders of interrupted processes. The caller makes sure that no other process works there.
void remove_leftovers(const std::filesystem::path& parent, const std::string& prefix);

// Holds the exclusive lock of a file until destroyed; waits for other owners, in this process or another. The
// kernel releases it when the process dies.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& file);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace sandbox
