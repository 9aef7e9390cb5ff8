#include "mysql/answer_check.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>

#include "mysql/broken.h"
#include "mysql/packet.h"

namespace topo::mysql {
namespace {

constexpr std::size_t max_control = 65536;   // column definitions have some hundred bytes
constexpr std::uint64_t max_columns = 4096;  // the limit of tables, too
// The library buffers whole rows. Servers reject larger statements unless configured otherwise.
constexpr std::uint64_t max_row_bytes = std::uint64_t{128} << 20U;

[[noreturn]] void throw_too_much(std::string_view what) {
  throw Broken{Code::refused, CR_NET_PACKET_TOO_LARGE,
               fmt::format("its answer is larger than {}, and was not read to the end", what)};
}

std::string display_size(std::uint64_t bytes) {
  constexpr std::uint64_t megabyte = std::uint64_t{1} << 20U;
  return bytes < megabyte ? fmt::format("{} bytes", bytes) : fmt::format("{} MB", bytes / megabyte);
}

}  // namespace

void AnswerCheck::begin(const AnswerLimits& limits) noexcept {
  limits_ = limits;
  bytes_ = rows_ = 0;
  expects_ = Expects::answer;
}

void AnswerCheck::take(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > limits_.bytes) throw_too_much(display_size(limits_.bytes));
  while (!bytes.empty()) {
    if (packet_left_ == 0) {
      take_header(bytes);
    } else {
      const auto part = bytes.substr(0, packet_left_);
      take_payload(part);
      bytes.remove_prefix(part.size());
      packet_left_ -= part.size();
    }
    const bool is_whole = header_size_ == 0 && packet_left_ == 0 && is_in_payload_ && !goes_on_;
    if (is_whole) end_payload();
  }
}

