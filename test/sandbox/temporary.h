// A folder that goes away with its object, and a lock between processes.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace sandbox {

// A new folder, by default in the system's folder for temporary files, removed by the destructor.
class TemporaryFolder {
 public:
  TemporaryFolder();
  // Beside others in `parent`, with a name that begins with `prefix`. Throws topo::Error{refused}.
  TemporaryFolder(const std::filesystem::path& parent, const std::string& prefix);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Gives the folder its lasting name; the destructor then leaves it alone.
  void keep_as(const std::filesystem::path& name);
  // The caller removes the folder.
  std::filesystem::path release() { return std::exchange(path_, {}); }

 private:
  std::filesystem::path path_;
};

// Removes what interrupted processes left of such folders. The caller sees to it that nobody is at work
// there.
void remove_leftovers(const std::filesystem::path& parent, const std::string& prefix);

// Holds the only lock of a file until destroyed; waits for other holders, in this process or another.
// The kernel releases it when the process dies.
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
