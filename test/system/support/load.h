// Load: transactions as applications make them, over several connections at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/server.h"

namespace system_test {

// Each transaction inserts, updates and deletes rows of some tables in two databases, by key, so that
// statement-based logging is safe. Runs until stop(), or until the server is gone.
class Load {
 public:
  // The tables exist when the constructor returns.
  Load(sandbox::Server& server, unsigned threads, std::uint64_t seed);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  [[nodiscard]] std::uint64_t committed() const noexcept { return committed_; }
  void stop();

 private:
  void run(const std::stop_token& stop, unsigned number, std::uint64_t seed);

  sandbox::Server& server_;
  std::atomic<std::uint64_t> committed_ = 0;
  std::vector<std::jthread> threads_;
};

// The checksums of all tables, as one text.
[[nodiscard]] std::string checksums_of_load(sandbox::Server& server);

}  // namespace system_test
