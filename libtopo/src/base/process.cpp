#include "base/process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "topo/base/node_identity.h"

namespace topo {
namespace {

// The scope in which process ids are comparable: this host, this boot, this process id namespace.
std::string realm() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code error;
  const auto ids = std::filesystem::read_symlink("/proc/self/ns/pid", error).string();
  return fmt::format("{} {} {}", this_host(), boot, ids);
}

// Start time of a process: field 22 of /proc/PID/stat (proc(5)), in ticks since boot; "" if the process does
// not exist or has ended. The second field is a name in parentheses and may contain blanks.
std::string start_of(std::string_view pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::vector<std::string_view> fields;
  std::string_view rest(text);
  rest.remove_prefix(std::min(name_end + 2, rest.size()));
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    fields.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  constexpr std::size_t start_time = 22 - 3;  // fields[0] is field 3 of the file
  const bool has_ended = fields.size() <= start_time || fields[0] == "Z" || fields[0] == "X";
  return has_ended ? std::string() : std::string(fields[start_time]);
}

}  // namespace

std::string this_process() {
  const auto pid = fmt::format("{}", getpid());
  return fmt::format("{} {} {}", realm(), pid, start_of(pid));
}

Liveness liveness_of(std::string_view process) {
  if (process.empty()) return Liveness::ended;
  const auto start_at = process.rfind(' ');
  const auto pid_at = start_at == std::string_view::npos || start_at == 0 ? std::string_view::npos
                                                                          : process.rfind(' ', start_at - 1);
  if (pid_at == std::string_view::npos || process.substr(0, pid_at) != realm()) return Liveness::unknown;
  const auto pid = process.substr(pid_at + 1, start_at - pid_at - 1);
  if (pid.find_first_not_of("0123456789") != std::string_view::npos) return Liveness::unknown;
  const auto start = start_of(pid);
  return !start.empty() && start == process.substr(start_at + 1) ? Liveness::lives : Liveness::ended;
}

}  // namespace topo
