#include "topo/config/cluster_filter.h"

#include <re2/re2.h>

#include "base/pattern_problem.h"
#include "topo/base/error.h"

namespace topo {
namespace {

std::shared_ptr<const RE2> compiled(std::string_view text) {
  auto pattern = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), RE2::Quiet);
  if (pattern->ok()) return pattern;
  throw Error(Code::invalid_argument, pattern_problem(*pattern));
}

}  // namespace

ClusterFilter::ClusterFilter(std::string_view text) {
  constexpr std::string_view exact_alias = "alias=", alias_pattern = "alias~=";
  if (text.starts_with(exact_alias)) {
    by_alias_ = true;
    exact_ = text.substr(exact_alias.size());
  } else if (text.starts_with(alias_pattern)) {
    by_alias_ = true;
    pattern_ = compiled(text.substr(alias_pattern.size()));
  } else if (!text.empty()) {
    exact_ = text;
    pattern_ = compiled(text == "*" ? ".*" : text);
  }
}

bool ClusterFilter::matches(std::string_view cluster_name, std::string_view alias) const {
  if (!exact_.empty() && (exact_ == alias || (!by_alias_ && exact_ == cluster_name))) return true;
  const auto subject = by_alias_ ? alias : cluster_name;
  return pattern_ && RE2::PartialMatch(re2::StringPiece(subject.data(), subject.size()), *pattern_);
}

}  // namespace topo
