// The last entry of one server, and where it is in another's log.
#pragma once

#include <string>
#include <variant>

#include "entry_window.h"
#include "pgtid/matching.h"

namespace pgtid {

struct FoundEntry {
  BinlogCoordinates own, other;
  std::uint64_t identity = 0;
  // The transactions of both have names, and the same one: so have all that both have logged.
  bool has_same_transaction = false;
};
// The other server stands before it: its newest entry is one that the own log has further up.
struct EntryAhead {
  BinlogCoordinates own;
};
using SearchResult = std::variant<FoundEntry, EntryAhead, NotFound>;

[[nodiscard]] SearchResult search_last_entry(const OwnLogs& own, const OtherLogs& other,
                                             const Pattern& pattern, const MatchOptions& options);

}  // namespace pgtid
