// AnswerCheck: what a server answers to a request, checked byte by byte before the client library parses it,
// which trusts lengths more than it should. Pure.
//
// MySQL Source Code Documentation, "Text Protocol".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "topo/mysql/connection.h"

namespace topo::mysql {

class AnswerCheck {
 public:
  // A request of one or several statements was sent. What was left of an earlier answer does not count any
  // more.
  void begin(const AnswerLimits& limits) noexcept;

  // The next bytes of the stream. Throws Broken for what is malformed, was not asked for or is beyond the
  // limits; the object is of no use after that.
  void take(std::string_view bytes);

 private:
  enum class Expects { nothing, answer, columns, end_of_columns, rows };

  void take_header(std::string_view& bytes);
  void begin_payload();
  void take_payload(std::string_view part);
  void take_cells(std::string_view part);
  void take_length(char byte);
  void end_payload();
  void end_control();
  void end_column() const;
  void end_ok(std::string_view payload);
  void end_error(std::string_view payload);
  void end_rows(std::string_view payload);
  void after_result(std::uint64_t status) noexcept;

  AnswerLimits limits_;
  std::uint64_t bytes_ = 0, rows_ = 0;
  Expects expects_ = Expects::nothing;
  std::uint64_t columns_ = 0, columns_seen_ = 0;

  // The packet, and the payload, which may go on over several packets.
  std::array<char, 4> header_{};
  std::size_t header_size_ = 0;
  std::size_t packet_left_ = 0;
  bool is_in_payload_ = false, goes_on_ = false, is_row_ = false;
  std::string control_;  // a payload that is no row

  // The row.
  std::uint64_t cells_left_ = 0, cell_left_ = 0, row_size_ = 0;
  std::array<char, 9> length_{};
  std::size_t length_size_ = 0;
};

}  // namespace topo::mysql
