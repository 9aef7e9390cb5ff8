// begin_or_withdraw: nothing has begun that the backend said nothing of.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/random_text.h"
#include "store/late_writes.h"
#include "store/store_error.h"

namespace topo::store {

// Returns what `begin(token)` does, which begins something in `table`. When the backend was told to commit it
// and did not answer, what it may have stored is withdrawn late, and nobody has to wait until it expires.
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
