// Matching: where in another server's binary log a server stands, that can tell it by no coordinates that
// both know: by the Pseudo-GTID entry that both have logged, and event by event from there on. README.md
// tells how.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pgtid/coordinates.h"
#include "pgtid/events.h"
#include "pgtid/pattern.h"

namespace pgtid {

// The logs of the server that is to be placed: its binary logs, or its relay logs.
struct OwnLogs {
  EventReader& logs;
  // Where it stands: the end of its binary log, or where its SQL thread has come to in its relay log. Events
  // from there on do not count. It must not move meanwhile.
  BinlogCoordinates end;
  // Places where transactions are known to begin, in any order: where the log once ended, or the SQL thread
  // once stood. With them the search begins near the end; it ends with the same answer without them.
  std::vector<BinlogCoordinates> starts{};
};

// The binary logs of the server in which a place is sought. It may be written to meanwhile.
struct OtherLogs {
  EventReader& logs;
  std::string newest;  // the file that is written to
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
  std::string type, text;  // the text as it was compared, its first part if it is long
};

// --- Verdicts

// All that the one has executed ends in the other's log right before `place`.
struct Match {
  BinlogCoordinates place;
  Entry entry;  // the last one of its own
  BinlogCoordinates entry_in_other;
  std::uint64_t events = 0;  // that are the same, the entry included
  bool by_gtid = false;      // and so are the GTIDs of their transactions
};
// It has executed more than the other has: `event` is its first one beyond the other's end.
struct Ahead {
  std::optional<Entry> entry;  // nullopt: the other does not even have its last entry yet
  ShownEvent event;
};
// It has executed something else than the other.
struct Diverged {
  Entry entry;  // until here they are the same
  ShownEvent own, other;
  bool by_gtid = false;  // the events are alike, but their transactions have different GTIDs
};
// There is no entry that both have. The sentence says what was searched.
struct NotFound {
  std::string reason;
};
using Verdict = std::variant<Match, Ahead, Diverged, NotFound>;

// A sentence without a full stop; "it" is the server that is to be placed.
[[nodiscard]] std::string describe(const Verdict& verdict);

struct MatchOptions {
  bool side_by_side = true;  // both logs are read at the same time, each by a thread of its own
};

// Right, or a reason why not. Throws LogError when a log is not what it must be (a file that vanishes, an end
// at which no event ends), and what the readers throw. At most 32 MB of memory, however long the logs, as
// long as no event is larger.
[[nodiscard]] Verdict match(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
                            const MatchOptions& options = {});

enum class Reach : std::uint8_t { newest_file, all_files };

// The last entry before `own.end`. nullopt: there is none in the files read.
[[nodiscard]] std::optional<Entry> find_last_entry(const OwnLogs& own, const Pattern& pattern, Reach reach);

// The newest event whose Info is exactly that text, but for what servers add themselves (see entry_text).
// Reads the files one by one, from the newest back.
[[nodiscard]] std::optional<Entry> find_event(const OtherLogs& logs, std::string_view text);

}  // namespace pgtid
