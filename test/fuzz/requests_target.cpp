#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <functional>

#include "common/ascii_case.h"
#include "fuzz/targets.h"
#include "http/connection.h"
#include "http/request_head.h"
#include "http/target.h"
#include "requests/malformed_requests.h"

namespace fuzz {
namespace {

using namespace orchestrator;

struct Sizes {
  std::size_t first, others;
};

// Returns bytes in pieces of at most these sizes.
class Pieces : public ByteStream {
 public:
  Pieces(std::string_view bytes, Sizes sizes) : left_(bytes), sizes_(sizes), next_(sizes.first) {}
  bool await_request(bool has_bytes) override { return has_bytes || !left_.empty(); }
  std::size_t read(char* to, std::size_t max) override {
    const auto size = std::min({max, left_.size(), next_});
    next_ = sizes_.others;
    left_.copy(to, size);
    left_.remove_prefix(size);
    return size;
  }
  bool write(std::string_view bytes) override {
    written_ += bytes;
    return true;
  }
  bool is_peer_alive() override { return true; }
  void allow(std::optional<std::chrono::milliseconds>) override {}
  [[nodiscard]] const std::string& written() const { return written_; }

 private:
  std::string_view left_;
  const Sizes sizes_;
  std::size_t next_;
  std::string written_;
};

struct Served {
  std::vector<std::string> targets;
  std::string written;
  friend bool operator==(const Served&, const Served&) = default;
};

Served serve(std::string_view bytes, Sizes sizes) {
  Pieces stream(bytes, sizes);
  Served served;
  const auto body = std::make_shared<const std::string>("x");
  serve_connection(stream, {}, [&](const Request& request) {
    served.targets.push_back(fmt::format("{} {}", request.method, request.target));
    return Response{200, body, "text/plain"};
  });
  served.written = stream.written();
  return served;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

const re2::RE2& pattern_of_heads() {
  static const re2::RE2 pattern(
      "[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ #\\x00-\\x1f\\x7f]+ HTTP/1[.][01]\r\n"
      "([!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\\x00-\\x08\\x0a-\\x1f\\x7f]*\r\n)*\r\n",
      re2::RE2::Latin1);
  return pattern;
}

// The values of a header, without blanks around them.
std::vector<std::string> values_of(std::string_view text, const re2::RE2& header) {
  re2::StringPiece left(text.data(), text.size());
  std::vector<std::string> values;
  for (std::string value; re2::RE2::FindAndConsume(&left, header, &value);) values.push_back(value);
  return values;
}

re2::RE2::Options any_case() {
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_case_sensitive(false);
  return options;
}

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) return;
  std::string all;
  for (const auto& segment : target->segments) all += segment;
  for (const auto& [name, value] : target->query) all += name + value;
  require(all.find('\0') == std::string::npos && all.size() <= text.size() &&
              target->segments.size() <= max_segments &&
              text.size() <= longest_target + 7 + text.find('/', 7),
          "a target has bounds, and no NUL");
}

// Checks, by other means than the reader's, that an accepted head is unambiguous.
void check_head(std::string_view text, const RequestHead& head) {
  static const re2::RE2 length("\r\ncontent-length:[\t ]*([^\r]*?)[\t ]*\r", any_case());
  static const re2::RE2 coding("\r\ntransfer-encoding:[\t ]*([^\r]*?)[\t ]*\r", any_case());
  static const re2::RE2 host("\r\nhost:[\t ]*([^\r]*?)[\t ]*\r", any_case());
  require(re2::RE2::FullMatch({text.data(), text.size()}, pattern_of_heads()), "a head has the form of one");
  require(text.starts_with(
              fmt::format("{} {} HTTP/1.{}\r\n", head.method, head.target, head.is_http_1_0 ? 0 : 1)),
          "the first line is what it says");
  require(count(text, "\r\n") == head.headers.size() + 2 &&
              head.headers.size() <= HeadReader::max_headers + 1 && text.size() <= HeadReader::max_head + 2,
          "every header is told, and there are not too many");
  const auto lengths = values_of(text, length), codings = values_of(text, coding),
             hosts = values_of(text, host);
  require(lengths.size() + codings.size() <= 1, "there is one length");
  bool has_body = !codings.empty();
  for (const auto& value : lengths) {
    require(re2::RE2::FullMatch(value, "[0-9]{1,18}"), "a length is a number");
    has_body = value.find_first_not_of('0') != std::string::npos;
  }
  for (const auto& value : codings)
    require(lower(value) == "chunked" && !head.is_http_1_0, "a transfer coding is a known one");
  require(head.has_body == has_body, "there is a body where the headers say so");
  require(hosts.size() == 1 || (head.is_http_1_0 && hosts.empty()), "there is one Host");
  for (const auto& value : hosts)
    require(re2::RE2::FullMatch(value, "[A-Za-z0-9._:\\[\\]-]*"), "Host is a host");
  check_target(head.target);
}

// Reads byte by byte, so that the bytes of each head are known.
std::size_t count_heads(std::string_view bytes, bool& is_bad) {
  HeadReader reader;
  std::size_t heads = 0, begin = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    reader.append(bytes.substr(i, 1));
    const auto result = reader.next();
    is_bad = std::holds_alternative<BadRequest>(result);
    if (is_bad) return heads;
    const auto* head = std::get_if<RequestHead>(&result);
    if (head == nullptr) continue;
    check_head(bytes.substr(begin, i + 1 - begin), *head);
    ++heads;
    begin = i + 1;
    if (head->has_body || !head->keeps_alive) return heads;
  }
  return heads;
}

std::size_t run_requests(std::string_view bytes) {
  bool is_bad = false;
  const auto heads = count_heads(bytes, is_bad);
  const auto whole = serve(bytes, {bytes.size(), bytes.size()});
  require(whole.targets.size() == heads, "every head is executed once, and nothing else is");
  require(count(whole.written, "HTTP/1.1 ") == heads + (is_bad ? 1 : 0), "every request is answered once");
  require(!is_bad || whole.written.find("Connection: close\r\n") != std::string::npos,
          "an error of the reader closes the connection");
  if (bytes.size() < 2) return heads;
  const auto place = 1 + std::hash<std::string_view>{}(bytes) % (bytes.size() - 1);
  require(serve(bytes, {place, bytes.size()}) == whole, "where it is split makes no difference");
  constexpr std::size_t some_size = 7;
  require(serve(bytes, {some_size, some_size}) == whole, "pieces make no difference");
  return heads;
}

std::vector<std::string> corpus_of_requests() {
  const std::string planted = "GET /planted HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<std::string> all{
      planted + planted,
      "HEAD /api/cluster/db1:3306 HTTP/1.1\r\nHost: x:3000\r\nConnection: keep-alive\r\n\r\n" + planted,
      "GET http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" + planted,
      "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + planted};
  constexpr std::size_t max_size = 1000;
  for (const auto& [name, text] : ::requests::malformed_requests(planted)) {
    if (text.size() < max_size) all.push_back(text + planted);
  }
  return all;
}

std::vector<std::string> words_of_requests() {
  return {"\r\n",
          "\r\n\r\n",
          "\n",
          "\r",
          "GET / HTTP/1.1\r\nHost: x\r\n",
          "Content-Length: ",
          "Host: x\r\n",
          "chunked",
          "HTTP/1.0",
          "0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Connection: close\r\n",
          "keep-alive",
          "Content-Length: 0\r\n",
          "Content-Length: 35\r\n",
          ": ",
          " ",
          "\t"};
}

}  // namespace

const Target requests{run_requests, corpus_of_requests, words_of_requests};

}  // namespace fuzz
