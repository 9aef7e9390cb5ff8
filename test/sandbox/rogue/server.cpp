#include "sandbox/rogue/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "sandbox/rogue/client.h"

namespace rogue {

struct Server::State {
  const Options options;
  std::function<void(Client&)> serve;
  std::vector<int> listeners;
  std::vector<std::uint16_t> ports;
  const int ending = eventfd(0, EFD_CLOEXEC);

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool is_ending = false;
  struct Serving {
    std::jthread thread;
    int descriptor;  // -1: the connection has ended
  };
  std::list<Serving> serving;
  std::size_t clients = 0;
  std::string heard;
  std::uint64_t bytes_sent = 0;
  std::jthread accepting;

  explicit State(Options wanted) : options(std::move(wanted)), serve(behaviour(options.mode)) {}
  void listen_at(std::uint16_t port);
  void accept_all();
  void take(int descriptor, std::uint16_t port);
  void serve_client(int descriptor, std::uint16_t port);
  void forget_ended();
};

void Server::State::listen_at(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  listeners.push_back(listener);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  socklen_t size = sizeof at;
  auto* plain = reinterpret_cast<sockaddr*>(&at);
  constexpr int waiting_clients = 128;
  const bool did = inet_pton(AF_INET, options.address.c_str(), &at.sin_addr) == 1 &&
                   bind(listener, plain, size) == 0 && listen(listener, waiting_clients) == 0 &&
                   getsockname(listener, plain, &size) == 0;
  if (!did) throw std::runtime_error("a rogue server cannot listen");
  ports.push_back(ntohs(at.sin_port));
}

void Server::State::accept_all() {
  std::vector<pollfd> waited;
  for (const int listener : listeners) waited.push_back({listener, POLLIN, 0});
  waited.push_back({ending, POLLIN, 0});
  while (poll(waited.data(), waited.size(), -1) >= 0 && waited.back().revents == 0) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      if (waited[i].revents == 0) continue;
      const int client = accept4(listeners[i], nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) take(client, ports[i]);
    }
  }
}

void Server::State::take(int descriptor, std::uint16_t port) {
  forget_ended();
  const std::lock_guard lock(mutex);
  ++clients;
  auto& one = serving.emplace_back(Serving{{}, descriptor});
  one.thread = std::jthread([this, descriptor, port, &one] {
    serve_client(descriptor, port);
    const std::lock_guard ended(mutex);
    close(descriptor);
    one.descriptor = -1;
  });
}

void Server::State::forget_ended() {
  std::list<Serving> ended;  // joined without the mutex, which the threads may still need
  const std::lock_guard lock(mutex);
  for (auto one = serving.begin(); one != serving.end();) {
    const auto next = std::next(one);
    if (one->descriptor < 0) ended.splice(ended.end(), serving, one);
    one = next;
  }
}

void Server::State::serve_client(int descriptor, std::uint16_t port) {
  auto behave = [this] {
    const std::lock_guard lock(mutex);
    return serve;
  }();
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);  // raised by OpenSSL
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  const Client::Hooks hooks{[this](std::string_view bytes) {
                              const std::lock_guard lock(mutex);
                              heard.append(bytes);
                            },
                            [this](std::size_t size) {
                              const std::lock_guard lock(mutex);
                              bytes_sent += size;
                            },
                            [this](std::chrono::milliseconds time) {
                              std::unique_lock lock(mutex);
                              if (changed.wait_for(lock, time, [this] { return is_ending; })) throw Gone{};
                            }};
  try {
    auto own = options;  // gives each server a behaviour of its own for the same seed
    own.seed += static_cast<std::uint64_t>(std::find(ports.begin(), ports.end(), port) - ports.begin());
    Client client(descriptor, own, port, hooks);
    behave(client);
  } catch (const Gone&) {
  } catch (const std::runtime_error&) {  // the relayed server has gone
  }
}

Server::Server(Options options) : state_(std::make_unique<State>(std::move(options))) {
  for (std::size_t i = 0; i < state_->options.count; ++i) {
    const auto first = state_->options.port;
    state_->listen_at(first == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(first + i));
  }
  state_->accepting = std::jthread([this] { state_->accept_all(); });
}

Server::~Server() {
  eventfd_write(state_->ending, 1);
  state_->accepting.join();
  for (const int listener : state_->listeners) close(listener);
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
    for (const auto& one : state_->serving)
      if (one.descriptor >= 0) shutdown(one.descriptor, SHUT_RDWR);
  }
  state_->changed.notify_all();
  state_->serving.clear();  // joins the threads
  close(state_->ending);
}

void Server::turn_to(const std::string& mode) {
  auto next = behaviour(mode);
  const std::lock_guard lock(state_->mutex);
  state_->serve = std::move(next);
  for (const auto& one : state_->serving)
    if (one.descriptor >= 0) shutdown(one.descriptor, SHUT_RDWR);
}

const std::string& Server::address() const noexcept {
  return state_->options.address;
}

const std::vector<std::uint16_t>& Server::ports() const noexcept {
  return state_->ports;
}

std::string Server::heard() const {
  const std::lock_guard lock(state_->mutex);
  return state_->heard;
}

std::size_t Server::clients() const {
  const std::lock_guard lock(state_->mutex);
  return state_->clients;
}

std::size_t Server::connected() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::size_t>(
      std::ranges::count_if(state_->serving, [](const auto& one) { return one.descriptor >= 0; }));
}

std::uint64_t Server::bytes_sent() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes_sent;
}

}  // namespace rogue
