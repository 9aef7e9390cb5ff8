// The process of one server, started by this process or an earlier one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "sandbox/child.h"

namespace sandbox {

// Not safe for concurrent use.
class ServerProcess {
 public:
  // The process that serves `data_folder`; `pid` < 0: not running.
  explicit ServerProcess(const std::filesystem::path& data_folder, pid_t pid = -1);

  void start(const ChildOptions& options);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }  // -1: ended
  [[nodiscard]] bool running();
  // Whether the process is stopped by a signal.
  [[nodiscard]] bool paused();

  // Throws topo::Error{refused} when the process is not running. A process that is not a child of this one is
  // signalled only if its command line still names the data folder.
  void signal(int number);
  // Throws topo::Error{timeout}.
  void await_end(std::chrono::milliseconds timeout);

 private:
  [[nodiscard]] bool serves_data_folder() const;

  std::string data_option_;
  pid_t pid_;
  bool is_child_ = false;
};

}  // namespace sandbox
