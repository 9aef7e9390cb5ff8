#include "entry_search.h"

#include <algorithm>
#include <future>
#include <optional>

#include "pgtid/normal_form.h"

namespace pgtid {
namespace {

// A file of the other log of which only the first entry was read.
struct Head {
  std::string file;
  std::uint64_t identity = 0;
  std::uint64_t newest_identity = 0;  // of its last entry, where that is known
};

struct HeadEntry {
  std::uint64_t identity = 0;
  std::string text;
};

std::optional<HeadEntry> first_entry(EventReader& reader, const std::string& file, const Pattern& pattern) {
  std::optional<HeadEntry> found;
  reader.read(file, 0, [&](const Event& event) {
    if (!pattern.matches(event.info)) return true;
    std::string space;
    const auto text = entry_text(event.info, space);
    found = HeadEntry{identity_of(text, event.server_id), std::string(text)};
    return false;
  });
  return found;
}

std::string text_at(EventReader& reader, const BinlogCoordinates& at) {
  std::string text;
  reader.read(at.file, at.position, [&](const Event& event) {
    std::string space;
    text = entry_text(event.info, space);
    return false;
  });
  return text;
}

// Of entries that sort by time what sorts: "…asc:65a1b2c3:…". Empty: they do not.
std::string_view ascending_part(std::string_view text) {
  const auto hint = text.find("asc:");
  return hint == std::string_view::npos ? std::string_view() : text.substr(hint);
}

bool is_later(std::string_view text, std::string_view than) {
  const auto one = ascending_part(text), other = ascending_part(than);
  return !one.empty() && !other.empty() && one > other;
}

bool is_not_later(std::string_view text, std::string_view than) {
  const auto one = ascending_part(text), other = ascending_part(than);
  return !one.empty() && !other.empty() && one <= other;
}

// In a window, all that is the entry by its own text and by the entry before it, which tells one from another
// that happens to have the same text. Where there is no entry before, in either log, the text has to do.
class Candidates {
 public:
  Candidates(EntryWindow& own, Located last) : own_(own), identity_(own.at(last).identity), last_(last) {}

  [[nodiscard]] std::uint64_t identity() const noexcept { return identity_; }

  // How many there are in the segment; `found` is one of them.
  std::size_t in_segment(EntryWindow& other, std::size_t segment, std::optional<Located>& found) {
    std::size_t count = 0;
    const auto size = other.segments()[segment].entries.size();
    for (std::size_t i = 0; i < size; ++i) {
      const Located place{segment, i};
      if (other.at(place).identity != identity_ || !has_same_before(other, place)) continue;
      ++count;
      found = place;
    }
    return count;
  }

  // Its own log has more than one, in what was read of it.
  bool is_repeated() {
    std::size_t count = 0;
    std::optional<Located> found;
    const auto segments = own_.segments().size();
    for (std::size_t i = 0; i < segments; ++i) {
      for (std::size_t k = 0; k < own_.segments()[i].entries.size(); ++k) {
        const Located place{i, k};
        const bool is_one = own_.at(place).identity == identity_;
        if (is_one && (k > 0 || i + 1 < segments) && has_same_before(own_, place)) ++count;
      }
    }
    return count > 1;
  }

 private:
  bool has_same_before(EntryWindow& window, Located place) {
    if (!is_before_known_) {
      if (const auto before = own_.before(last_)) before_ = own_.at(*before).identity;
      is_before_known_ = true;
    }
    if (!before_) return true;
    const auto before = window.before(place);
    return !before || window.at(*before).identity == *before_;
  }

  EntryWindow& own_;
  const std::uint64_t identity_;
  const Located last_;
  bool is_before_known_ = false;
  std::optional<std::uint64_t> before_;
};

class Search {
 public:
  Search(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern, const MatchOptions& options)
      : own_logs_(own),
        other_logs_(other),
        pattern_(pattern),
        own_(own.logs, pattern, own.end.file, own.end.position, own.starts),
        newest_(other.logs, pattern, other.newest, std::nullopt, other.starts) {
    // The newest file of the other is where the entry most often is.
    const auto read_newest = [this] { return newest_.extend_in_file(); };
    if (options.side_by_side) {
      auto reading = std::async(std::launch::async, read_newest);
      while (!own_.newest() && own_.extend()) {
      }
      reading.get();
    } else {
      while (!own_.newest() && own_.extend()) {
      }
      if (own_.newest()) read_newest();
    }
  }

  SearchResult run() {
    const auto last = own_.newest();
    if (!last) return NotFound{"it has no Pseudo-GTID entry in " + own_.describe()};
    Candidates candidates(own_, *last);
    candidates_ = &candidates;
    own_place_ = own_.coordinates(*last);
    if (auto result = in_newest_file()) return *result;
    // The other may have gone on since; the entry was executed here before that.
    const auto known = newest_.segments().size();
    newest_.refresh();
    if (auto result = in_segments(newest_, 0, newest_.segments().size() - known)) return *result;
    if (auto result = by_what_own_log_has()) return *result;
    return in_older_files();
  }

 private:
  using Result = std::optional<SearchResult>;

  SearchResult found(EntryWindow& window, Located place) const {
    const auto own = own_.newest();
    const auto& one = own_.at(*own);
    const auto& two = window.at(place);
    return FoundEntry{own_place_, window.coordinates(place), one.identity,
                      one.transaction != 0 && one.transaction == two.transaction};
  }

