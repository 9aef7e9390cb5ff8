#include "recovery/hooks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace topo::recovery {
namespace {

// IPv6 addresses keep their colons, international names their bytes beyond ASCII.
std::string for_shell(std::string_view text) {
  constexpr std::string_view plain = " ,._:@%+=[]-";
  std::string safe(text);
  for (char& c : safe) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_letter_or_digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_letter_or_digit && byte < 0x80 && plain.find(c) == std::string_view::npos) c = '_';
  }
  return safe;
}

struct Fact {
  std::string_view placeholder, variable;
  std::string value;
};

std::vector<Fact> list(const HookFacts& facts) {
  const auto& analysis = facts.analysis;
  std::vector<Fact> all{
      {"{failureType}", "ORC_FAILURE_TYPE", std::string(to_string(analysis.failure))},
      {"{failureDescription}", "ORC_FAILURE_DESCRIPTION", std::string(describe(analysis.failure))},
      {"{failedHost}", "ORC_FAILED_HOST", analysis.key.hostname()},
      {"{failedPort}", "ORC_FAILED_PORT", fmt::format("{}", analysis.key.port())},
      {"{failureCluster}", "ORC_FAILURE_CLUSTER", analysis.cluster_name}};
  if (facts.successor.has_value()) {
    all.push_back({"{successorHost}", "ORC_SUCCESSOR_HOST", facts.successor->hostname()});
    all.push_back({"{successorPort}", "ORC_SUCCESSOR_PORT", fmt::format("{}", facts.successor->port())});
  }
  return all;
}

// Only the command is searched for placeholders, not the inserted values.
std::string fill_in(std::string_view command, const std::vector<Fact>& facts) {
  std::string text;
  while (!command.empty()) {
    const auto fact =
        std::ranges::find_if(facts, [&](const Fact& one) { return command.starts_with(one.placeholder); });
    if (fact == facts.end()) {
      text += command.front();
      command.remove_prefix(1);
    } else {
      text += for_shell(fact->value);
      command.remove_prefix(fact->placeholder.size());
    }
  }
  return text;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A file rather than a pipe: background processes of a command may go on writing.
struct Running {
  pid_t process = -1;
  std::unique_ptr<std::FILE, CloseFile> output;
  std::string error;  // why it could not be started
};

Running start(const std::string& command, const std::vector<std::string>& variables) {
  Running running;
  running.output.reset(std::tmpfile());
  if (!running.output) {
    running.error = std::generic_category().message(errno);
    return running;
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, fileno(running.output.get()), 1);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  // This process may block and ignore signals that a command needs.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGXFSZ})
    sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::array<std::string, 3> words{"bash", "-c", command};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  std::vector<char*> environment;
  // The variables of this process, except those of a hook that it may run in itself.
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, "ORC_FAIL", 8) != 0 && std::strncmp(*variable, "ORC_SUCC", 8) != 0)
      environment.push_back(*variable);
  for (const auto& variable : variables) environment.push_back(const_cast<char*>(variable.c_str()));
  environment.push_back(nullptr);
  const int error =
      posix_spawnp(&running.process, "bash", &files, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    running.process = -1;
    running.error = fmt::format("bash cannot be started: {}", std::generic_category().message(error));
  }
  return running;
}

// The beginning of the output, without control characters.
std::string what_was_printed(std::FILE& output) {
  std::array<char, 4096> buffer{};
  std::rewind(&output);
  const auto size = std::fread(buffer.data(), 1, buffer.size(), &output);
  std::string text(buffer.data(), size);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; }, '?');
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Returns "" if the command succeeded.
std::string wait_for(Running& running) {
  if (running.process < 0) return running.error;
  int status = 0;
  while (waitpid(running.process, &status, 0) < 0) {
    if (errno != EINTR) return fmt::format("waiting for it: {}", std::generic_category().message(errno));
  }
  if (WIFSIGNALED(status)) return fmt::format("ended by signal {}", WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

std::string filled_in(std::string_view command, const HookFacts& facts) {
  return fill_in(command, list(facts));
}

std::vector<std::string> run_hooks(std::string_view key, std::span<const std::string> commands,
                                   const HookFacts& facts, spdlog::logger& log) {
  const auto all = list(facts);
  std::vector<std::string> variables;
  for (const auto& fact : all) variables.push_back(fmt::format("{}={}", fact.variable, fact.value));
  std::vector<std::pair<std::string, Running>> hooks;
  for (const auto& command : commands) {
    auto name = fmt::format("command {} of {}", hooks.size() + 1, key);
    log.info(fmt::format("Running {}", name));
    hooks.emplace_back(std::move(name), start(fill_in(command, all), variables));
  }
  std::vector<std::string> failures;
  for (auto& [name, running] : hooks) {
    const auto error = wait_for(running);
    const auto printed = running.output ? what_was_printed(*running.output) : "";
    if (!printed.empty()) log.info(fmt::format("{} printed: {}", name, printed));
    if (!error.empty()) failures.push_back(fmt::format("{} failed: {}", name, error));
  }
  return failures;
}

}  // namespace topo::recovery
