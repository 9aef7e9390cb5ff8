// The last entry of one server, and where it is in another's log.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "entry_window.h"
#include "pgtid/matching.h"

namespace pgtid {

// Of the entry's transaction, in both logs.
enum class Names : std::uint8_t {
  different,  // or none: names tell nothing
  same,       // so are those of all transactions that both have logged
  unknown     // taken for the same, where there are any
};
struct FoundEntry {
  BinlogCoordinates own, other;
  Names names = Names::different;
  bool is_inside = false;  // of a transaction that goes on after it
};
// The other server stands before it: its newest entry is one that the own log has further up.
struct EntryAhead {
  BinlogCoordinates own;
};
using SearchResult = std::variant<FoundEntry, EntryAhead, NotFound>;

[[nodiscard]] SearchResult search_last_entry(const OwnLogs& own, const OtherLogs& other,
                                             const Pattern& pattern, const MatchOptions& options);

}  // namespace pgtid
