#include "unit/apps/http_client.h"

#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace {

std::size_t content_length(const std::string& headers) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  for (std::size_t i = 0; i + name.size() < headers.size(); ++i) {
    if (strncasecmp(headers.data() + i, name.data(), name.size()) == 0) {
      return std::strtoul(headers.data() + i + name.size(), nullptr, 10);
    }
  }
  return 0;
}

void connect_to(int socket, const sockaddr* address, socklen_t size) {
  const timeval patience{30, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(socket, address, size) == 0) return;
  close(socket);
  throw std::runtime_error("cannot connect");
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connect_to(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

HttpClient::HttpClient(const std::string& path) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
  connect_to(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

HttpClient::~HttpClient() {
  close(socket_);
}

void HttpClient::say(std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void HttpClient::end_sending() {
  shutdown(socket_, SHUT_WR);
}

void HttpClient::wait_readable(std::chrono::milliseconds patience) {
  pollfd waiting{socket_, POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(patience.count()));
}

std::string HttpClient::read_some() {
  std::array<char, 65536> buffer{};
  const auto count = recv(socket_, buffer.data(), buffer.size(), 0);
  return count <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(count));
}

HttpAnswer HttpClient::send(std::string_view text, bool is_head) {
  say(text);
  HttpAnswer answer;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto end = received_.find("\r\n\r\n");
    if (end != std::string::npos) {
      answer.headers = received_.substr(0, end + 2);
      const auto length = is_head ? 0 : content_length(answer.headers);
      if (received_.size() >= end + 4 + length) {
        answer.status = static_cast<int>(
            std::strtol(answer.headers.c_str() + std::string_view("HTTP/1.1 ").size(), nullptr, 10));
        answer.body = received_.substr(end + 4, length);
        received_.erase(0, end + 4 + length);
        return answer;
      }
    }
    const auto count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return answer;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

HttpAnswer HttpClient::get(const std::string& target, const std::string& more_headers) {
  return send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more_headers + "\r\n");
}
