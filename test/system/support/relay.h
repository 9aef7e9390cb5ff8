// A name that leads to a selectable server.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "topo/base/instance_key.h"

namespace system_test {

// Listens on an address of this machine and forwards connections. Thread-safe.
class Relay {
 public:
  enum class Kind {
    address,  // the server sees the client's address, as with a virtual address
    proxy     // the server sees the relay's address
  };
  // Kind::address needs Linux 6.3; without it, prints a line that begins with SKIPPED.
  [[nodiscard]] static bool can_be_address();

  // Throws std::runtime_error when it cannot listen there.
  Relay(const topo::InstanceKey& at, const topo::InstanceKey& target, Kind kind = Kind::address);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Redirects new connections; open ones stay, as when a name moves.
  void lead_to(const topo::InstanceKey& target);
  // After `count` requests that contain `text`, the next one gets no answer: the connection is closed after
  // the server has answered. lost() then returns true.
  void lose_answer_to(const std::string& text, int count);
  [[nodiscard]] bool lost() const noexcept { return count_ < 0; }
  [[nodiscard]] const topo::InstanceKey& key() const noexcept { return key_; }

 private:
  void accept_all();
  void pass_on(int client);
  bool pass_request(int client, int server);

  const topo::InstanceKey key_;
  const Kind kind_;
  int listener_ = -1;
  std::mutex mutex_;  // guards the next three members
  topo::InstanceKey target_;
  std::string text_;  // "": all requests are answered
  std::list<int> open_;
  std::atomic<int> count_{0};
  std::list<std::jthread> passing_;  // used by the accepting thread
  std::jthread accepting_;
};

}  // namespace system_test
