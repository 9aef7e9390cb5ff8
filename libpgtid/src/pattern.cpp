#include "pgtid/pattern.h"

#include <re2/re2.h>

#include <stdexcept>
#include <string>

namespace pgtid {

struct Pattern::Compiled {
  RE2 expression;
  explicit Compiled(std::string_view text)
      : expression(re2::StringPiece(text.data(), text.size()), RE2::Quiet) {}
};

Pattern::Pattern(std::string_view expression) {
  if (expression.empty()) throw std::invalid_argument("an empty pattern matches every event");
  auto compiled = std::make_unique<const Compiled>(expression);
  if (!compiled->expression.ok()) throw std::invalid_argument(compiled->expression.error());
  compiled_ = std::move(compiled);
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

// Without submatches the engine needs one pass, in time linear in the text.
bool Pattern::matches(std::string_view info) const {
  return compiled_->expression.Match({info.data(), info.size()}, 0, info.size(), RE2::UNANCHORED, nullptr, 0);
}

std::string_view Pattern::text() const noexcept {
  return compiled_->expression.pattern();
}

}  // namespace pgtid