  Result in_segments(EntryWindow& window, std::size_t begin, std::size_t end) {
    std::optional<Located> place;
    std::size_t count = 0;
    for (auto segment = begin; segment < end; ++segment)
      count += candidates_->in_segment(window, segment, place);
    if (count == 0) return std::nullopt;
    if (count > 1 || candidates_->is_repeated()) {
      return NotFound{"its last Pseudo-GTID entry, at " + own_place_.display() +
                      ", stands more than once in the logs: entries have to be unique"};
    }
    return found(window, *place);
  }

  Result in_newest_file() {
    for (std::size_t i = 0;; ++i) {
      if (i == newest_.segments().size() && !newest_.extend_in_file()) return std::nullopt;
      if (newest_.segments()[i].file != other_logs_.newest) return std::nullopt;
      if (auto result = in_segments(newest_, i, i + 1)) return result;
    }
  }

  // All of the newest file is read, and the entry is not in it. If an entry of that file is one that the own
  // log has before its last one, the last one is not further up in the other log, either.
  Result by_what_own_log_has() {
    const auto last = newest_.newest();
    if (!last) return std::nullopt;
    const auto newest_identity = newest_.at(*last).identity;
    if (newest_identity != candidates_->identity() && own_.contains(newest_identity))
      return EntryAhead{own_place_};
    std::uint64_t head = 0;
    for (const auto& segment : newest_.segments()) {
      if (compare_log_files(segment.file, other_logs_.newest) < 0) break;
      if (!segment.entries.empty()) head = segment.entries.front().identity;
    }
    if (own_.contains(head)) return not_in_other(newest_.describe());
    heads_.push_back({other_logs_.newest, head, newest_identity});
    return std::nullopt;
  }

  // One file back after the other, of which only the first entry is read, until it is one that the own log
  // has: then the last one of the own log is in that file, or nowhere.
  SearchResult in_older_files() {
    const auto text = text_at(own_logs_.logs, own_place_);
    auto file = other_logs_.logs.before(other_logs_.newest);
    bool is_own_extended = false;
    for (; file; file = other_logs_.logs.before(*file)) {
      oldest_ = *file;
      const auto head = first_entry(other_logs_.logs, *file, pattern_);
      if (!head) continue;
      heads_.push_back({*file, head->identity, 0});
      if (is_later(head->text, text)) continue;
      if (is_not_later(head->text, text)) {
        if (auto result = in_file(*file)) return *result;
        continue;
      }
      if (!is_own_extended && !own_.contains(head->identity)) {
        is_own_extended = true;
        extend_own_by_a_file();
        if (auto result = by_newest_again()) return *result;
      }
      if (own_.contains(head->identity)) return in_file(*file).value_or(not_in_other(*file));
    }
    return by_more_of_own_log();
  }

  void extend_own_by_a_file() {
    const auto file = own_.segments().back().file;
    while (own_.extend() && own_.segments().back().file == file) {
    }
    while (own_.extend_in_file()) {
    }
  }

  // With more of the own log known.
  Result by_newest_again() {
    if (heads_.empty() || heads_.front().file != other_logs_.newest) return std::nullopt;
    const auto& newest = heads_.front();
    if (own_.contains(newest.newest_identity)) return EntryAhead{own_place_};
    if (own_.contains(newest.identity)) return not_in_other(newest_.describe());
    return std::nullopt;
  }

  // No file begins with an entry of the own log, as far as that was read.
  SearchResult by_more_of_own_log() {
    for (auto size = own_.segments().size();; size = own_.segments().size()) {
      for (const auto& head : heads_) {
        if (head.file == other_logs_.newest || !own_.contains(head.identity)) continue;
        return in_file(head.file).value_or(not_in_other(head.file));
      }
      if (auto result = by_newest_again()) return *result;
      extend_own_by_a_file();
      if (own_.segments().size() == size) break;
    }
    // Whatever is left is searched whole.
    for (const auto& head : heads_) {
      if (head.file == other_logs_.newest) continue;
      if (auto result = in_file(head.file)) return *result;
    }
    return not_in_other((oldest_.empty() ? other_logs_.newest : oldest_ + " to " + other_logs_.newest));
  }

  Result in_file(const std::string& file) {
    EntryWindow window(other_logs_.logs, pattern_, file, std::nullopt, other_logs_.starts);
    for (std::size_t i = 0;; ++i) {
      if (i == window.segments().size() && !window.extend_in_file()) return std::nullopt;
      if (window.segments()[i].file != file) return std::nullopt;
      if (auto result = in_segments(window, i, i + 1)) return result;
    }
  }

  [[nodiscard]] SearchResult not_in_other(const std::string& searched) const {
    return NotFound{"its last Pseudo-GTID entry, at " + own_place_.display() + ", is not in " + searched +
                    " of the other server"};
  }

  const OwnLogs& own_logs_;
  const OtherLogs& other_logs_;
  const Pattern& pattern_;
  EntryWindow own_, newest_;
  Candidates* candidates_ = nullptr;
  BinlogCoordinates own_place_;
  std::vector<Head> heads_;
  std::string oldest_;
};

}  // namespace

SearchResult search_last_entry(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
                               const MatchOptions& options) {
  return Search(own, other, pattern, options).run();
}

}  // namespace pgtid
