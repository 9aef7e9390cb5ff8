#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "topo/mysql/connection.h"

namespace topo::mysql {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::int64_t> to_number(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

ResultSet::ResultSet(std::vector<std::string> columns,
                     const std::vector<std::vector<std::optional<std::string>>>& rows)
    : columns_(std::move(columns)) {
  for (const auto& row : rows) {
    if (row.size() != columns_.size()) throw std::invalid_argument("a row is not as wide as its columns");
    for (const auto& cell : row) append_cell(cell ? cell->data() : nullptr, cell ? cell->size() : 0);
    ++row_count_;
  }
}

void ResultSet::append_cell(const char* bytes, std::size_t length) {
  if (bytes == nullptr) {
    cells_.push_back({});
    return;
  }
  if (bytes_.size() + length >= null_length) throw std::length_error("an answer of more than 4 GB");
  cells_.push_back({static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(length)});
  bytes_.append(bytes, length);
}

std::optional<std::size_t> ResultSet::column_index(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (equal_without_case(columns_[i], name)) return i;
  }
  return std::nullopt;
}

std::optional<std::string_view> Row::text(std::size_t column) const {
  const auto width = result_->columns_.size();
  if (column >= width) return std::nullopt;
  const auto cell = result_->cells_[row_ * width + column];
  if (cell.length == ResultSet::null_length) return std::nullopt;
  return std::string_view(result_->bytes_).substr(cell.offset, cell.length);
}

std::optional<std::string_view> Row::text(std::string_view column) const {
  const auto index = result_->column_index(column);
  return index ? text(*index) : std::nullopt;
}

std::string Row::string_or(std::string_view column, std::string_view fallback) const {
  return std::string(text(column).value_or(fallback));
}

std::optional<std::int64_t> Row::number(std::size_t column) const {
  return to_number(text(column));
}

std::optional<std::int64_t> Row::number(std::string_view column) const {
  return to_number(text(column));
}

std::int64_t Row::number_or(std::string_view column, std::int64_t fallback) const {
  return number(column).value_or(fallback);
}

bool Row::flag(std::string_view column) const {
  const auto value = text(column);
  if (!value) return false;
  for (const std::string_view yes : {"1", "ON", "YES", "TRUE"}) {
    if (equal_without_case(*value, yes)) return true;
  }
  return false;
}

}  // namespace topo::mysql
