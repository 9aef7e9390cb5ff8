// Packets of the MySQL protocol. MySQL Source Code Documentation, "Protocol Basics".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace topo::mysql {

constexpr std::size_t packet_header_size = 4;
constexpr std::size_t largest_packet = 0xffffff;  // a payload of this size continues in the next packet

// The first byte of a payload.
enum Marker : unsigned char {
  marker_ok = 0x00,
  marker_more = 0x01,
  marker_null = 0xfb,
  marker_end = 0xfe,
  marker_error = 0xff
};

// Reads values from the front of a payload. A missing value is nullopt, and so are all values after it.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) noexcept : rest_(payload) {}

  [[nodiscard]] std::optional<std::uint64_t> number(std::size_t bytes) noexcept;  // little endian; at most 8
  [[nodiscard]] std::optional<std::uint64_t> length() noexcept;                   // a length-encoded number
  [[nodiscard]] std::optional<std::string_view> bytes(std::size_t count) noexcept;
  [[nodiscard]] std::optional<std::string_view> text() noexcept;        // length-encoded
  [[nodiscard]] std::optional<std::string_view> terminated() noexcept;  // up to a NUL, which is required
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// Size in bytes of a length-encoded number that starts with `first`; 0: invalid.
[[nodiscard]] std::size_t size_of_length(unsigned char first) noexcept;

[[nodiscard]] std::string little_endian(std::uint64_t value, std::size_t bytes);
[[nodiscard]] std::string packet(std::string_view payload,
                                 std::uint8_t sequence);  // for payloads smaller than largest_packet
[[nodiscard]] std::size_t payload_size(std::string_view header) noexcept;  // from a header of four bytes

}  // namespace topo::mysql
