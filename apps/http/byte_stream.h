// ByteStream: the bytes of a connection, whatever carries them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace orchestrator {

// For one thread.
class ByteStream {
 public:
  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Waits for the next request. False: none came in time, or the server is stopping. With `has_bytes` a part
  // of the request is here already, and there is nothing to wait for.
  virtual bool await_request(bool has_bytes) = 0;
  // Up to `max` bytes, at least one; 0: the connection has ended, or its time is over.
  virtual std::size_t read(char* to, std::size_t max) = 0;
  // All of it. False: it cannot be sent.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool is_peer_alive() = 0;
  // From now on all reading and writing together may take that long; nullopt: any time.
  virtual void allow(std::optional<std::chrono::milliseconds> time) = 0;
};

}  // namespace orchestrator
