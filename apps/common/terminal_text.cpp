#include "common/terminal_text.h"

#include "topo/base/one_line.h"

namespace orchestrator {

std::string fit_for_terminal(std::string_view text) {
  std::string fit;
  while (!text.empty()) {
    const auto end = text.find_first_of("\n\t");
    fit += topo::one_line(text.substr(0, end));
    if (end == std::string_view::npos) break;
    fit += text[end];
    text.remove_prefix(end + 1);
  }
  return fit;
}

}  // namespace orchestrator
