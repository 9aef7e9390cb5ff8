// AnswerCheck: validates a server's answer byte by byte before the client library parses it, because the
// library trusts lengths that the server sends. Pure: no I/O.
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
  // Call after sending a request of one or several statements. Discards the rest of an earlier answer.
  void begin(const AnswerLimits& limits) noexcept;

  // Checks the next bytes of the stream. Throws Broken for malformed or unrequested data and when a limit is
  // exceeded; the object is unusable afterwards.
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

  // The current packet and payload; a payload may span several packets.
  std::array<char, 4> header_{};
  std::size_t header_size_ = 0;
  std::size_t packet_left_ = 0;
  bool is_in_payload_ = false, goes_on_ = false, is_row_ = false;
  std::string control_;  // a payload that is not a row

  // The current row.
  std::uint64_t cells_left_ = 0, cell_left_ = 0, row_size_ = 0;
  std::array<char, 9> length_{};
  std::size_t length_size_ = 0;
};

}  // namespace topo::mysql
