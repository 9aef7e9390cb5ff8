#include "sandbox/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <string_view>

#include "sandbox/temporary.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

constexpr std::size_t shown_lines = 15;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
  std::vector<std::string> result = additions;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& addition : additions) replaced = replaced || addition.starts_with(name);
    if (!replaced) result.emplace_back(text);
  }
  return result;
}

// The actions of posix_spawn between fork and exec.
class SpawnPlan {
 public:
  explicit SpawnPlan(const ChildOptions& options) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    plan_streams(options);
    if (!options.folder.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, options.folder.c_str());
    }
    plan_signals_and_group(options);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void plan_streams(const ChildOptions& options) {
    if (options.input_descriptor >= 0) {
      posix_spawn_file_actions_adddup2(&actions_, options.input_descriptor, STDIN_FILENO);
    } else {
      const char* input = options.input.empty() ? "/dev/null" : options.input.c_str();
      posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, input, O_RDONLY, 0);
    }
    const char* output = options.output.empty() ? "/dev/null" : options.output.c_str();
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
  }

  void plan_signals_and_group(const ChildOptions& options) {
    // The child must not inherit the signal mask and ignored signals of the starting thread.
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGCHLD}) sigaddset(&signals, signal);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (options.own_session) {
      flags |= POSIX_SPAWN_SETSID;
    } else if (options.group >= 0) {
      flags |= POSIX_SPAWN_SETPGROUP;
      posix_spawnattr_setpgroup(&attributes_, options.group);
    }
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

pid_t start_child(const ChildOptions& options) {
  std::vector<std::string> command = options.command;
  std::vector<std::string> environment = environment_with(options.environment);
  const SpawnPlan plan(options);
  pid_t child = -1;
  const int error = posix_spawnp(&child, command.at(0).c_str(), plan.actions(), plan.attributes(),
                                 pointers(command).data(), pointers(environment).data());
  if (error != 0) {
    throw topo::Error(topo::Code::refused,
                      fmt::format("{} cannot be started: {}", command.at(0), std::strerror(error)));
  }
  return child;
}

bool child_ended(pid_t child) {
  int status = 0;
  const pid_t answer = waitpid(child, &status, WNOHANG);
  return answer == child || (answer < 0 && errno == ECHILD);
}

int await_child(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 0;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string run(ChildOptions options) {
  const TemporaryFolder folder;
  options.output = folder.path() / "output";
  const int status = await_child(start_child(options));
  if (status != 0) {
    throw topo::Error(topo::Code::refused,
                      fmt::format("{} failed with exit status {}. The end of its output:\n{}",
                                  options.command.at(0), status, tail(options.output, shown_lines)));
  }
  std::ifstream output(options.output);
  return {std::istreambuf_iterator<char>(output), {}};
}

std::string tail(const std::filesystem::path& file, std::size_t lines) {
  std::ifstream input(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(input, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  return fmt::format("{}", fmt::join(last, "\n"));
}

}  // namespace sandbox
