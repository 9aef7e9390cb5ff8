// One HTTP/1 connection: requests in, responses out, in order.
#pragma once

#include <functional>

#include "http/byte_stream.h"
#include "http/message.h"

namespace orchestrator {

// Handles one request; must not throw.
using Handle = std::function<Response(const Request&)>;

struct ConnectionFacts {
  Peer peer;
  bool is_encrypted = false;  // adds Strict-Transport-Security
};

enum class ConnectionEnd {
  complete,      // all received bytes have been read
  unread_bytes,  // the client may still be sending bytes that are never read
};

// Serves requests until the client, a time limit, or a response ends the connection. Two kinds of response
// end it: to a request with a body, whose end is unknown, and every response that `handle` did not make.
ConnectionEnd serve_connection(ByteStream& stream, const ConnectionFacts& facts, const Handle& handle);

}  // namespace orchestrator
