// The MySQL protocol, server side. MySQL Source Code Documentation, "Client/Server Protocol".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rogue {

// Capability and status flags that tests name.
inline constexpr std::uint32_t capability_tls = 0x0800, capability_protocol_41 = 0x0200;
inline constexpr std::uint16_t status_more_results = 0x0008;

[[nodiscard]] std::string number(std::uint64_t value, int bytes);  // little endian
[[nodiscard]] std::string text(std::string_view value);            // length-encoded

// Payloads.
struct Greeting {
  std::string version = "5.5.5-10.11.6-MariaDB-log";
  std::string plugin = "mysql_native_password";
  // Protocol 4.1, secure, several statements and results, plugins; no TLS.
  std::uint32_t capabilities = 0x000ba20f;
  std::uint32_t connection_id = 7;
};
inline constexpr std::string_view nonce = "12345678abcdefghijkl";  // 20 bytes, as all methods here require
[[nodiscard]] std::string greeting(const Greeting& greeting);
[[nodiscard]] std::string ok(std::uint16_t status = 0);
[[nodiscard]] std::string error(unsigned code, std::string_view message);
[[nodiscard]] std::string end_of_rows(std::uint16_t status = 0);
[[nodiscard]] std::string column(std::string_view name);
using Cell = std::optional<std::string>;
[[nodiscard]] std::string row(const std::vector<Cell>& cells);
// The request to switch to another authentication plugin.
[[nodiscard]] std::string other_plugin(std::string_view name,
                                       std::string_view data = std::string(nonce) + '\0');

// Concatenates packets with consecutive sequence numbers.
class Packets {
 public:
  explicit Packets(std::uint8_t first = 0) : next_(first) {}
  Packets& add(std::string_view payload);
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint8_t next() const noexcept { return next_; }

 private:
  std::string bytes_;
  std::uint8_t next_;
};

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
};
// Appends columns, rows and the packet that ends them.
void add_result(Packets& packets, const Rows& rows, std::uint16_t status = 0);

}  // namespace rogue
