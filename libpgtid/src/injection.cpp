#include "pgtid/injection.h"

#include <algorithm>

namespace pgtid {
namespace {

// Fixed width, so that texts sort like numbers.
void append_hexadecimal(std::string& text, std::uint64_t number, unsigned digits) {
  constexpr std::string_view characters = "0123456789abcdef";
  constexpr unsigned bits = 4, mask = 15;
  for (unsigned digit = digits; digit > 0; --digit)
    text += characters[(number >> (bits * (digit - 1))) & mask];
}

}  // namespace

void EntrySequence::go_behind(std::chrono::microseconds time) noexcept {
  last_ = std::max(last_, time);
}

// `asc:` tells the search that the order of the texts is the order of the entries.
std::string EntrySequence::next(std::chrono::microseconds now) {
  constexpr unsigned long_width = 16, count_width = 8;
  last_ = std::max(last_ + std::chrono::microseconds(1), now);
  std::string statement(injected_entry_pattern);
  append_hexadecimal(statement, static_cast<std::uint64_t>(last_.count()), long_width);
  statement += ':';
  append_hexadecimal(statement, count_++, count_width);
  statement += ':';
  append_hexadecimal(statement, process_, long_width);
  return statement += '`';
}

}  // namespace pgtid
