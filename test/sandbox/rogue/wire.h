// The MySQL protocol as servers speak it. MySQL Source Code Documentation, "Client/Server Protocol".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rogue {

// Capabilities and states that tests need to name.
inline constexpr std::uint32_t capability_tls = 0x0800, capability_protocol_41 = 0x0200;
inline constexpr std::uint16_t status_more_results = 0x0008;

[[nodiscard]] std::string number(std::uint64_t value, int bytes);  // little endian
[[nodiscard]] std::string text(std::string_view value);            // with its length before it

// Payloads.
struct Greeting {
  std::string version = "5.5.5-10.11.6-MariaDB-log";
  std::string plugin = "mysql_native_password";
  // Protocol 4.1, secure, several statements and results, plugins; no TLS.
  std::uint32_t capabilities = 0x000ba20f;
  std::uint32_t connection_id = 7;
};
inline constexpr std::string_view nonce = "12345678abcdefghijkl";  // of 20 bytes, as all here begin with
[[nodiscard]] std::string greeting(const Greeting& greeting);
[[nodiscard]] std::string ok(std::uint16_t status = 0);
[[nodiscard]] std::string error(unsigned code, std::string_view message);
[[nodiscard]] std::string end_of_rows(std::uint16_t status = 0);
[[nodiscard]] std::string column(std::string_view name);
using Cell = std::optional<std::string>;
[[nodiscard]] std::string row(const std::vector<Cell>& cells);
// The request to go on by another plugin.
[[nodiscard]] std::string other_plugin(std::string_view name,
                                       std::string_view data = std::string(nonce) + '\0');

// Adds packets up, each with the number that follows that of the one before.
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
// Columns, rows and what ends them.
void add_result(Packets& packets, const Rows& rows, std::uint16_t status = 0);

}  // namespace rogue
