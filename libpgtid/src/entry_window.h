// EntryWindow: the entries of a log, from some end backwards as far as was read.
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
  std::uint64_t transaction = 0;  // a number for its GTID; 0: it has none
  bool is_inside = false;         // there are more events of its transaction
  bool is_known = false;          // that, and the transaction; else reading began too near to it
};

// Entries of a part of one file, oldest first.
struct Segment {
  std::string file;
  std::uint64_t begin = 0;  // it was read from here on
  std::vector<IndexedEntry> entries;
};

// An entry in a window.
struct Located {
  std::size_t segment = 0, entry = 0;
};

class EntryWindow {
 public:
  // The window ends at `end`, where an event must begin or the log end; position nullopt: at the end of that
  // file, whatever it is by then. `type`: files of relay logs may begin within a transaction. `starts`: see
  // OwnLogs.
  EntryWindow(EventReader& reader, const Pattern& pattern, std::string file,
              std::optional<std::uint64_t> position, LogType type,
              const std::vector<BinlogCoordinates>& starts);

  // Reads one part more, backwards: from the start before what was read, or the beginning of the file, or the
  // file before. False: there is nothing before, or so much was read that no more may be kept.
  bool extend();
  // The same within the file that was read last.
  bool extend_in_file();
  // Forgets all entries, where they are that many that no more could be kept. What was read stays read.
  void make_room();
  // Reads what was written behind the end since; the newest segments are then new ones. Only without an end
  // position.
  void refresh();

  // Newest first.
  [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
  [[nodiscard]] const IndexedEntry& at(Located place) const {
    return segments_[place.segment].entries[place.entry];
  }
  // The same, with what is to be known of its transaction, for which more may have to be read. It stays
  // unknown where a relay log begins with the rest of a transaction.
  [[nodiscard]] IndexedEntry known(Located place) const;
  [[nodiscard]] BinlogCoordinates coordinates(Located place) const;
  [[nodiscard]] std::optional<Located> newest() const;
  // The one before, which is read if need be; nullopt: there is none, or not within the files that are looked
  // into for it.
  std::optional<Located> before(Located place);
  [[nodiscard]] bool contains(std::uint64_t identity) const;
  // From which file on, to which, for a sentence.
  [[nodiscard]] std::string describe() const;

 private:
  void read_segment(std::uint64_t begin, std::optional<std::uint64_t> end);
  void track(TransactionTracker& tracker, const BinlogCoordinates& begin,
             const BinlogCoordinates& last) const;
  // Of a file whose reading begins there: it begins with no transaction that is under way. Of a start that is
  // believed only when the events say so: it may be of another log of that name.
  [[nodiscard]] bool is_boundary(std::uint64_t begin) const noexcept {
    return begin == 0 && type_ == LogType::binary;
  }
  [[nodiscard]] std::uint64_t start_before(const std::string& file, std::uint64_t position) const;

  EventReader& reader_;
  const Pattern& pattern_;
  const LogType type_;
  const std::vector<BinlogCoordinates>& starts_;
  std::string file_;                   // that is being read backwards
  std::optional<std::uint64_t> from_;  // in it; what is behind was read
  std::string newest_file_;
  std::uint64_t newest_event_ = 0;  // position of the last event read in the newest file
  bool is_open_;
  std::size_t entry_count_ = 0;
  std::vector<Segment> segments_;
};

}  // namespace pgtid
