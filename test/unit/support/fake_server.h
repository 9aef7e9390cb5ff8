// A server that speaks the MySQL protocol and replays recorded results: for behaviour that real servers do
// not show on demand, and for unavailable servers. MySQL Source Code Documentation, "Client/Server Protocol".
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "support/recorded.h"
#include "topo/base/instance_key.h"

class FakeServer {
 public:
  // Answers each statement as recorded in `scene`; an unrecorded statement is a syntax error. The rows of
  // statement `malformed`, if given, lack their last column. Accepts any account. Without TLS.
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
