#include "store/late_writes.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <sstream>

#include "topo/base/error.h"

namespace late_writes_test {

namespace {

using topo::Code;
using topo::Error;
using topo::store::LateWrites;

struct Log {
  std::ostringstream text;
  spdlog::logger logger{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
};

// Tests can wait for its attempted writes.
class RecordingBackend {
 public:
  void write(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++tries_;
    changed_.notify_all();
    if (!answers_) throw Error(Code::backend, "it does not answer");
    written_.push_back(what);
  }
  void answer() {
    const std::lock_guard lock(mutex_);
    answers_ = true;
  }
  bool wait(int tries) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return tries_ >= tries; });
  }
  std::vector<std::string> written() {
    const std::lock_guard lock(mutex_);
    return written_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int tries_ = 0;
  bool answers_ = false;
  std::vector<std::string> written_;
};

}  // namespace

TEST_CASE("Failed writes are repeated until the backend answers", "[store][threads]") {
  Log log;
  RecordingBackend backend;
  {
    LateWrites late(log.logger, [] { return false; });
    late.add("one", [&] { backend.write("one"); });
    late.add("two", [&] { backend.write("two"); });
    CHECK(backend.wait(3));
    CHECK(backend.written().empty());
    backend.answer();
    CHECK(backend.wait(5));
  }
  auto written = backend.written();
  std::sort(written.begin(), written.end());
  CHECK(written == std::vector<std::string>{"one", "two"});
  CHECK_THAT(log.text.str(), Catch::Contains("Written late: one") && !Catch::Contains("Lost"));
}

TEST_CASE("Lost writes are logged", "[store][threads]") {
  Log log;
  RecordingBackend backend;
  {
    LateWrites late(log.logger, [] { return true; });
    late.add("one", [&] { backend.write("one"); });
    std::promise<void> tried;
    late.add("two", [&tried] {
      tried.set_value();
      throw Error(Code::not_found, "gone");
    });
    CHECK(backend.wait(1));
    tried.get_future().wait();
    late.add("three", [&] { backend.write("three"); });  // the thread has finished the second
    CHECK(backend.wait(3));
  }
  CHECK_THAT(log.text.str(), Catch::Contains("Lost, because the backend does not accept it: one") &&
                                 Catch::Contains("Lost: two: gone"));
}

}  // namespace late_writes_test
