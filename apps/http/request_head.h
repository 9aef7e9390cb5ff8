// RequestHead: the first line and the headers of an HTTP/1 request, parsed strictly. Anything that another
// program between the client and this server could read differently is refused, because it allows request
// smuggling.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/access.h"

namespace orchestrator {

struct RequestHead {
  std::string method, target;                                // as sent
  std::vector<std::pair<std::string, std::string>> headers;  // in order, values without surrounding blanks
  bool is_http_1_0 = false;
  bool has_body = false;  // bytes follow that are not a request
  bool keeps_alive = false;

  // The name is case-insensitive.
  [[nodiscard]] Header header(std::string_view name) const;
};

// Why a request does not reach the router.
struct BadRequest {
  int status = 400;
  std::string reason;
};

// Splits the bytes of one connection into request heads. The result does not depend on how the bytes arrive.
// After a BadRequest, or a head with a body, the start of the next request is unknown and the reader is
// finished.
class HeadReader {
 public:
  static constexpr std::size_t max_first_line = 16 * 1024;
  static constexpr std::size_t max_header_line = 8 * 1024;
  static constexpr std::size_t max_headers = 100;
  static constexpr std::size_t max_head = 64 * 1024;

  void append(std::string_view bytes) { received_.append(bytes); }
  // Whether there are bytes that no head has consumed.
  [[nodiscard]] bool has_bytes() const noexcept { return !received_.empty(); }

  struct Incomplete {};
  using Result = std::variant<Incomplete, RequestHead, BadRequest>;
  // Incomplete: more bytes are needed.
  [[nodiscard]] Result next();

 private:
  std::string received_;
  std::size_t scanned_ = 0, line_start_ = 0, lines_ = 0;
};

}  // namespace orchestrator
