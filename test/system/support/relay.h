// A name that leads to whichever server it is told to.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "topo/base/instance_key.h"

namespace system_test {

// Listens on an address of this machine and passes connections on. Thread-safe.
class Relay {
 public:
  enum class Kind {
    address,  // the server sees where a connection comes from, as with a virtual address
    proxy     // it sees the relay
  };
  // Addresses need Linux 6.3; where that is missing, a line that begins with SKIPPED is printed.
  [[nodiscard]] static bool can_be_address();

  // Throws std::runtime_error when it cannot listen there.
  Relay(const topo::InstanceKey& at, const topo::InstanceKey& target, Kind kind = Kind::address);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // New connections go there; those that are open stay, as they do when a name moves.
  void lead_to(const topo::InstanceKey& target);
  // After `count` requests that have `text` in them, one more gets no answer: the connection ends when the
  // server has given it. That it has happened: lost().
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
  std::mutex mutex_;  // of the three below
  topo::InstanceKey target_;
  std::string text_;  // "": all are answered
  std::list<int> open_;
  std::atomic<int> count_{0};
  std::list<std::jthread> passing_;  // of the accepting thread
  std::jthread accepting_;
};

}  // namespace system_test
