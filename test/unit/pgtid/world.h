// A master, its replicas and a replica of one of them, with the logs of a random load.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "pgtid/matching.h"
#include "unit/pgtid/model.h"

namespace model {

// Irregularities that may prevent a match, but must not lead to a wrong one.
enum class Oddity : std::uint8_t {
  none,
  repeated_entry,   // an entry has the text of an earlier one
  lookalike,        // a replica writes the same as the master's next transaction
  skipped,          // a replica skipped a transaction; the others are known by their GTIDs
  reordered,        // a replica committed two transactions in reverse order; known by GTID, too
  entry_of_replica  // a replica injects entries, too
};

struct Server {
  Settings settings;
  Log binary;
  bool has_relay = false;
  Log relay;
};

struct World {
  std::deque<Transaction> transactions;
  std::deque<Server> servers;  // the master is the first
};

[[nodiscard]] World make_world(Oddity oddity, Random& random);

inline constexpr std::string_view pattern_of_entries = "_pseudo_gtid_hint__";

// A match to find, with the facts needed to check it.
struct Question {
  Log* own = nullptr;
  std::size_t executed = 0;  // the number of executed transactions of own's history
  pgtid::BinlogCoordinates end;
  Log* other = nullptr;
};
[[nodiscard]] Question ask(World& world, Random& random);
// Coordinates where transactions begin, and a few where none does.
[[nodiscard]] std::vector<pgtid::BinlogCoordinates> random_starts(const Log& log, Random& random);

enum class Expected : std::uint8_t {
  match,
  match_or_diverged,
  ahead,
  ahead_or_diverged,
  diverged,
  not_found,
  not_found_or_ahead
};
struct Answer {
  Expected expected = Expected::not_found;
  pgtid::BinlogCoordinates coordinates;  // of a match
};
[[nodiscard]] Answer right_answer(const Question& question);
// Whether only optional transactions are between them.
[[nodiscard]] bool is_same_place(const Log& log, const pgtid::BinlogCoordinates& one,
                                 const pgtid::BinlogCoordinates& other);
// The events that can be entries.
enum class Entries : std::uint8_t { injected, all_statements };
// Whether the previous entries distinguish the last entry from others with the same text.
[[nodiscard]] bool is_last_entry_distinct(const Question& question, Entries entries);
// Whether a match there is right. Transactions before the last entry may differ.
[[nodiscard]] bool is_right(const Question& question, const pgtid::BinlogCoordinates& coordinates,
                            Entries entries);

}  // namespace model
