// Serializes a Response.
#pragma once

#include "http/byte_stream.h"
#include "http/message.h"

namespace orchestrator {

struct WriteOptions {
  bool is_head = false;       // the response to HEAD has no body
  bool is_http_1_0 = false;   // no chunked encoding
  bool closes = false;        // the connection ends with this response
  bool is_encrypted = false;  // adds Strict-Transport-Security
};

// True: the connection can serve another request. A stream ends when its source or its reader ends.
[[nodiscard]] bool write_response(ByteStream& stream, const Response& response, const WriteOptions& options);

}  // namespace orchestrator
