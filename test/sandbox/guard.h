// Kills the servers and removes the folder when the owner of a sandbox dies, however it dies.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace sandbox {

// Two small processes wait for the end of a pipe whose other end this object holds. When it closes, even
// because the process was killed, one kills the process group that it leads, and the other removes the
// folder. Servers join the group when they start.
class Guard {
 public:
  explicit Guard(const std::filesystem::path& folder);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  [[nodiscard]] pid_t group() const noexcept { return keeper_; }
  // Kills the group and removes the folder, as at the owner's death. The owner then reaps its children.
  void close_pipe();

 private:
  int pipe_ = -1;
  pid_t keeper_ = -1, remover_ = -1;
};

}  // namespace sandbox
