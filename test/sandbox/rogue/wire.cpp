#include "sandbox/rogue/wire.h"

namespace rogue {

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8U) out += static_cast<char>(value & 0xffU);
  return out;
}

std::string text(std::string_view value) {
  constexpr std::size_t one_byte = 251, two_bytes = 0x10000, three_bytes = 0x1000000;
  std::string out;
  if (value.size() < one_byte) {
    out = number(value.size(), 1);
  } else if (value.size() < two_bytes) {
    out = "\xfc" + number(value.size(), 2);
  } else if (value.size() < three_bytes) {
    out = "\xfd" + number(value.size(), 3);
  } else {
    out = "\xfe" + number(value.size(), 8);
  }
  return out.append(value);
}

std::string greeting(const Greeting& greeting) {
  constexpr std::size_t first_part = 8;
  std::string out = "\x0a" + greeting.version + '\0' + number(greeting.connection_id, 4);
  out.append(nonce.substr(0, first_part)).append(1, '\0');
  out += number(greeting.capabilities & 0xffffU, 2) + number(45, 1) + number(2, 2) +
         number(greeting.capabilities >> 16U, 2) + number(21, 1) + std::string(10, '\0');
  out.append(nonce.substr(first_part)).append(1, '\0');
  return out.append(greeting.plugin).append(1, '\0');
}

std::string ok(std::uint16_t status) {
  return number(0, 3) + number(2U | status, 2) + number(0, 2);
}

std::string error(unsigned code, std::string_view message) {
  return ("\xff" + number(code, 2) + "#42000").append(message);
}

std::string end_of_rows(std::uint16_t status) {
  return "\xfe" + number(0, 2) + number(2U | status, 2);
}

std::string column(std::string_view name) {
  return text("def") + text("") + text("") + text("") + text(name) + text(name) + "\x0c" + number(45, 2) +
         number(1024, 4) + "\xfd" + number(0, 5);
}

std::string row(const std::vector<Cell>& cells) {
  std::string out;
  for (const auto& cell : cells) out += cell ? text(*cell) : "\xfb";
  return out;
}

std::string other_plugin(std::string_view name, std::string_view data) {
  return ("\xfe" + std::string(name) + '\0').append(data);
}

Packets& Packets::add(std::string_view payload) {
  constexpr std::size_t largest = 0xffffff;
  for (;;) {
    const auto part = payload.substr(0, largest);
    bytes_ += number(part.size(), 3) + static_cast<char>(next_++);
    bytes_.append(part);
    payload.remove_prefix(part.size());
    if (part.size() < largest) return *this;
  }
}

void add_result(Packets& packets, const Rows& rows, std::uint16_t status) {
  packets.add(number(rows.columns.size(), 1));
  for (const auto& name : rows.columns) packets.add(column(name));
  packets.add(end_of_rows());
  for (const auto& cells : rows.rows) packets.add(row(cells));
  packets.add(end_of_rows(status));
}

}  // namespace rogue
