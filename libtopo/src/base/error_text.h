// The text of a system error.
#pragma once

#include <string>
#include <system_error>

namespace topo {

// "No such file or directory" for ENOENT. Thread-safe, unlike strerror(3).
[[nodiscard]] inline std::string error_text(int number) {
  return std::generic_category().message(number);
}

}  // namespace topo
