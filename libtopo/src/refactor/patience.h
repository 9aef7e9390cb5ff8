// Patience: how long an operation waits at its end for a backend that does not answer.
#pragma once

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "store/late_writes.h"
#include "store/store_error.h"
#include "topo/base/clock.h"
#include "topo/context.h"

namespace topo::refactor {

// One object for all that an operation writes at its end: the caller waits for `time` once, however much
// there is to write. Writes that are not done by then are done late (store::LateWrites). Used by one thread.
class Patience {
 public:
  explicit Patience(Context& context, std::chrono::milliseconds time = std::chrono::seconds(3))
      : context_(context), time_(time) {}

  // As until_stored(); a failed write is logged and done late. `what` is for the log: "the end of move-up".
  // Returns why the write is not stored yet; "": it is stored.
  std::string write_now_or_late(std::string what, std::function<void()> write) {
    try {
      until_stored(write);
      return "";
    } catch (const std::exception& error) {
      context_.log().error(fmt::format("Not stored in the backend yet: {}: {}", what, error.what()));
      context_.late_writes().add(std::move(what), std::move(write));
      return error.what();
    }
  }

  // Calls `write` until it does not throw Error{backend}, for up to `time` since the first failed call began;
  // then throws the last error. Throws at once for a lasting error, such as a full disk, and when the time
  // has expired before.
  template <typename Write>
  void until_stored(const Write& write) {
    constexpr std::chrono::milliseconds pause{250};
    if (latest_ && std::chrono::steady_clock::now() >= *latest_) throw *last_;
    const auto began = std::chrono::steady_clock::now();
    for (;;) {
      try {
        write();
        return;
      } catch (const store::StoreError& error) {
        note(error, began);
        if (error.is_lasting()) throw;
      } catch (const Error& error) {
        if (error.code() != Code::backend) throw;
        note(error, began);
      }
      if (std::chrono::steady_clock::now() >= *latest_) throw *last_;
      std::this_thread::sleep_for(pause);
    }
  }

 private:
  void note(const Error& error, SteadyTime began) {
    if (!latest_) latest_ = began + time_;
    last_ = error;
  }

  Context& context_;
  const std::chrono::milliseconds time_;
  std::optional<SteadyTime> latest_;
  std::optional<Error> last_;
};

}  // namespace topo::refactor
