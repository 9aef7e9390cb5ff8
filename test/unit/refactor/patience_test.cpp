#include "refactor/patience.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>

#include "unit/config/temporary_folder.h"

namespace {

using topo::Code;
using topo::Error;
using topo::refactor::Patience;

class OperationWithBackend {
 public:
  OperationWithBackend() {
    topo::Configuration configuration;
    configuration.sqlite3_data_file = folder_.path() / "backend.sqlite3";
    context_ = std::make_unique<topo::Context>(configuration);
  }

  [[nodiscard]] Patience patience(std::chrono::milliseconds time) { return Patience(*context_, time); }
  void end() { context_.reset(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<topo::Context> context_;
};

constexpr std::chrono::milliseconds short_time{300};

}  // namespace

TEST_CASE("a write is retried while the backend does not answer", "[refactor]") {
  OperationWithBackend operation;
  int calls = 0;
  operation.patience(std::chrono::hours(1)).until_stored([&] {
    if (++calls < 3) throw Error(Code::backend, "it does not answer");
  });
  CHECK(calls == 3);
}

TEST_CASE("a permanent error is not retried", "[refactor]") {
  OperationWithBackend operation;
  int calls = 0;
  const auto write = [&] {
    ++calls;
    throw topo::store::StoreError("the disk is full", true);
  };
  CHECK_THROWS_AS(operation.patience(short_time).until_stored(write), Error);
  CHECK(calls == 1);
}

TEST_CASE("a write that the backend refuses is not retried", "[refactor]") {
  OperationWithBackend operation;
  int calls = 0;
  const auto write = [&] {
    ++calls;
    throw Error(Code::not_found, "gone");
  };
  CHECK_THROWS_AS(operation.patience(short_time).until_stored(write), Error);
  CHECK(calls == 1);
}

TEST_CASE("all writes share one time limit", "[refactor]") {
  OperationWithBackend operation;
  int calls = 0;
  const auto write = [&] {
    ++calls;
    throw Error(Code::backend, "it does not answer");
  };
  auto patience = operation.patience(short_time);
  CHECK_THROWS_AS(patience.until_stored(write), Error);
  CHECK(calls > 1);
  calls = 0;
  CHECK_THROWS_AS(patience.until_stored(write), Error);
  CHECK(calls == 0);
}

TEST_CASE("a write that misses the time limit is done later", "[refactor]") {
  OperationWithBackend operation;
  std::atomic<int> written{0};
  std::atomic<bool> answers{false};
  auto patience = operation.patience(short_time);
  patience.write_now_or_late("the end of a test", [&] {
    if (!answers) throw Error(Code::backend, "it does not answer");
    ++written;
  });
  CHECK(written == 0);
  answers = true;
  operation.end();  // waits for the write
  CHECK(written == 1);
}
