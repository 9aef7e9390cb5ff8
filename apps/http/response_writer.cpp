#include "http/response_writer.h"

#include <fmt/format.h>

#include <array>

namespace orchestrator {
namespace {

// Larger bodies are sent in place instead of copied behind the headers.
constexpr std::size_t max_copied_body = 16 * 1024;
constexpr int no_content = 204;
constexpr int not_modified = 304;

// Allows only our own scripts and addresses, and no frames of other pages.
constexpr std::string_view page_headers =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: same-origin\r\n";

constexpr std::string_view strict_transport = "Strict-Transport-Security: max-age=31536000\r\n";

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case no_content: return "No Content";
    case not_modified: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 414: return "URI Too Long";
    case 421: return "Misdirected Request";
    case 423: return "Locked";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::string head_of(const Response& response, const WriteOptions& options, bool is_chunked) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  if (!response.content_type.empty()) head += fmt::format("Content-Type: {}\r\n", response.content_type);
  if (is_chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (response.body != nullptr && response.status != not_modified) {
    head += fmt::format("Content-Length: {}\r\n", response.body->size());
  }
  bool says_how_to_cache = false;
  for (const auto& [name, value] : response.headers) {
    says_how_to_cache = says_how_to_cache || name == "Cache-Control";
    head += fmt::format("{}: {}\r\n", name, value);
  }
  if (!says_how_to_cache) head += "Cache-Control: no-store\r\n";
  head += fmt::format("X-Content-Type-Options: nosniff\r\n{}{}Connection: {}\r\n\r\n",
                      response.is_page ? page_headers : "", options.is_encrypted ? strict_transport : "",
                      options.closes ? "close" : "keep-alive");
  return head;
}

bool write_parts(ByteStream& stream, const Response& response, bool is_chunked) {
  for (;;) {
    const auto part = response.next_part();
    if (!part) return !is_chunked || stream.write("0\r\n\r\n");
    if (part->empty()) {
      if (!stream.is_peer_alive()) return false;
      continue;
    }
    if (!stream.write(is_chunked ? fmt::format("{:x}\r\n{}\r\n", part->size(), *part) : *part)) return false;
  }
}

}  // namespace

bool write_response(ByteStream& stream, const Response& response, const WriteOptions& options) {
  const bool is_stream = response.next_part != nullptr;
  const bool is_chunked = is_stream && !options.is_http_1_0;
  auto head = head_of(response, options, is_chunked);
  if (is_stream) {
    if (!stream.write(head)) return false;
    return options.is_head || write_parts(stream, response, is_chunked);
  }
  const bool has_body = !options.is_head && response.body != nullptr && response.status != not_modified;
  if (has_body && response.body->size() <= max_copied_body) {
    head += *response.body;
    return stream.write(head);
  }
  return stream.write(head) && (!has_body || stream.write(*response.body));
}

}  // namespace orchestrator
