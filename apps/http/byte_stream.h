// ByteStream: the bytes of a connection, independent of the transport.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace orchestrator {

// For use by one thread.
class ByteStream {
 public:
  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Waits for the next request. False: none arrived in time, or the server is stopping. With `has_bytes` part
  // of the request has already been read, and the call does not wait.
  virtual bool await_request(bool has_bytes) = 0;
  // Up to `max` bytes, at least one; 0: the connection has ended or has timed out.
  virtual std::size_t read(char* to, std::size_t max) = 0;
  // Writes all of it. False: the bytes cannot be sent.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool is_peer_alive() = 0;
  // Limits the total time of all reads and writes from now on; nullopt: no limit.
  virtual void allow(std::optional<std::chrono::milliseconds> time) = 0;
};

}  // namespace orchestrator
