#include "store/stored_text.h"

#include "base/shown_text.h"

namespace topo::store {
namespace {

void replace_invalid(std::string& text) {
  for (auto at = find_invalid_utf8(text); at != std::string::npos; at = find_invalid_utf8(text, at + 1))
    text[at] = '?';
}

// Of UTF-8.
bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

// Where the character after the first `length` begins; npos: there are no more.
std::size_t end_of(std::string_view text, std::size_t length) {
  if (text.size() <= length) return std::string_view::npos;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && characters++ == length) return i;
  }
  return std::string_view::npos;
}

}  // namespace

Value stored_text(std::string_view text, std::size_t length) {
  if (find_invalid_utf8(text) == std::string_view::npos) return text.substr(0, end_of(text, length));
  std::string valid(text);
  replace_invalid(valid);
  valid.resize(std::min(valid.size(), end_of(valid, length)));
  return valid;
}

Value stored_whole(std::string text) {
  replace_invalid(text);
  return text;
}

bool fits_name(std::string_view name) noexcept {
  return find_invalid_utf8(name) == std::string_view::npos &&
         end_of(name, name_length) == std::string_view::npos;
}

}  // namespace topo::store
