// Matching: finds the position of one server (the own server) in the binary log of another server, without
// shared coordinates or GTIDs: by the last Pseudo-GTID entry that both have logged, and event by event from
// there. README.md describes the algorithm.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pgtid/coordinates.h"
#include "pgtid/events.h"
#include "pgtid/pattern.h"

namespace pgtid {

// The logs of the server to match: its binary logs or its relay logs.
struct OwnLogs {
  EventReader& logs;
  // The end of its binary log, or the position of its SQL thread in its relay log. Later events are ignored.
  // The end must not change during the match.
  BinlogCoordinates end;
  // Coordinates where transactions are known to begin, in any order: earlier ends of the log, or earlier
  // positions of the SQL thread. The search then starts near the end; the result is the same without them.
  std::vector<BinlogCoordinates> starts{};
};

// The binary logs of the other server, in which the position is searched. They may grow during the match.
struct OtherLogs {
  EventReader& logs;
  std::string newest;  // the file that is being written
  std::vector<BinlogCoordinates> starts{};
};

struct Entry {
  BinlogCoordinates at;  // of the event
  std::string text;      // its Info
  friend bool operator==(const Entry&, const Entry&) = default;
};

struct ShownEvent {
  BinlogCoordinates at;
  std::uint32_t server_id = 0;
  std::string type, text;  // the text that was compared, cut if long
};

// --- Verdicts

// In the other log, everything that the own server has executed ends right before `coordinates`.
struct Match {
  BinlogCoordinates coordinates;
  Entry entry;  // the last entry in the own log
  BinlogCoordinates entry_in_other;
  std::uint64_t events = 0;  // number of equal events, including the entry
  bool by_gtid = false;      // the GTIDs of their transactions are equal, too
  // The first event at `coordinates` or later that the other server has logged; nullopt: its log ends there.
  // If it has the own server's id, replication would skip it: the own log has lost it.
  std::optional<ShownEvent> next{};
  // Transactions that only the own log has after that, all of them injected (MatchOptions::is_injected).
  std::uint64_t injected = 0;
};
// The own server has executed more than the other log has: `event` is the first event beyond its end.
struct Ahead {
  std::optional<Entry> entry;  // nullopt: the other log does not have the last own entry yet
  ShownEvent event;
};
// The servers have executed different events.
struct Diverged {
  Entry entry;            // the logs are equal from here up to the events below
  ShownEvent own, other;  // own: the first that is not injected (MatchOptions::is_injected)
  bool by_gtid = false;   // the events are equal, but their transactions have different GTIDs
};
// The logs have no common entry. `reason` says what was searched.
struct NotFound {
  std::string reason;
};
using Verdict = std::variant<Match, Ahead, Diverged, NotFound>;

// A sentence without a full stop; "it" is the own server.
[[nodiscard]] std::string describe(const Verdict& verdict);

struct MatchOptions {
  bool side_by_side = true;  // read both logs at the same time, in two threads
  // Set where the own log may go on with transactions that the other one never gets, if they were injected:
  // each of them has an entry, or a statement or change of rows of which this returns true by its text, and
  // nothing else. The match is then what precedes them. Use it with match_last_common.
  std::function<bool(std::string_view text)> is_injected{};
};

// Returns the correct position, or the reason why there is none. Throws LogError for an invalid log (a file
// was purged, no event ends at `own.end`), and the errors of the readers. Needs at most 32 MB of memory for
// logs of any length, unless a single event is larger.
[[nodiscard]] Verdict match(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
                            const MatchOptions& options = {});

// The same, where the other log may lack any number of the last own entries: from the last own entry that it
// has. The verdict is then Ahead or Diverged, and tells where the events begin that only the own log has. As
// slow as one match for each doubling of the number of entries that the other log lacks.
[[nodiscard]] Verdict match_last_common(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
                                        const MatchOptions& options = {});

enum class Reach : std::uint8_t { newest_file, all_files };

// The last entry before `own.end`; nullopt: the files read have none.
[[nodiscard]] std::optional<Entry> find_last_entry(const OwnLogs& own, const Pattern& pattern, Reach reach);

// The newest event whose Info equals `text`, ignoring what servers add to it (see entry_text). Reads the
// files one by one, newest first.
[[nodiscard]] std::optional<Entry> find_event(const OtherLogs& logs, std::string_view text);

}  // namespace pgtid
