// Patterns that include or exclude replicas.
#include <fmt/format.h>
#include <re2/re2.h>

#include <memory>

#include "base/pattern_problem.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

namespace topo::refactor {
namespace {

std::shared_ptr<const RE2> compiled(std::string_view pattern) {
  auto matcher = std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
  if (matcher->ok()) return matcher;
  throw Error(Code::invalid_argument,
              fmt::format("Cannot use \"{}\" as a pattern: {}; expected a regular expression in RE2 syntax",
                          pattern, pattern_problem(*matcher)));
}

}  // namespace

Filter matching(std::string_view pattern) {
  if (pattern.empty()) return {};
  return [matcher = compiled(pattern)](const InstanceKey& key) {
    return RE2::PartialMatch(key.display(), *matcher);
  };
}

Filter matching_host(std::string_view pattern) {
  if (pattern.empty()) return {};
  return [matcher = compiled(pattern)](const InstanceKey& key) {
    return RE2::PartialMatch(key.hostname(), *matcher);
  };
}

}  // namespace topo::refactor
