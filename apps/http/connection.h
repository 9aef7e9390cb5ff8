// One connection of HTTP/1: requests in, answers out, in order.
#pragma once

#include <functional>

#include "http/byte_stream.h"
#include "http/message.h"

namespace orchestrator {

// Answers one request; must not throw.
using Handle = std::function<Response(const Request&)>;

struct ConnectionFacts {
  Peer peer;
  bool is_encrypted = false;  // browsers are told to insist on it
};

enum class ConnectionEnd {
  complete,      // all that was received has been read
  unread_bytes,  // the client may still be sending what nobody reads
};

// Answers requests until the client, a time limit, or an answer ends the connection: one to a request with a
// body, of which nobody knows where it ends, and every one that `handle` did not make.
ConnectionEnd serve_connection(ByteStream& stream, const ConnectionFacts& facts, const Handle& handle);

}  // namespace orchestrator
