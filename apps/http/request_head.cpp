#include "http/request_head.h"

#include <algorithm>
#include <optional>

#include "common/ascii_case.h"

namespace orchestrator {
namespace {

constexpr int not_implemented = 501;
constexpr int uri_too_long = 414;
constexpr int headers_too_large = 431;
constexpr int version_not_supported = 505;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == 0x7f;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

std::string_view without_blanks_around(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Calls `take` with each item of a comma-separated list, in lower case.
template <typename Take>
void for_each_item(std::string_view list, Take take) {
  for (;;) {
    const auto comma = list.find(',');
    take(lower(without_blanks_around(list.substr(0, comma))));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// A host name or address, perhaps with a port.
bool is_host(std::string_view text) {
  constexpr std::string_view others = "-._:[]";
  return std::ranges::all_of(
      text, [&](char c) { return is_alphanumeric(c) || others.find(c) != std::string_view::npos; });
}

std::optional<BadRequest> read_first_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return BadRequest{400, "The first line is not a method, a target and a version"};
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(line.substr(0, first))) return BadRequest{400, "The method is not a word"};
  if (target.empty() || target.find_first_of(" \t#") != std::string_view::npos)
    return BadRequest{400, "The target is empty or has a blank or # in it"};
  head.is_http_1_0 = version == "HTTP/1.0";
  if (!head.is_http_1_0 && version != "HTTP/1.1") {
    if (version.starts_with("HTTP/"))
      return BadRequest{version_not_supported, "Only versions 1.0 and 1.1 of HTTP are answered here"};
    return BadRequest{400, "The first line does not end with a version of HTTP"};
  }
  head.method = line.substr(0, first);
  head.target = target;
  return std::nullopt;
}

std::optional<BadRequest> read_header(std::string_view line, RequestHead& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return BadRequest{400, "A header line is not a name, a colon and a value"};
  head.headers.emplace_back(line.substr(0, colon), without_blanks_around(line.substr(colon + 1)));
  return std::nullopt;
}

std::optional<BadRequest> check_host(const RequestHead& head) {
  const auto host = head.header("Host");
  if (host.count > 1 || (host.count == 0 && !head.is_http_1_0))
    return BadRequest{400, "There must be one Host header"};
  if (!is_host(host.value)) return BadRequest{400, "The Host header is not a host and a port"};
  // The form that clients send to proxies: "http://host:port/path".
  const auto scheme = head.target.find("://");
  if (head.target.starts_with('/') || scheme == std::string::npos) return std::nullopt;
  auto authority = std::string_view(head.target).substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  if (host.count == 0 || !equal_in_any_case(authority, host.value))
    return BadRequest{400, "The target and the Host header name different hosts"};
  return std::nullopt;
}

// Content-Length and Transfer-Encoding: whether a body follows. The body is never read, so its end does not
// matter.
std::optional<BadRequest> read_framing(RequestHead& head) {
  const auto length = head.header("Content-Length");
  const auto coding = head.header("Transfer-Encoding");
  constexpr std::size_t max_digits = 18;
  const bool is_number = !length.value.empty() && length.value.size() <= max_digits &&
                         length.value.find_first_not_of("0123456789") == std::string::npos;
  if (length.count > 1 || (length.count == 1 && !is_number))
    return BadRequest{400, "Content-Length must be one number"};
  if (coding.count > 1 || (coding.count == 1 && (length.count != 0 || head.is_http_1_0)))
    return BadRequest{400, "Transfer-Encoding must be sent once, without Content-Length, in HTTP/1.1"};
  if (coding.count == 1 && !equal_in_any_case(coding.value, "chunked"))
    return BadRequest{not_implemented, "Transfer-Encoding must be chunked"};
  head.has_body = coding.count == 1 || length.value.find_first_not_of('0') != std::string::npos;
  return std::nullopt;
}

void read_connection(RequestHead& head) {
  head.keeps_alive = !head.is_http_1_0;
  bool closes = false;
  for (const auto& [name, value] : head.headers) {
    if (!equal_in_any_case(name, "Connection")) continue;
    for_each_item(value, [&](const std::string& option) {
      closes = closes || option == "close";
      head.keeps_alive = head.keeps_alive || option == "keep-alive";
    });
  }
  head.keeps_alive = head.keeps_alive && !closes;
}

// `text` is all header lines, each ended by CR LF, without the empty line.
HeadReader::Result parse_head(std::string_view text) {
  RequestHead head;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    if (auto bad = is_first ? read_first_line(line, head) : read_header(line, head)) return std::move(*bad);
    text.remove_prefix(end + 2);
  }
  if (auto bad = check_host(head)) return std::move(*bad);
  if (auto bad = read_framing(head)) return std::move(*bad);
  read_connection(head);
  return head;
}

}  // namespace

Header RequestHead::header(std::string_view name) const {
  Header result;
  for (const auto& [known, value] : headers) {
    if (!equal_in_any_case(known, name)) continue;
    if (result.count++ == 0)
      result.value = value;
    else
      result.further.push_back(value);
  }
  return result;
}

// Scans every byte once, however the input is split.
HeadReader::Result HeadReader::next() {
  for (; scanned_ < received_.size(); ++scanned_) {
    const char c = received_[scanned_];
    const bool after_cr = scanned_ > 0 && received_[scanned_ - 1] == '\r';
    if (after_cr != (c == '\n')) return BadRequest{400, "A line must end with CR LF"};
    if (is_control(c) && c != '\r' && c != '\n' && c != '\t')
      return BadRequest{400, "There is a control character in the head"};
    const auto length = scanned_ - line_start_;
    if (lines_ == 0 && length > max_first_line) return BadRequest{uri_too_long, "The first line is too long"};
    if (lines_ > 0 && (length > max_header_line || lines_ > max_headers + 1 || scanned_ > max_head))
      return BadRequest{headers_too_large, "There are too many or too long headers"};
    if (c != '\n') continue;
    const bool is_empty = length == 1;
    if (is_empty && lines_ == 0) return BadRequest{400, "There is an empty line before the first one"};
    ++lines_;
    const auto head_size = line_start_;
    line_start_ = scanned_ + 1;
    if (!is_empty) continue;
    auto result = parse_head(std::string_view(received_).substr(0, head_size));
    received_.erase(0, line_start_);
    scanned_ = line_start_ = lines_ = 0;
    return result;
  }
  return Incomplete{};
}

}  // namespace orchestrator
