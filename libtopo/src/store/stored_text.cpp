#include "store/stored_text.h"

#include <algorithm>
#include <limits>

#include "base/shown_text.h"

namespace topo::store {
namespace {

void replace_invalid(std::string& text) {
  for (auto at = find_invalid_utf8(text); at != std::string::npos; at = find_invalid_utf8(text, at + 1))
    text[at] = '?';
}

}  // namespace

Value stored_text(std::string_view text, std::size_t length) {
  if (find_invalid_utf8(text) == std::string_view::npos)
    return text.substr(0, end_of_characters(text, length));
  std::string valid(text);
  replace_invalid(valid);
  valid.resize(std::min(valid.size(), end_of_characters(valid, length)));
  return valid;
}

Value stored_number(std::uint64_t number) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(number, most));
}

Value stored_whole(std::string text) {
  replace_invalid(text);
  return text;
}

}  // namespace topo::store
