#include "requests/fuzz_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "common/ascii_case.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/request_head.h"
#include "requests/malformed_requests.h"

namespace requests {
namespace {

using namespace orchestrator;

void require(bool holds, std::string_view what) {
  if (!holds) throw std::logic_error(std::string(what));
}

// Gives bytes in pieces of a few sizes, which the bytes themselves decide.
class Pieces : public ByteStream {
 public:
  Pieces(std::string_view bytes, std::size_t max_piece) : left_(bytes), max_piece_(max_piece) {}
  bool await_request(bool has_bytes) override { return has_bytes || !left_.empty(); }
  std::size_t read(char* to, std::size_t max) override {
    const auto size = std::min({max, left_.size(), max_piece_});
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
  const std::size_t max_piece_;
  std::string written_;
};

struct Served {
  std::vector<std::string> targets;
  std::string written;
  friend bool operator==(const Served&, const Served&) = default;
};

Served serve(std::string_view bytes, std::size_t max_piece) {
  Pieces stream(bytes, max_piece);
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

// Whether a head that was accepted is one that nobody can misread, by another way than that of its reader.
void check_head(std::string_view text, const RequestHead& head) {
  require(text.ends_with("\r\n\r\n") && text.find("\r\n\r\n") == text.size() - 4,
          "a head ends at the first empty line");
  require(count(text, "\r") == count(text, "\r\n") && count(text, "\n") == count(text, "\r\n"),
          "CR and LF come together");
  require(text.find('\0') == std::string_view::npos, "there is no NUL");
  require(text.find("\r\n ") == std::string_view::npos && text.find("\r\n\t") == std::string_view::npos,
          "no line is folded");
  require(text.starts_with(fmt::format("{} {} HTTP/1.", head.method, head.target)),
          "the first line is what it says");
  const auto low = lower(text);
  const auto lengths = count(low, "\r\ncontent-length:"), codings = count(low, "\r\ntransfer-encoding:");
  require(lengths + codings <= 1, "there is one length");
  require(codings == 0 || head.has_body, "a transfer coding is a body");
  if (lengths == 1) {
    const auto at = low.find("\r\ncontent-length:") + std::string_view("\r\ncontent-length:").size();
    const auto value = low.substr(at, low.find("\r\n", at) - at);
    require(head.has_body == (value.find_first_not_of("0 \t") != std::string::npos), "a length is a body");
  }
  require(count(low, "\r\nhost:") == 1 || (head.is_http_1_0 && count(low, "\r\nhost:") == 0),
          "there is one Host");
}

// Byte by byte, so that it is known which bytes each head is.
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

}  // namespace

int fuzz_requests(std::string_view bytes) {
  bool is_bad = false;
  const auto heads = count_heads(bytes, is_bad);
  const auto whole = serve(bytes, bytes.size());
  require(whole.targets.size() == heads, "every head is executed once, and nothing else is");
  require(count(whole.written, "HTTP/1.1 ") == heads + (is_bad ? 1 : 0), "every request is answered once");
  require(!is_bad || whole.written.find("Connection: close\r\n") != std::string::npos,
          "an error of the reader closes the connection");
  constexpr std::size_t some_size = 7;
  require(serve(bytes, some_size) == whole, "pieces make no difference");
  return 0;
}

std::vector<std::string> fuzz_corpus() {
  const std::string planted = "GET /planted HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<std::string> corpus{
      planted + planted,
      "HEAD /api/cluster/db1:3306 HTTP/1.1\r\nHost: x:3000\r\nConnection: keep-alive\r\n\r\n" + planted,
      "GET http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" + planted,
      "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + planted};
  constexpr std::size_t max_size = 1000;
  for (const auto& [name, text] : malformed_requests(planted)) {
    if (text.size() < max_size) corpus.push_back(text + planted);
  }
  return corpus;
}

std::vector<std::string> fuzz_words() {
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

}  // namespace requests
