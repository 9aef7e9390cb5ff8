// From a Response to the bytes that are sent.
#pragma once

#include "http/byte_stream.h"
#include "http/message.h"

namespace orchestrator {

struct WriteOptions {
  bool is_head = false;       // the answer to HEAD has no body
  bool is_http_1_0 = false;   // knows no chunks
  bool closes = false;        // the connection ends with this answer
  bool is_encrypted = false;  // browsers are told to insist on it
};

// Whether the connection can go on. A stream ends when its source or its reader does.
[[nodiscard]] bool write_response(ByteStream& stream, const Response& response, const WriteOptions& options);

}  // namespace orchestrator
