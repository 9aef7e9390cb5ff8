#include "base/shown_text.h"

#include <cstdint>

#include "topo/base/one_line.h"

namespace topo {
namespace {

unsigned char byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Length of the well-formed sequence at `at` (Unicode, table 3-7); 0: malformed.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto first = byte(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || text.size() - at < length) return 0;
  const auto second = byte(text, at + 1);
  const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(text, at + i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// Decodes a well-formed sequence.
std::uint32_t character_of(std::string_view sequence) noexcept {
  if (sequence.size() == 1) return byte(sequence, 0);
  std::uint32_t character = byte(sequence, 0) & (0x7fU >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i)
    character = (character << 6U) | (byte(sequence, i) & 0x3fU);
  return character;
}

// Controls (C0, DEL, C1), line and paragraph separators, and characters that change the writing direction.
bool is_control(std::uint32_t c) noexcept {
  return c < ' ' || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text, std::size_t from) noexcept {
  for (std::size_t at = from; at < text.size();) {
    const auto length = sequence_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string shown_text(std::string_view text, std::size_t most) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence_length(text, at);
    if (at + length > most || at == most) return shown + "...";
    const auto sequence = text.substr(at, length);
    if (length == 0 || is_control(character_of(sequence))) {
      shown += '?';
    } else {
      shown.append(sequence);
    }
    at += length == 0 ? 1 : length;
  }
  return shown;
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence_length(text, at);
    const auto sequence = text.substr(at, length);
    if (text[at] == '\n' || text[at] == '\r' || text[at] == '\t') {
      line += ' ';
    } else if (length == 0 || is_control(character_of(sequence))) {
      line += '?';
    } else {
      line.append(sequence);
    }
    at += length == 0 ? 1 : length;
  }
  return line;
}

}  // namespace topo
