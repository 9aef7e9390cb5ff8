// begin_or_withdraw: withdraws what the backend may have stored without confirming it.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/random_text.h"
#include "store/late_writes.h"
#include "store/store_error.h"

namespace topo::store {

// Calls `begin(token)`, which stores rows in `table`, and returns its result. If the backend did not confirm
// the commit, the rows are withdrawn late, so that no caller has to wait until they expire.
template <typename Table, typename Begin>
auto begin_or_withdraw(LateWrites& late_writes, Table& table, std::string_view what, const Begin& begin) {
  constexpr std::size_t token_bytes = 16;
  const auto token = random_hex(token_bytes);
  try {
    return begin(std::string_view(token));
  } catch (const StoreError& error) {
    if (error.may_be_stored()) {
      late_writes.add(fmt::format("the withdrawal of {}", what), [&table, token] { table.withdraw(token); });
    }
    throw;
  }
}

}  // namespace topo::store
