#include "requests/malformed_requests.h"

#include <fmt/format.h>

namespace requests {
namespace {

using namespace std::string_literals;

constexpr std::string_view get = "GET /api/clusters HTTP/1.1\r\n";
constexpr std::string_view host = "Host: localhost\r\n";

// A GET with these header lines besides Host.
std::string with(std::string_view lines) {
  return fmt::format("{}{}{}\r\n", get, host, lines);
}

std::string first_line(std::string_view line) {
  return fmt::format("{}\r\n{}\r\n", line, host);
}

std::string chunk(std::string_view text) {
  return fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", text.size(), text);
}

void add_lengths(std::vector<Malformed>& all, const std::string& planted) {
  const auto size = planted.size();
  const auto length = [&](std::string_view name, std::string_view value) {
    all.push_back(
        {fmt::format("Content-Length {}", name), with(fmt::format("Content-Length: {}\r\n", value))});
  };
  length("with a plus sign", fmt::format("+{}", size));
  length("negative", "-1");
  length("minus zero", "-0");
  length("hexadecimal", fmt::format("0x{:x}", size));
  length("with an exponent", "1e2");
  length("with a fraction", "0.5");
  length("a list of equal ones", fmt::format("{}, {}", size, size));
  length("a list of different ones", fmt::format("0, {}", size));
  length("two words", "0 1");
  length("empty", "");
  length("a comma only", ",");
  length("with a unit", "0b");
  length("beyond 64 bits", "18446744073709551616");
  length("with 30 zeros", std::string(30, '0'));
  length("with a NUL", "0\0"s);
  length("with a vertical tab", "\v0");
  length("in full-width digits", "\xef\xbc\x90");
  length("in quotes", "\"0\"");
  length("of the planted request", fmt::format("{}", size));
  length("with leading zeros", fmt::format("000{}", size));
  length("after a tab", fmt::format("\t{}\t", size));
  length("longer than what comes", "60000");
  all.push_back({"two equal Content-Lengths",
                 with(fmt::format("Content-Length: {}\r\nContent-Length: {}\r\n", size, size))});
  all.push_back({"two different Content-Lengths",
                 with(fmt::format("Content-Length: 0\r\nContent-Length: {}\r\n", size))});
  all.push_back({"two Content-Lengths of nothing", with("Content-Length: 0\r\ncontent-length: 0\r\n")});
  all.push_back(
      {"a blank before the colon of Content-Length", with(fmt::format("Content-Length : {}\r\n", size))});
  all.push_back(
      {"Content-Length in HTTP/1.0",
       fmt::format("GET / HTTP/1.0\r\nConnection: keep-alive\r\n{}Content-Length: {}\r\n\r\n", host, size)});
}

void add_codings(std::vector<Malformed>& all, const std::string& planted) {
  const auto coding = [&](std::string_view name, std::string_view lines, const std::string& body) {
    all.push_back({fmt::format("Transfer-Encoding {}", name), with(lines) + body});
  };
  const std::string no_chunks = "0\r\n\r\n";
  coding("of no chunks", "Transfer-Encoding: chunked\r\n", no_chunks);
  coding("of one chunk", "Transfer-Encoding: chunked\r\n", chunk(planted));
  coding("in capitals", "TRANSFER-ENCODING: CHUNKED\r\n", no_chunks);
  coding("with Content-Length",
         fmt::format("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", 5 + planted.size()), no_chunks);
  coding("with a Content-Length of nothing", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
         no_chunks);
  coding("of an unknown name", "Transfer-Encoding: xchunked\r\n", no_chunks);
  coding("identity", "Transfer-Encoding: identity\r\n", no_chunks);
  coding("chunked and then identity", "Transfer-Encoding: chunked, identity\r\n", no_chunks);
  coding("gzip and then chunked", "Transfer-Encoding: gzip, chunked\r\n", no_chunks);
  coding("twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", no_chunks);
  coding("empty", "Transfer-Encoding:\r\n", no_chunks);
  coding("in quotes", "Transfer-Encoding: \"chunked\"\r\n", no_chunks);
  coding("after a vertical tab", "Transfer-Encoding: \vchunked\r\n", no_chunks);
  coding("with a blank before the colon", "Transfer-Encoding : chunked\r\n", no_chunks);
  coding("with a tab before the colon", "Transfer-Encoding\t: chunked\r\n", no_chunks);
  coding("with an underscore",
         fmt::format("Transfer_Encoding: chunked\r\nContent-Length: {}\r\n", planted.size()), "");
  coding("in a folded line", "Transfer-Encoding:\r\n chunked\r\n", no_chunks);
  coding("behind a bare LF", "X: y\nTransfer-Encoding: chunked\r\n", no_chunks);
  coding("behind a bare CR", "X: y\rTransfer-Encoding: chunked\r\n", no_chunks);
  coding("with a size that is no number", "Transfer-Encoding: chunked\r\n", "zz\r\n");
  coding("with a size too large", "Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n");
  coding("with a size with 0x", "Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n");
  coding("with an extension", "Transfer-Encoding: chunked\r\n", "0;a=\"\n\r\n\r\n");
  coding("with chunks that end with LF", "Transfer-Encoding: chunked\r\n", "0\n\n");
  coding("with a trailer", "Transfer-Encoding: chunked\r\n", "0\r\nX: y\r\n\r\n");
  all.push_back(
      {"Transfer-Encoding in HTTP/1.0",
       fmt::format(
           "GET / HTTP/1.0\r\nConnection: keep-alive\r\n{}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           host)});
}

// Adds each header also with a body, as forwarded by a proxy that reads the rest as intended.
void add_headers(std::vector<Malformed>& all, const std::string& planted) {
  const auto header = [&](std::string_view name, std::string_view lines) {
    all.push_back({fmt::format("a header {}", name), with(lines)});
    all.push_back({fmt::format("a header {}, and a body", name),
                   with(fmt::format("{}Content-Length: {}\r\n", lines, planted.size()))});
  };
  header("without a colon", "no colon\r\n");
  header("without a name", ": x\r\n");
  header("that is folded", "X: a\r\n b\r\n");
  header("that is folded with a tab", "X: a\r\n\tb\r\n");
  header("with a NUL in its name", "X\0: a\r\n"s);
  header("with a NUL in its value", "X: a\0b\r\n"s);
  header("with a CR in its value", "X: a\rb\r\n");
  header("with a LF in its value", "X: a\nb\r\n");
  header("with a control character", "X: \x01\r\n");
  header("with a DEL", "X: \x7f\r\n");
  header("with a blank in its name", "X Y: a\r\n");
  header("with a form feed before its name", "\fX: a\r\n");
  header("with a slash in its name", "X/Y: a\r\n");
  header("with a name that is not ASCII", "X\xc3\xa4: a\r\n");
  header("that is too long", fmt::format("X: {}\r\n", std::string(9000, 'x')));
  header("of no end", fmt::format("X: {}\r\n", std::string(100'000, 'x')));
  std::string many;
  for (int i = 0; i < 150; ++i) many += fmt::format("X-{}: y\r\n", i);
  header("too many", many);
  header("as long as a proxy takes it", fmt::format("X: {}\r\n", std::string(8300, 'x')));
  all.push_back({"a first header that is folded", fmt::format("{} X: y\r\n{}\r\n", get, host)});
  all.push_back({"lines that end with LF", "GET /api/clusters HTTP/1.1\nHost: localhost\n\n"});
  all.push_back({"an empty line that ends with LF", fmt::format("{}{}\n", get, host)});
  all.push_back({"a LF before the empty line", fmt::format("{}{}\n\r\n", get, host)});
  all.push_back({"a CR before the empty line", fmt::format("{}{}\r\r\n", get, host)});
  all.push_back({"an empty line before the request", fmt::format("\r\n{}{}\r\n", get, host)});
  all.push_back({"a LF before the request", fmt::format("\n{}{}\r\n", get, host)});
}

void add_hosts(std::vector<Malformed>& all) {
  const auto plain = [&](std::string_view name, std::string_view lines) {
    all.push_back({fmt::format("Host {}", name), fmt::format("{}{}\r\n", get, lines)});
  };
  plain("missing", "");
  plain("twice", "Host: localhost\r\nHost: localhost\r\n");
  plain("twice, in another case", "Host: localhost\r\nhost: x\r\n");
  plain("a list", "Host: localhost, x\r\n");
  plain("with a user", "Host: x@localhost\r\n");
  plain("with a path", "Host: localhost/x\r\n");
  plain("with a blank", "Host: local host\r\n");
  all.push_back(
      {"a target of another host", "GET http://x/api/clusters HTTP/1.1\r\nHost: localhost\r\n\r\n"});
}

void add_lines(std::vector<Malformed>& all) {
  const auto line = [&](std::string_view name, std::string_view text) {
    all.push_back({fmt::format("a first line {}", name), first_line(text)});
  };
  line("of one word", "GET");
  line("without a version", "GET /");
  line("of four words", "GET / x HTTP/1.1");
  line("with two blanks", "GET  / HTTP/1.1");
  line("with tabs", "GET\t/\tHTTP/1.1");
  line("with a blank before it", " GET / HTTP/1.1");
  line("with a blank after it", "GET / HTTP/1.1 ");
  line("of HTTP/9.9", "GET / HTTP/9.9");
  line("of HTTP/1.10", "GET / HTTP/1.10");
  line("of HTTP/01.1", "GET / HTTP/01.1");
  line("of http/1.1", "GET / http/1.1");
  line("with a NUL", "GET /\0 HTTP/1.1"s);
  line("with a bare CR", "GET /\r HTTP/1.1");
  line("with a fragment", "GET /api/clusters#x HTTP/1.1");
  line("without a slash", "GET api/clusters HTTP/1.1\r\nContent-Length: 1");
  line("with an odd method", "G@T / HTTP/1.1");
  line("without a method", " / HTTP/1.1");
  line("that is too long", fmt::format("GET /{} HTTP/1.1", std::string(70'000, 'x')));
  all.push_back({"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"});
}

void add_bodies(std::vector<Malformed>& all, const std::string& planted) {
  const auto size = planted.size();
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"}) {
    all.push_back({fmt::format("{} with a body", method),
                   first_line(fmt::format("{} /api/clusters HTTP/1.1\r\nContent-Length: {}", method, size))});
  }
  const auto body = [&](std::string_view name, std::string_view lines) {
    all.push_back(
        {fmt::format("a body {}", name), with(fmt::format("{}Content-Length: {}\r\n", lines, size))});
  };
  body("that waits for 100", "Expect: 100-continue\r\n");
  body("that expects something else", "Expect: x\r\n");
  body("with a range that cannot be", "Range: bytes=9-1\r\n");
  body("with too many ranges", "Range: bytes=0-0,0-0,0-0,0-0,0-0\r\n");
  body("with an odd Accept", "Accept: text/html;q=x\r\n");
  body("with an upgrade to HTTP/2",
       "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n");
  body("with an upgrade to WebSocket",
       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
       "dGhlIHNhbXBsZSBub25jZQ==\r\n");
  body("and Connection: close", "Connection: close\r\n");
  body("whose length is named by Connection", "Connection: keep-alive, Content-Length\r\n");
}

}  // namespace

std::vector<Malformed> malformed_requests(const std::string& planted) {
  std::vector<Malformed> all;
  add_lengths(all, planted);
  add_codings(all, planted);
  add_headers(all, planted);
  add_hosts(all);
  add_lines(all);
  add_bodies(all, planted);
  return all;
}

}  // namespace requests