void AnswerCheck::take_header(std::string_view& bytes) {
  const auto taken = std::min(header_.size() - header_size_, bytes.size());
  std::copy_n(bytes.begin(), taken, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
  bytes.remove_prefix(taken);
  header_size_ += taken;
  if (header_size_ < header_.size()) return;
  header_size_ = 0;
  packet_left_ = payload_size({header_.data(), header_.size()});
  const bool is_first = !is_in_payload_;
  if (is_first && packet_left_ == 0) throw_malformed("an empty one");
  goes_on_ = packet_left_ == largest_packet;
  if (is_first) begin_payload();
}

void AnswerCheck::begin_payload() {
  if (expects_ == Expects::nothing) throw_malformed("more than was asked for");
  is_in_payload_ = true;
  is_row_ = expects_ == Expects::rows;  // unless its first byte marks an end or an error
  control_.clear();
  cells_left_ = columns_;
  cell_left_ = row_size_ = 0;
  length_size_ = 0;
}

void AnswerCheck::take_payload(std::string_view part) {
  if (is_row_ && cells_left_ == columns_ && cell_left_ == 0 && length_size_ == 0) {
    // The library distinguishes rows from end markers in the same way.
    constexpr std::size_t max_end_bytes = 8;
    const auto first = static_cast<unsigned char>(part.front());
    is_row_ = first != marker_error && (first != marker_end || packet_left_ > max_end_bytes);
  }
  if (is_row_) {
    row_size_ += part.size();
    if (row_size_ > max_row_bytes) throw_too_much(fmt::format("{} in one row", display_size(max_row_bytes)));
    take_cells(part);
    return;
  }
  if (control_.size() + part.size() > max_control) throw_malformed("one that is too large");
  control_.append(part);
}

// Optimized for logs with millions of rows: most cells are short and completely in `part`.
void AnswerCheck::take_cells(std::string_view part) {
  constexpr unsigned char longer = 0xfb;  // from here on the first byte is not the length itself
  while (!part.empty()) {
    if (cell_left_ > 0) {
      const auto taken = std::min<std::uint64_t>(cell_left_, part.size());
      part.remove_prefix(taken);
      cell_left_ -= taken;
      continue;
    }
    if (cells_left_ == 0) throw_malformed("a row of too many columns");
    const auto first = static_cast<unsigned char>(part.front());
    if (length_size_ == 0 && first < longer) {
      --cells_left_;
      const auto taken = std::min<std::size_t>(first, part.size() - 1);
      part.remove_prefix(1 + taken);
      cell_left_ = first - taken;
    } else if (length_size_ == 0 && first == marker_null) {
      --cells_left_;
      part.remove_prefix(1);
    } else {
      take_length(part.front());
      part.remove_prefix(1);
    }
  }
}

// Takes the next byte of a multi-byte length.
void AnswerCheck::take_length(char byte) {
  length_[length_size_++] = byte;
  const auto size = size_of_length(static_cast<unsigned char>(length_.front()));
  if (size == 0) throw_malformed("a cell without a length");
  if (length_size_ < size) return;
  cell_left_ = PayloadReader({length_.data(), size}).length().value_or(0);
  if (cell_left_ > limits_.bytes) throw_too_much(display_size(limits_.bytes));
  if (cell_left_ > max_row_bytes) throw_too_much(fmt::format("{} in one row", display_size(max_row_bytes)));
  length_size_ = 0;
  --cells_left_;
}

void AnswerCheck::end_payload() {
  is_in_payload_ = false;
  if (!is_row_) {
    end_control();
    return;
  }
  if (cells_left_ > 0 || cell_left_ > 0 || length_size_ > 0) throw_malformed("a row that is cut off");
  if (++rows_ > limits_.rows) throw_too_much(fmt::format("{} rows", limits_.rows));
}

void AnswerCheck::end_control() {
  const std::string_view payload = control_;
  const auto first = payload.empty() ? 0 : static_cast<unsigned char>(payload.front());
  if (first == marker_error) {
    end_error(payload.substr(1));
    return;
  }
  switch (expects_) {
    case Expects::answer: {
      if (first == marker_ok) {
        end_ok(payload.substr(1));
        return;
      }
      if (first == marker_null) {
        throw Broken{Code::refused, CR_UNKNOWN_ERROR,
                     "it requested a file of this machine (LOAD DATA LOCAL), which is not allowed"};
      }
      PayloadReader reader(payload);
      columns_ = reader.length().value_or(0);
      if (columns_ == 0 || columns_ > max_columns || !reader.rest().empty())
        throw_malformed("a number of columns that cannot be");
      columns_seen_ = 0;
      expects_ = Expects::columns;
      return;
    }
    case Expects::columns:
      end_column();
      if (++columns_seen_ == columns_) expects_ = Expects::end_of_columns;
      return;
    case Expects::end_of_columns:
      if (first != marker_end || payload.size() != 5) throw_malformed("more columns than it said");
      expects_ = Expects::rows;
      return;
    case Expects::rows: end_rows(payload.substr(1)); return;
    case Expects::nothing: return;
  }
}

// Six texts (catalog, schema, table twice, name twice), then twelve bytes with their length in front.
void AnswerCheck::end_column() const {
  PayloadReader reader(control_);
  constexpr int texts = 6;
  constexpr std::size_t fixed = 12;
  for (int i = 0; i < texts; ++i) static_cast<void>(reader.text());
  const auto numbers = reader.text();
  if (!numbers || numbers->size() < fixed) throw_malformed("the definition of a column that is cut off");
}

void AnswerCheck::end_ok(std::string_view payload) {
  PayloadReader reader(payload);
  static_cast<void>(reader.length());
  static_cast<void>(reader.length());
  const auto status = reader.number(2);
  if (!status || !reader.number(2)) throw_malformed("an OK that is cut off");
  if (!reader.rest().empty() && !reader.text()) throw_malformed("an OK whose text is cut off");
  after_result(*status);
}

void AnswerCheck::end_error(std::string_view payload) {
  const auto number = PayloadReader(payload).number(2);
  constexpr std::uint64_t progress = 0xffff;  // a progress report: the library would wait without end
  if (!number || *number == progress) throw_malformed("an error without a number");
  expects_ = Expects::nothing;
}

void AnswerCheck::end_rows(std::string_view payload) {
  PayloadReader reader(payload);
  static_cast<void>(reader.number(2));  // warnings
  const auto status = reader.number(2);
  if (!status) throw_malformed("an end of rows that is cut off");
  after_result(*status);
}

void AnswerCheck::after_result(std::uint64_t status) noexcept {
  expects_ = (status & SERVER_MORE_RESULTS_EXIST) != 0 ? Expects::answer : Expects::nothing;
}

}  // namespace topo::mysql
