// A server that speaks the MySQL protocol and plays recorded answers: for what real servers cannot be made to
// do on demand, and for those that cannot be had. MySQL Source Code Documentation, "Client/Server Protocol".
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "support/recorded.h"
#include "topo/base/instance_key.h"

class FakeServer {
 public:
  // Answers each statement as it was in that scene; what was not asked then is a syntax error. The rows of
  // `malformed`, if it is given, lack their last column. Any account is let in. Without TLS.
  FakeServer(recorded::Server answers, std::string scene, std::string malformed = "");
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] const topo::InstanceKey& key() const noexcept { return key_; }
  [[nodiscard]] int requests() const noexcept { return requests_; }

 private:
  void serve(int client);
  void answer(int client, std::string_view request);
  // Returns false after an error, which ends a request.
  bool answer_one(int client, std::uint8_t& sequence, const std::string& statement, bool is_last);

  const recorded::Server answers_;
  const std::string scene_, malformed_;
  topo::InstanceKey key_;
  std::atomic<int> requests_{0};
  int listener_;
  std::jthread thread_;
};
