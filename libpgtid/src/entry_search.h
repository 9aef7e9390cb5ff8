// Finds the last entry of the own server in the log of the other server.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "entry_window.h"
#include "pgtid/matching.h"

namespace pgtid {

// How the GTIDs of the entry's transaction compare in both logs.
enum class Names : std::uint8_t {
  different,  // or missing: GTIDs cannot be used as evidence
  same,       // the GTIDs of all later common transactions are equal, too
  unknown     // GTIDs are assumed to be equal where there are any
};
struct FoundEntry {
  BinlogCoordinates own, other;
  Names names = Names::different;
  bool is_inside = false;  // the transaction of the entry continues after it
};
// The other server is behind: its newest entry is an earlier entry of the own log.
struct EntryAhead {
  BinlogCoordinates own;
};
using SearchResult = std::variant<FoundEntry, EntryAhead, NotFound>;

[[nodiscard]] SearchResult search_last_entry(const OwnLogs& own, const OtherLogs& other,
                                             const Pattern& pattern, const MatchOptions& options);

}  // namespace pgtid
