#include "sandbox/server_process.h"

#include <fmt/format.h>

#include <csignal>
#include <fstream>

#include "sandbox/wait.h"
#include "topo/base/error.h"

namespace sandbox {

ServerProcess::ServerProcess(const std::filesystem::path& data_folder, pid_t pid)
    : data_option_(fmt::format("--datadir={}", data_folder.string())), pid_(pid) {}

void ServerProcess::start(const ChildOptions& options) {
  pid_ = start_child(options);
  is_child_ = true;
}

// A zombie has no command line, so a killed server that has not been reaped counts as ended.
bool ServerProcess::serves_data_folder() const {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid_));
  for (std::string word; std::getline(file, word, '\0');) {
    if (word == data_option_) return true;
  }
  return false;
}

bool ServerProcess::running() {
  if (pid_ < 0) return false;
  const bool ended = is_child_ ? child_ended(pid_) : !serves_data_folder();
  if (ended) pid_ = -1;
  return !ended;
}

bool ServerProcess::paused() {
  if (!running()) return false;
  std::ifstream file(fmt::format("/proc/{}/stat", pid_));
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');  // the name may contain any character
  return name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'T';
}

void ServerProcess::signal(int number) {
  if (!running()) {
    throw topo::Error(topo::Code::refused, fmt::format("the server with {} is not running", data_option_));
  }
  kill(pid_, number);
}

void ServerProcess::await_end(std::chrono::milliseconds timeout) {
  wait_until([this] { return !running(); }, timeout,
             fmt::format("the end of the server with {}", data_option_));
}

}  // namespace sandbox
