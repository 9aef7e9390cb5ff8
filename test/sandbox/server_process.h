// The process of one server, whether this process started it or an earlier one did.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "sandbox/child.h"

namespace sandbox {

// Not safe for use by two threads at once.
class ServerProcess {
 public:
  // The process that serves `data_folder`; `pid` < 0: not running.
  explicit ServerProcess(const std::filesystem::path& data_folder, pid_t pid = -1);

  void start(const ChildOptions& options);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }  // -1: ended
  [[nodiscard]] bool running();
  // Whether a stop signal holds it.
  [[nodiscard]] bool paused();

  // Throws topo::Error{refused} when it is not running. A process that is no child of this one gets a signal
  // only if its command line still names the data folder.
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
