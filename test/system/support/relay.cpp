#include "system/support/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace system_test {
namespace {

sockaddr_in address_of(const topo::InstanceKey& key) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(key.port());
  if (inet_pton(AF_INET, key.hostname().c_str(), &address.sin_addr) != 1)
    throw std::runtime_error(key.hostname() + " is not an IPv4 address");
  return address;
}

// Missing in the headers of Debian 12.
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

// Binds to that address and port, even if a socket with another destination uses them.
bool use_address(int fd, sockaddr_in from) {
  const std::uint32_t port = ntohs(from.sin_port);
  const std::uint32_t range = port << 16U | port;
  const int on = 1;
  from.sin_port = 0;
  return setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range) == 0 &&
         setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
         bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0;
}

// `from`: the local address; nullopt: any.
int connected_to(const topo::InstanceKey& key, const std::optional<sockaddr_in>& from) {
  const auto address = address_of(key);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool is_ready = !from || use_address(fd, *from);
  if (is_ready && connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

std::string some_of(int from) {
  std::array<char, 16384> bytes{};
  const auto got = recv(from, bytes.data(), bytes.size(), 0);
  return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// False: the connection has ended.
bool pass(std::string_view bytes, int to) {
  if (bytes.empty()) return false;
  while (!bytes.empty()) {
    const auto n = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

bool Relay::can_be_address() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(40000);
  const bool can = use_address(fd, any);
  close(fd);
  if (!can) std::puts("SKIPPED: this kernel cannot lend a relay the address of its client");
  return can;
}

Relay::Relay(const topo::InstanceKey& at, const topo::InstanceKey& target, Kind kind)
    : key_(at), kind_(kind), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), target_(target) {
  const auto address = address_of(at);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 64) != 0)
    throw std::runtime_error("a relay cannot listen on " + at.display());
  accepting_ = std::jthread([this] { accept_all(); });
}

Relay::~Relay() {
  shutdown(listener_, SHUT_RDWR);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  accepting_.join();
  passing_.clear();
  close(listener_);
}

void Relay::lead_to(const topo::InstanceKey& target) {
  const std::lock_guard lock(mutex_);
  target_ = target;
}

void Relay::lose_answer_to(const std::string& text, int count) {
  const std::lock_guard lock(mutex_);
  text_ = text;
  count_ = count;
}

// False: the connection has ended, or its answer was lost.
bool Relay::pass_request(int client, int server) {
  const auto request = some_of(client);
  if (!pass(request, server)) return false;
  {
    const std::lock_guard lock(mutex_);
    if (text_.empty() || request.find(text_) == std::string::npos || --count_ >= 0) return true;
    text_.clear();
  }
  (void)some_of(server);
  return false;
}

void Relay::accept_all() {
  for (int client = accept(listener_, nullptr, nullptr); client >= 0;
       client = accept(listener_, nullptr, nullptr)) {
    passing_.emplace_back([this, client] { pass_on(client); });
  }
}

void Relay::pass_on(int client) {
  topo::InstanceKey target;
  {
    const std::lock_guard lock(mutex_);
    target = target_;
    open_.push_back(client);
  }
  std::optional<sockaddr_in> from;
  if (kind_ == Kind::address) {
    socklen_t size = sizeof(sockaddr_in);
    getpeername(client, reinterpret_cast<sockaddr*>(&from.emplace()), &size);
  }
  const int server = connected_to(target, from);
  std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
  while (server >= 0 && poll(both.data(), both.size(), -1) > 0) {
    if (both[0].revents != 0 && !pass_request(client, server)) break;
    if (both[1].revents != 0 && !pass(some_of(server), client)) break;
  }
  const std::lock_guard lock(mutex_);
  open_.remove(client);
  close(client);
  if (server >= 0) close(server);
}

}  // namespace system_test
