// A master, its replicas and a replica of one of these, that have logged what a random load wrote.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "pgtid/matching.h"
#include "unit/pgtid/model.h"

namespace model {

// What must not lead to a wrong answer, but may lead to none.
enum class Oddity : std::uint8_t {
  none,
  repeated_entry,   // the text of one entry is that of an earlier one
  lookalike,        // a replica writes what the master's next transaction writes
  skipped,          // a replica has left out a transaction; the others are known by their GTIDs
  reordered,        // a replica has committed two the other way round; the same
  entry_of_replica  // injection runs on a replica, too
};

struct Server {
  Settings settings;
  Log binary;
  bool has_relay = false;
  Log relay;
};

struct World {
  std::deque<Transaction> transactions;
  std::deque<Server> servers;  // the master is the first one
};

[[nodiscard]] World make_world(Oddity oddity, Random& random);

inline constexpr std::string_view pattern_of_entries = "_pseudo_gtid_hint__";

// One question, and what is known of the answer.
struct Question {
  Log* own = nullptr;
  std::size_t executed = 0;  // so many of own's history
  pgtid::BinlogCoordinates end;
  Log* other = nullptr;
};
[[nodiscard]] Question ask(World& world, Random& random);
// Places where transactions begin, and where none does.
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
  pgtid::BinlogCoordinates place;  // of a match
};
[[nodiscard]] Answer right_answer(const Question& question);
// Whether nothing is between them but what each server logs as it likes.
[[nodiscard]] bool is_same_place(const Log& log, const pgtid::BinlogCoordinates& one,
                                 const pgtid::BinlogCoordinates& other);
// What may be taken for an entry.
enum class Entries : std::uint8_t { injected, all_statements };
// Whether the last entry can be told from those that have the same text, by the entries before them.
[[nodiscard]] bool is_last_entry_distinct(const Question& question, Entries entries);
// Whether a match there is right. What the two have executed before the last entry may differ.
[[nodiscard]] bool is_right(const Question& question, const pgtid::BinlogCoordinates& place, Entries entries);

}  // namespace model
