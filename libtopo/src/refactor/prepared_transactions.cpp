#include "refactor/prepared_transactions.h"

#include <fmt/format.h>

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

}  // namespace topo::refactor
