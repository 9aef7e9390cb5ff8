#include "base/name.h"

#include "base/shown_text.h"

namespace topo {
namespace {

// True for the first byte of a UTF-8 character.
bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

}  // namespace

std::size_t end_of_characters(std::string_view text, std::size_t length) noexcept {
  if (text.size() <= length) return std::string_view::npos;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && characters++ == length) return i;
  }
  return std::string_view::npos;
}

bool fits_name(std::string_view name) noexcept {
  return find_invalid_utf8(name) == std::string_view::npos &&
         end_of_characters(name, name_length) == std::string_view::npos;
}

}  // namespace topo
