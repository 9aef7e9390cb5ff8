#include "http/compression.h"

#include <zlib.h>

#include <new>

#include "common/ascii_case.h"

namespace orchestrator {
namespace {

constexpr int window_bits_of_gzip = 15 + 16;
constexpr int memory_level = 8;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Of "gzip;q=0.5": the weight is 0 only if all its digits are 0.
bool is_refused(std::string_view parameters) {
  const auto equals = parameters.find('=');
  if (equals == std::string_view::npos || lower(trim(parameters.substr(0, equals))) != "q") return false;
  return trim(parameters.substr(equals + 1)).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::string gzip(std::string_view text, Effort effort) {
  z_stream stream{};
  const int level = effort == Effort::most ? Z_BEST_COMPRESSION : Z_BEST_SPEED;
  if (deflateInit2(&stream, level, Z_DEFLATED, window_bits_of_gzip, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string compressed(deflateBound(&stream, text.size()), '\0');
  // zlib does not modify its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int result = deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::bad_alloc();
  return compressed;
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  for (;;) {
    const auto comma = accept_encoding.find(',');
    const auto item = accept_encoding.substr(0, comma);
    const auto semicolon = item.find(';');
    const auto coding = lower(trim(item.substr(0, semicolon)));
    const bool refused = semicolon != std::string_view::npos && is_refused(trim(item.substr(semicolon + 1)));
    if (coding == "gzip" || coding == "x-gzip") return !refused;
    if (coding == "*") any = !refused;
    if (comma == std::string_view::npos) return any;
    accept_encoding.remove_prefix(comma + 1);
  }
}

}  // namespace orchestrator
