#include "mysql/packet.h"

namespace topo::mysql {
namespace {

std::uint64_t number_of(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i)
    value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

}  // namespace

std::optional<std::string_view> PayloadReader::bytes(std::size_t count) noexcept {
  failed_ = failed_ || count > rest_.size();
  if (failed_) return std::nullopt;
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::optional<std::uint64_t> PayloadReader::number(std::size_t count) noexcept {
  const auto taken = bytes(count);
  return taken ? std::optional(number_of(*taken)) : std::nullopt;
}

std::optional<std::uint64_t> PayloadReader::length() noexcept {
  const auto size = rest_.empty() ? 0 : size_of_length(static_cast<unsigned char>(rest_.front()));
  failed_ = failed_ || size == 0;
  if (size == 1) return number(1);
  const auto first = bytes(1);
  return first ? number(size - 1) : std::nullopt;
}

std::optional<std::string_view> PayloadReader::text() noexcept {
  const auto size = length();
  return size ? bytes(*size) : std::nullopt;
}

std::optional<std::string_view> PayloadReader::terminated() noexcept {
  const auto end = rest_.find('\0');
  failed_ = failed_ || end == std::string_view::npos;
  if (failed_) return std::nullopt;
  const auto taken = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return taken;
}

std::size_t size_of_length(unsigned char first) noexcept {
  switch (first) {
    case 0xfb:  // NULL
    case 0xff: return 0;
    case 0xfc: return 3;
    case 0xfd: return 4;
    case 0xfe: return 9;
    default: return 1;
  }
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (; text.size() < bytes; value >>= 8U) text += static_cast<char>(value & 0xffU);
  return text;
}

std::string packet(std::string_view payload, std::uint8_t sequence) {
  return little_endian(payload.size(), 3) + static_cast<char>(sequence) + std::string(payload);
}

std::size_t payload_size(std::string_view header) noexcept {
  return number_of(header.substr(0, 3));
}

}  // namespace topo::mysql
