#include <fmt/format.h>
#include <netdb.h>

#include "base/shown_text.h"
#include "mysql/broken.h"
#include "mysql/name_service.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"

namespace topo {

std::optional<std::string> canonical_host_name(const std::string& host,
                                               const std::shared_ptr<const mysql::Interrupt>& interrupt,
                                               std::optional<SteadyTime> end_by) {
  constexpr std::chrono::seconds patience{5};
  mysql::Waiting waiting(interrupt);
  waiting.allow(patience);
  waiting.end_by(end_by);
  try {
    const auto [failure, found] = mysql::ask_name_service(host, "", AI_CANONNAME, waiting);
    if (failure == EAI_NONAME || failure == EAI_NODATA || failure == EAI_ADDRFAMILY) return std::nullopt;
    if (failure != 0) throw mysql::Broken{Code::unreachable, 0, gai_strerror(failure)};
    return found->ai_canonname == nullptr ? host : std::string(found->ai_canonname);
  } catch (const mysql::Broken& broken) {
    throw Error(broken.code == Code::timeout ? Code::timeout : Code::unreachable,
                fmt::format("the name service did not resolve {}: {}", shown_text(host), broken.reason));
  }
}

}  // namespace topo
