// What an operation has done is written when the backend answers again, if that is soon.
#pragma once

#include <chrono>
#include <thread>

#include "store/store_error.h"

namespace topo::refactor {

// Calls `write` until it does not throw Error{backend}, for some seconds; then throws what it threw last.
// What lasts, as a disk that is full, it throws at once.
template <typename Write>
void until_stored(const Write& write) {
  constexpr std::chrono::seconds patience{10};
  constexpr std::chrono::milliseconds pause{250};
  const auto latest = std::chrono::steady_clock::now() + patience;
  for (;;) {
    try {
      write();
      return;
    } catch (const store::StoreError& error) {
      if (error.is_lasting() || std::chrono::steady_clock::now() >= latest) throw;
    } catch (const Error& error) {
      if (error.code() != Code::backend || std::chrono::steady_clock::now() >= latest) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace topo::refactor
