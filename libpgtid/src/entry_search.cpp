#include "entry_search.h"

#include <algorithm>
#include <future>
#include <optional>

#include "pgtid/normal_form.h"

namespace pgtid {
namespace {

// A file of the other log whose first entry was read.
struct Head {
  std::string file;
  std::string text;
  std::uint64_t identity = 0;
  std::uint64_t newest_identity = 0;  // of its last entry, if known
  bool is_searched = false;           // the file does not contain the entry
};

struct HeadEntry {
  std::uint64_t identity = 0;
  std::string text;
};

std::optional<HeadEntry> first_entry(EventReader& reader, const std::string& file, const Pattern& pattern) {
  std::optional<HeadEntry> found;
  Normaliser normalise;
  reader.read(file, 0, [&](const Event& event) {
    if (!may_be_entry(event.type, normalise(event)) || !pattern.matches(event.info)) return true;
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

// The part of an entry that sorts by time: "…asc:65a1b2c3:…". Empty: the entry has none.
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

// The occurrences of the entry in a window, by its text and the entry before it, which distinguishes entries
// of the same text. If one of the logs has no entry before it, the text alone decides.
class Candidates {
 public:
  Candidates(EntryWindow& own, Located last) : own_(own), identity_(own.at(last).identity), last_(last) {}

  [[nodiscard]] std::uint64_t identity() const noexcept { return identity_; }

  // The last occurrence found was identified by its text only.
  [[nodiscard]] bool is_by_text_only() const noexcept { return is_by_text_only_; }

  // Counts the occurrences in the segment; `found` is one of them.
  std::size_t in_segment(EntryWindow& other, std::size_t segment, std::optional<Located>& found) {
    std::size_t count = 0;
    const auto size = other.segments()[segment].entries.size();
    for (std::size_t i = 0; i < size; ++i) {
      const Located located{segment, i};
      if (other.at(located).identity != identity_) continue;
      const auto before = before_own() ? identity_before(other, located) : std::nullopt;
      if (before && before != before_own()) continue;
      is_by_text_only_ = !before;
      ++count;
      found = located;
    }
    return count;
  }

  // The part of the own log read so far has more than one entry that the last occurrence found might be.
  bool is_repeated() {
    if (before_own() == identity_) return true;
    if (is_by_text_only_) {
      while (own_.extend_in_file()) {
      }
    }
    std::size_t count = 0;
    for (std::size_t i = 0; i < own_.segments().size(); ++i) {
      for (std::size_t k = 0; k < own_.segments()[i].entries.size(); ++k) {
        const Located located{i, k};
        if (own_.at(located).identity != identity_) continue;
        // The entry before the oldest entry read may be far away.
        const bool has_before = k > 0 || i + 1 < own_.segments().size();
        if (is_by_text_only_ || (has_before && identity_before(own_, located) == before_own())) ++count;
      }
    }
    return count > 1;
  }

 private:
  static std::optional<std::uint64_t> identity_before(EntryWindow& window, Located located) {
    const auto before = window.before(located);
    return before ? std::optional(window.at(*before).identity) : std::nullopt;
  }

  std::optional<std::uint64_t> before_own() {
    if (!is_before_known_) before_ = identity_before(own_, last_);
    is_before_known_ = true;
    return before_;
  }

  EntryWindow& own_;
  const std::uint64_t identity_;
  const Located last_;
  bool is_before_known_ = false, is_by_text_only_ = false;
  std::optional<std::uint64_t> before_;
};

class Search {
 public:
  Search(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern, const MatchOptions& options)
      : own_logs_(own),
        other_logs_(other),
        pattern_(pattern),
        own_(own.logs, pattern, own.end.file, own.end.position, own.end.type, own.starts),
        newest_(other.logs, pattern, other.newest, std::nullopt, LogType::binary, other.starts) {
    // The entry is usually in the newest file of the other log.
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
    own_coordinates_ = own_.coordinates(*last);
    if (auto result = in_newest_file()) return *result;
    // The other server may have written more since; the entry was executed here before that.
    const auto known = newest_.segments().size();
    newest_.refresh();
    const auto newer = newest_.segments().size() - known;
    if (auto result = in_segments(newest_, 0, newer)) return *result;
    if (auto result = by_what_own_log_has(newer)) return *result;
    return in_older_files();
  }

 private:
  using Result = std::optional<SearchResult>;

  SearchResult found(EntryWindow& window, Located located) const {
    const auto one = own_.known(*own_.newest());
    const auto two = window.known(located);
    auto names = Names::different;
    if (one.transaction != 0 && one.transaction == two.transaction) names = Names::same;
    if (!one.is_known && two.transaction != 0) names = Names::unknown;
    return FoundEntry{own_coordinates_, window.coordinates(located), names, two.is_inside};
  }

  Result in_segments(EntryWindow& window, std::size_t begin, std::size_t end) {
    std::optional<Located> located;
    std::size_t count = 0;
    for (auto segment = begin; segment < end; ++segment)
      count += candidates_->in_segment(window, segment, located);
    if (count == 0) return std::nullopt;
    if (count == 1 && candidates_->is_by_text_only()) count += rest_of_file(window, *located);
    if (count > 1 || candidates_->is_repeated()) {
      return NotFound{"its last Pseudo-GTID entry, at " + own_coordinates_.display() +
                      ", is in the logs more than once; entries must be unique"};
    }
    return found(window, *located);
  }

  // If the text alone decides, it must be unique at least within the whole file.
  std::size_t rest_of_file(EntryWindow& window, Located located) {
    const auto file = window.segments()[located.segment].file;
    std::size_t count = 0;
    for (auto i = located.segment + 1; i < window.segments().size() || window.extend_in_file(); ++i) {
      if (window.segments()[i].file != file) break;
      std::optional<Located> one;
      count += candidates_->in_segment(window, i, one);
    }
    return count;
  }

  Result in_newest_file() {
    for (std::size_t i = 0;; ++i) {
      if (i == newest_.segments().size() && !newest_.extend_in_file()) return std::nullopt;
      if (newest_.segments()[i].file != other_logs_.newest) return std::nullopt;
      if (auto result = in_segments(newest_, i, i + 1)) return result;
      // Keep the identities that are needed later.
      const auto& entries = newest_.segments()[i].entries;
      if (!entries.empty()) {
        if (newest_head_.file.empty()) newest_head_.newest_identity = entries.back().identity;
        set_newest_head(newest_.segments()[i]);
      }
      newest_.make_room();
    }
  }

  void set_newest_head(const Segment& segment) {
    newest_head_.file = other_logs_.newest;
    newest_head_.identity = segment.entries.front().identity;
    newest_head_at_ = {segment.file, segment.entries.front().position};
  }

  // The entry is not in the newest file, nor in what was written while that file was read.
  Result by_what_own_log_has(std::size_t newer) {
    if (newer > 0) {
      if (newest_head_.file.empty()) set_newest_head(newest_.segments()[newer - 1]);
      newest_head_.newest_identity = newest_.segments().front().entries.back().identity;
    }
    if (newest_head_.file.empty()) return std::nullopt;
    newest_head_.is_searched = true;
    newest_head_.text = text_at(other_logs_.logs, newest_head_at_);
    heads_.push_back(newest_head_);
    return by_newest_again();
  }

  // Goes back file by file, reading only the first entry of each, to a file whose first entry is in the own
  // log or is older by its text: that file most likely contains the last entry of the own log.
  SearchResult in_older_files() {
    const auto text = text_at(own_logs_.logs, own_coordinates_);
    bool is_own_extended = false;
    // If the other log has the entry at all, it is in the newest file.
    if (!heads_.empty() && is_not_later(heads_.front().text, text)) return by_more_of_own_log();
    while (read_older_head()) {
      const auto& head = heads_.back();
      if (is_later(head.text, text)) continue;
      bool is_likely = is_not_later(head.text, text);
      if (!is_likely && !is_own_extended && !own_.contains(head.identity)) {
        is_own_extended = true;
        extend_own_by_a_file();
        if (auto result = by_newest_again()) return *result;
      }
      is_likely = is_likely || own_.contains(head.identity);
      if (!is_likely) continue;
      if (auto result = in_file(heads_.size() - 1)) return *result;
      break;
    }
    return by_more_of_own_log();
  }

  // Reads the first entry of the next older file that has entries. False: there is no such file.
  bool read_older_head() {
    while (auto file = other_logs_.logs.before(oldest_.empty() ? other_logs_.newest : oldest_)) {
      oldest_ = std::move(*file);
      auto entry = first_entry(other_logs_.logs, oldest_, pattern_);
      if (!entry) continue;
      heads_.push_back({oldest_, std::move(entry->text), entry->identity, 0, false});
      return true;
    }
    return false;
  }

  void extend_own_by_a_file() {
    const auto file = own_.segments().back().file;
    while (own_.extend() && own_.segments().back().file == file) {
    }
    while (own_.extend_in_file()) {
    }
  }

  // If the newest file has an entry that the own log has before its last entry, older files of the other log
  // cannot contain that last entry.
  Result by_newest_again() {
    if (heads_.empty() || heads_.front().file != other_logs_.newest) return std::nullopt;
    const auto& newest = heads_.front();
    if (newest.newest_identity != candidates_->identity() && own_.contains(newest.newest_identity))
      return EntryAhead{own_coordinates_};
    if (own_.contains(newest.identity)) return not_in_other(newest_.describe());
    return std::nullopt;
  }

  // Reads more of both logs, until the own log has the first entry of some file.
  SearchResult by_more_of_own_log() {
    for (bool has_more = true; has_more;) {
      if (auto result = by_newest_again()) return *result;
      for (std::size_t i = 0; i < heads_.size(); ++i) {
        if (own_.contains(heads_[i].identity)) return from_file_on(i);
      }
      const auto size = own_.segments().size();
      extend_own_by_a_file();
      const bool has_older_head = read_older_head();
      has_more = has_older_head || own_.segments().size() > size;
    }
    // Search the remaining files whole.
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      if (auto result = in_file(i)) return *result;
    }
    return not_in_other(oldest_.empty() ? other_logs_.newest : oldest_ + " to " + other_logs_.newest);
  }

  // Searches the file, which begins with an entry of the own log, and newer files: the next file may begin
  // with an entry that only the other log has. Stops at a file whose last entry the own log does not have.
  SearchResult from_file_on(std::size_t i) {
    for (const auto first = i;; --i) {
      if (auto result = in_file(i)) return *result;
      const bool is_to_be_further = own_.contains(heads_[i].newest_identity);
      if (i > 0 && is_to_be_further) continue;
      // All entries of the other log are older.
      if (is_to_be_further && heads_[i].newest_identity != candidates_->identity())
        return EntryAhead{own_coordinates_};
      const auto& file = heads_[first].file;
      return not_in_other(i == first ? file : file + " to " + heads_[i].file);
    }
  }

  Result in_file(std::size_t head) {
    if (heads_[head].is_searched) return std::nullopt;
    heads_[head].is_searched = true;
    const auto file = heads_[head].file;
    EntryWindow window(other_logs_.logs, pattern_, file, std::nullopt, LogType::binary, other_logs_.starts);
    for (std::size_t i = 0;; ++i) {
      if (i == window.segments().size() && !window.extend_in_file()) return std::nullopt;
      if (auto result = in_segments(window, i, i + 1)) return result;
      const auto newest = window.newest();
      if (newest && heads_[head].newest_identity == 0)
        heads_[head].newest_identity = window.at(*newest).identity;
      window.make_room();
    }
  }

  [[nodiscard]] SearchResult not_in_other(const std::string& searched) const {
    return NotFound{"its last Pseudo-GTID entry, at " + own_coordinates_.display() + ", is not in " +
                    searched + " of the other server"};
  }

  const OwnLogs& own_logs_;
  const OtherLogs& other_logs_;
  const Pattern& pattern_;
  EntryWindow own_, newest_;
  Candidates* candidates_ = nullptr;
  BinlogCoordinates own_coordinates_;
  Head newest_head_;
  BinlogCoordinates newest_head_at_;
  std::vector<Head> heads_;  // newest first, without files that have no entry
  std::string oldest_;
};

}  // namespace

SearchResult search_last_entry(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
                               const MatchOptions& options) {
  return Search(own, other, pattern, options).run();
}

}  // namespace pgtid
