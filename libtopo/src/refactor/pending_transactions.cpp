#include "refactor/pending_transactions.h"

#include <fmt/format.h>

#include <thread>

#include "topo/base/error.h"

namespace topo::refactor {

std::string require_nothing_prepared(Servers& servers, const Instance& master) {
  const auto name = master.key.display();
  std::size_t count = 0;
  try {
    count = servers.prepared_transactions(master);
  } catch (const Error& error) {
    return fmt::format(
        "whether {} has prepared transactions of XA is not known, which clients could commit there although "
        "it is read-only: {}",
        name, error.what());
  }
  if (count == 0) return "";
  throw Error(Code::refused,
              fmt::format("{} has {} prepared {} of XA, which clients could commit there although it is "
                          "read-only; XA RECOVER lists {}, XA COMMIT or XA ROLLBACK ends {}",
                          name, count, count == 1 ? "transaction" : "transactions",
                          count == 1 ? "it" : "them", count == 1 ? "it" : "each"));
}

// information_schema.innodb_trx is refreshed once nobody has read it for 0.1 s.
std::string await_open_writers(Servers& servers, const Instance& master, std::chrono::milliseconds longest) {
  constexpr std::chrono::milliseconds pause{150};
  const auto name = master.key.display();
  const auto deadline = std::chrono::steady_clock::now() + longest;
  std::string writers;
  try {
    for (;;) {
      writers = servers.open_writers(master);
      if (writers.empty()) return "";
      if (std::chrono::steady_clock::now() > deadline) break;
      std::this_thread::sleep_for(pause);
    }
  } catch (const Error& error) {
    if (error.code() == Code::unreachable) throw;
    return fmt::format(
        "whether {} has open transactions is not known, which clients with SUPER could commit there although "
        "it is read-only: {}",
        name, error.what());
  }
  throw Error(Code::timeout,
              fmt::format("{} has open transactions, which these may commit there although it is "
                          "read-only: {}; -kill ends the connections of clients",
                          name, writers));
}

}  // namespace topo::refactor
