#include "common/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

namespace orchestrator {

std::size_t raise_open_files_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::optional<std::string> why_too_few_open_files(std::size_t limit, std::size_t instances,
                                                  std::size_t clients) {
  constexpr std::size_t others = 64;  // the backend, logs, hooks, connections that are being opened or closed
  const auto needed = instances + clients + others;
  if (needed <= limit) return std::nullopt;
  return fmt::format(
      "The limit of open files is {}, and {} may be needed, for {}{} and {} others: raise it (LimitNOFILE of "
      "a service, ulimit -n)",
      limit, needed, instances == 0 ? "the instances to come" : fmt::format("{} known instances", instances),
      clients == 0 ? "" : fmt::format(", {} clients", clients), others);
}

}  // namespace orchestrator
