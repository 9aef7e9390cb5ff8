// What is said of a server whose certificate does not verify.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace topo::inspect {

// `problem` is the result of Connection::certificate_problem().
[[nodiscard]] inline std::string unverified_certificate(std::string_view problem) {
  return fmt::format(
      "Its certificate does not verify against MySQLTopologySSLCAFile: {}; the server's identity is not "
      "proven (MySQLTopologySSLMode is preferred, not required)",
      problem);
}

}  // namespace topo::inspect
