#include "fuzz/targets.h"

#include <re2/re2.h>

#include <stdexcept>

namespace fuzz {

void require(bool holds, std::string_view what) {
  if (!holds) throw std::logic_error(std::string(what));
}

void require_sentence(std::string_view message, std::size_t longest) {
  // Excludes control characters and characters that change the writing direction; bytes that are not UTF-8
  // match nothing.
  static const re2::RE2 line(
      "[^\\x00-\\x1f\\x7f-\\x{9f}\\x{61c}\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]+");
  if (message.size() > longest || !re2::RE2::FullMatch({message.data(), message.size()}, line))
    throw std::logic_error("odd message: " + std::string(message));
}

}  // namespace fuzz
