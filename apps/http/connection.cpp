#include "http/connection.h"

#include <array>
#include <optional>
#include <utility>

#include "http/request_head.h"
#include "http/response_writer.h"

namespace orchestrator {
namespace {

// The time limit for all bytes of a request, and for those of its response.
constexpr std::chrono::seconds request_time{10};
constexpr std::chrono::seconds answer_time{60};

// Incomplete: the connection has ended.
HeadReader::Result read_head(ByteStream& stream, HeadReader& reader) {
  std::array<char, 4096> buffer;  // NOLINT: read() fills it
  for (;;) {
    auto result = reader.next();
    if (!std::holds_alternative<HeadReader::Incomplete>(result)) return result;
    const auto count = stream.read(buffer.data(), buffer.size());
    if (count == 0) return result;
    reader.append({buffer.data(), count});
  }
}

Request request_of(const RequestHead& head, const Peer& peer) {
  return {head.method, head.target, [&head](std::string_view name) { return head.header(name); }, peer,
          [&head] { return head.headers; }};
}

}  // namespace

ConnectionEnd serve_connection(ByteStream& stream, const ConnectionFacts& facts, const Handle& handle) {
  HeadReader reader;
  while (stream.await_request(reader.has_bytes())) {
    stream.allow(request_time);
    const auto read = read_head(stream, reader);
    if (std::holds_alternative<HeadReader::Incomplete>(read)) break;
    WriteOptions options{.is_encrypted = facts.is_encrypted};
    if (const auto* bad = std::get_if<BadRequest>(&read)) {
      options.closes = true;
      stream.allow(answer_time);
      (void)write_response(stream, error_response(bad->status, bad->reason), options);
      return ConnectionEnd::unread_bytes;
    }
    const auto& head = std::get<RequestHead>(read);
    stream.allow(std::nullopt);  // no limit for operations and streams
    const auto response = handle(request_of(head, facts.peer));
    const bool is_stream = response.next_part != nullptr;
    if (!is_stream) stream.allow(answer_time);
    options.is_head = head.method == "HEAD";
    options.is_http_1_0 = head.is_http_1_0;
    options.closes = head.has_body || !head.keeps_alive || (is_stream && head.is_http_1_0);
    if (!write_response(stream, response, options)) break;
    if (head.has_body) return ConnectionEnd::unread_bytes;
    if (options.closes) break;
  }
  return ConnectionEnd::complete;
}

}  // namespace orchestrator
