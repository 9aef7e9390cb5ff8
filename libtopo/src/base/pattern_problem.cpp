#include "base/pattern_problem.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/shown_text.h"

namespace topo {

std::string pattern_problem(const re2::RE2& compiled) {
  const auto part = shown_text(compiled.error_arg(), 80);
  switch (compiled.error_code()) {
    case re2::RE2::ErrorMissingParen: return "it has a ( that no ) closes";
    case re2::RE2::ErrorUnexpectedParen: return "it has a ) that no ( opens";
    case re2::RE2::ErrorMissingBracket: return fmt::format("it has a [ that no ] closes, in {}", part);
    case re2::RE2::ErrorBadCharRange: return fmt::format("its range {} ends before it begins", part);
    case re2::RE2::ErrorTrailingBackslash: return "it ends in a backslash that escapes nothing";
    case re2::RE2::ErrorRepeatArgument: return fmt::format("there is nothing before {} to repeat", part);
    case re2::RE2::ErrorRepeatSize: return fmt::format("it repeats too often: {}", part);
    case re2::RE2::ErrorRepeatOp: return fmt::format("{} repeats a repetition", part);
    case re2::RE2::ErrorBadEscape: return fmt::format("there is no escape {}", part);
    case re2::RE2::ErrorBadPerlOp: return fmt::format("there is no group that begins with {}", part);
    case re2::RE2::ErrorPatternTooLarge: return "it is too large";
    default: return shown_text(compiled.error(), 200);
  }
}

}  // namespace topo
