#include "pgtid/coordinates.h"

#include <algorithm>

namespace pgtid {
namespace {

struct SplitName {
  std::string_view base;    // up to and including the last dot; the whole name if no digits follow it
  std::string_view number;  // the digits after it, or nothing
};

SplitName split(std::string_view file) noexcept {
  const auto dot = file.rfind('.');
  if (dot == std::string_view::npos) return {file, {}};
  const auto number = file.substr(dot + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(number.begin(), number.end(), is_digit)) return {file, {}};
  return {file.substr(0, dot + 1), number};
}

std::strong_ordering order_of(int c) noexcept {
  return c <=> 0;
}

// Compares digit strings of any length as numbers.
std::strong_ordering compare_numbers(std::string_view a, std::string_view b) noexcept {
  const auto strip = [](std::string_view s) {
    const auto first = s.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view{} : s.substr(first);
  };
  a = strip(a);
  b = strip(b);
  if (a.size() != b.size()) return a.size() <=> b.size();
  return order_of(a.compare(b));
}

}  // namespace

std::string BinlogCoordinates::display() const {
  return file + ':' + std::to_string(position);
}

// Compares the base before the number for all names, numbered or not. Comparing unlike names as plain text
// is not an order: b.10 < b.1x < b.2 < b.10.
std::strong_ordering compare_log_files(std::string_view a, std::string_view b) noexcept {
  const auto left = split(a);
  const auto right = split(b);
  if (const auto by_base = order_of(left.base.compare(right.base)); by_base != 0) return by_base;
  if (const auto by_number = compare_numbers(left.number, right.number); by_number != 0) return by_number;
  return order_of(a.compare(b));
}

std::strong_ordering operator<=>(const BinlogCoordinates& a, const BinlogCoordinates& b) noexcept {
  if (const auto by_file = compare_log_files(a.file, b.file); by_file != 0) return by_file;
  return a.position <=> b.position;
}

std::string_view log_name(std::string_view file) noexcept {
  return file.substr(0, file.rfind('.'));
}

std::optional<std::string> previous_log_file(std::string_view file) {
  const auto parts = split(file);
  if (parts.number.find_first_not_of('0') == std::string_view::npos) return std::nullopt;
  std::string name(file);
  for (auto digit = name.rbegin();; ++digit) {
    if (*digit != '0') {
      --*digit;
      return name;
    }
    *digit = '9';
  }
}

std::optional<std::string> next_log_file(std::string_view file) {
  const auto parts = split(file);
  if (parts.number.empty()) return std::nullopt;
  std::string name(file);
  for (auto i = name.size(); i > parts.base.size(); --i) {
    if (name[i - 1] != '9') {
      ++name[i - 1];
      return name;
    }
    name[i - 1] = '0';
  }
  name.insert(parts.base.size(), 1, '1');
  return name;
}

}  // namespace pgtid
