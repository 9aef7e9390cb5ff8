// EntryWindow: the entries of a log, read backwards from an end in parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgtid/coordinates.h"
#include "pgtid/events.h"
#include "pgtid/pattern.h"
#include "transaction_tracker.h"

namespace pgtid {

struct IndexedEntry {
  std::uint64_t position = 0;
  std::uint64_t identity = 0;     // identity_of() its text and server
  std::uint64_t transaction = 0;  // a hash of its GTID; 0: it has none
  bool is_inside = false;         // its transaction continues after it
  bool is_known = false;          // the two above are known; false: reading began too close to the entry
};

// Entries of a part of one file, oldest first.
struct Segment {
  std::string file;
  std::uint64_t begin = 0;  // position where reading began
  std::vector<IndexedEntry> entries;
};

// An entry in a window.
struct Located {
  std::size_t segment = 0, entry = 0;
};

class EntryWindow {
 public:
  // The window ends at `position` of `file`, where an event must begin or the log end; nullopt: at the
  // current end of that file. `type`: relay log files may begin within a transaction. `starts`: see OwnLogs.
  EntryWindow(EventReader& reader, const Pattern& pattern, std::string file,
              std::optional<std::uint64_t> position, LogType type,
              const std::vector<BinlogCoordinates>& starts);

  // Reads one more part, backwards: from the last known start before the part read last, else from the
  // beginning of its file, else the file before. False: nothing is left, or the limit of entries is reached.
  bool extend();
  // The same, within the file that was read last.
  bool extend_in_file();
  // Drops all entries if there are more than half the limit. The parts already read are not read again.
  void make_room();
  // Reads what was appended after the end, as new segments before the others. Only without an end position.
  void refresh();

  // Newest first.
  [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
  [[nodiscard]] const IndexedEntry& at(Located located) const {
    return segments_[located.segment].entries[located.entry];
  }
  // The same, with the facts about its transaction, which may need more reading. They stay unknown if the
  // relay log begins with the rest of a transaction.
  [[nodiscard]] IndexedEntry known(Located located) const;
  [[nodiscard]] BinlogCoordinates coordinates(Located located) const;
  [[nodiscard]] std::optional<Located> newest() const;
  // The entry before `located`, reading more if needed; nullopt: there is none in the files searched for it.
  std::optional<Located> before(Located located);
  [[nodiscard]] bool contains(std::uint64_t identity) const;
  // The range of files that was read, for messages.
  [[nodiscard]] std::string describe() const;

 private:
  void read_segment(std::uint64_t begin, std::optional<std::uint64_t> end);
  void track(TransactionTracker& tracker, const BinlogCoordinates& begin,
             const BinlogCoordinates& last) const;
  // Whether no transaction is open at `begin`: only at the beginning of a binary log file. A known start is
  // not trusted before the events confirm it: it may be of another log of the same name.
  [[nodiscard]] bool is_boundary(std::uint64_t begin) const noexcept {
    return begin == 0 && type_ == LogType::binary;
  }
  [[nodiscard]] std::uint64_t start_before(const std::string& file, std::uint64_t position) const;

  EventReader& reader_;
  const Pattern& pattern_;
  const LogType type_;
  const std::vector<BinlogCoordinates>& starts_;
  std::string file_;                   // the file being read backwards
  std::optional<std::uint64_t> from_;  // position in it; everything from here on was read
  std::string newest_file_;
  std::uint64_t newest_event_ = 0;  // position of the last event read in the newest file
  bool is_open_;
  std::size_t entry_count_ = 0;
  std::vector<Segment> segments_;
};

}  // namespace pgtid
