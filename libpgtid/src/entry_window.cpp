#include "entry_window.h"

#include <algorithm>
#include <limits>

#include "pgtid/normal_form.h"
#include "transaction_tracker.h"

namespace pgtid {
namespace {

// 32 bytes each; a window keeps at most twice as many, and three windows exist at a time.
constexpr std::size_t max_entries = 100'000;
// The predecessor of the first entry of a file is in the file before, or a few files earlier if files are
// small or injection was interrupted.
constexpr int max_files_for_predecessor = 3;

// Most events of a busy server are neither entries nor the begin or end of a transaction: Table_map,
// Transaction_payload, Write_rows, Update_rows, User var, Delete_rows.
bool is_within_a_statement(std::string_view type) {
  constexpr std::string_view initials = "TWUD";
  return !type.empty() && initials.find(type.front()) != std::string_view::npos;
}

// Collects the entries among the events passed to it.
class Collector {
 public:
  Collector(const Pattern& pattern, std::vector<IndexedEntry>& entries, bool is_known)
      : pattern_(pattern), entries_(entries), tracker_(is_known) {}

  // Drops the older half of the entries if there are too many.
  void take(const Event& event) {
    if (is_within_a_statement(event.type)) return;
    const auto normal = normalise_(event);
    tracker_.see(normal);
    if (!may_be_entry(event.type, normal) || !pattern_.matches(event.info)) return;
    entries_.push_back({event.position, identity_of(entry_text(event.info, space_), event.server_id),
                        tracker_.name(), tracker_.is_inside(), tracker_.is_known()});
    if (entries_.size() <= max_entries) return;
    entries_.erase(entries_.begin(), entries_.begin() + max_entries / 2);
    has_dropped_ = true;
  }
  [[nodiscard]] bool has_dropped() const noexcept { return has_dropped_; }

 private:
  const Pattern& pattern_;
  std::vector<IndexedEntry>& entries_;
  Normaliser normalise_;
  std::string space_;
  TransactionTracker tracker_;
  bool has_dropped_ = false;
};

}  // namespace

EntryWindow::EntryWindow(EventReader& reader, const Pattern& pattern, std::string file,
                         std::optional<std::uint64_t> position, LogType type,
                         const std::vector<BinlogCoordinates>& starts)
    : reader_(reader),
      pattern_(pattern),
      type_(type),
      starts_(starts),
      file_(std::move(file)),
      from_(position),
      newest_file_(file_),
      is_open_(!position) {}

std::uint64_t EntryWindow::start_before(const std::string& file, std::uint64_t position) const {
  std::uint64_t best = 0;
  for (const auto& start : starts_) {
    if (start.file == file && start.position < position) best = std::max(best, start.position);
  }
  return best;
}

// `end` nullopt: to the end of the file.
void EntryWindow::read_segment(std::uint64_t begin, std::optional<std::uint64_t> end) {
  Segment segment{file_, begin, {}};
  Collector collector(pattern_, segment.entries, is_boundary(begin));
  std::uint64_t last_event = 0;
  const auto take = [&](const Event& event) {
    if (end && event.position >= *end) {
      if (event.position > *end) throw LogError(file_ + ": no event begins at " + std::to_string(*end));
      return false;
    }
    last_event = event.position;
    collector.take(event);
    return true;
  };
  reader_.read(file_, begin, take);
  // The first part is empty if reading began at the end.
  if (is_open_ && file_ == newest_file_ && newest_event_ == 0) newest_event_ = last_event;
  // Dropped entries can be read again later.
  if (collector.has_dropped()) segment.begin = segment.entries.front().position;
  from_ = segment.begin;
  entry_count_ += segment.entries.size();
  segments_.push_back(std::move(segment));
}

bool EntryWindow::extend_in_file() {
  if (from_ == std::optional<std::uint64_t>(0) || entry_count_ > max_entries) return false;
  const auto start = start_before(file_, from_.value_or(std::numeric_limits<std::uint64_t>::max()));
  try {
    read_segment(start, from_);
  } catch (const LogError&) {
    // The start may be of an earlier log of the same name: RESET MASTER restarts the numbering.
    if (start == 0) throw;
    read_segment(0, from_);
  }
  return true;
}

bool EntryWindow::extend() {
  if (extend_in_file()) return true;
  if (entry_count_ > max_entries) return false;
  auto older = reader_.before(file_);
  if (!older) return false;
  file_ = std::move(*older);
  from_.reset();
  return extend_in_file();
}

void EntryWindow::make_room() {
  if (entry_count_ <= max_entries / 2) return;
  for (auto& segment : segments_) segment.entries = {};
  entry_count_ = 0;
}

IndexedEntry EntryWindow::known(Located located) const {
  auto entry = at(located);
  const auto& last_file = segments_[located.segment].file;
  auto begin = BinlogCoordinates{last_file, segments_[located.segment].begin};
  while (!entry.is_known) {
    if (begin.position == 0) {
      auto older = reader_.before(begin.file);
      if (!older) break;
      begin = {std::move(*older), std::numeric_limits<std::uint64_t>::max()};
    }
    begin.position = start_before(begin.file, begin.position);
    TransactionTracker tracker(is_boundary(begin.position));
    try {
      track(tracker, begin, {last_file, entry.position});
    } catch (const LogError&) {
      // Not a valid start, see extend_in_file().
      if (begin.position == 0) throw;
      continue;
    }
    entry.is_inside = tracker.is_inside();
    entry.is_known = tracker.is_known();
    entry.transaction = tracker.name();
  }
  return entry;
}

// Reads up to and including the event at `last`.
void EntryWindow::track(TransactionTracker& tracker, const BinlogCoordinates& begin,
                        const BinlogCoordinates& last) const {
  Normaliser normalise;
  auto position = begin.position;
  for (std::optional<std::string> file = begin.file; file; file = reader_.after(*file)) {
    const bool is_last = *file == last.file;
    reader_.read(*file, position, [&](const Event& event) {
      tracker.see(normalise(event));
      return !is_last || event.position < last.position;
    });
    if (is_last) return;
    position = 0;
  }
}

void EntryWindow::refresh() {
  auto file = newest_file_;
  auto begin = newest_event_;
  bool is_known = begin != 0;  // the event at `begin`
  for (;;) {
    Segment segment{file, begin, {}};
    Collector collector(pattern_, segment.entries, is_boundary(begin));
    reader_.read(file, begin, [&](const Event& event) {
      newest_event_ = event.position;
      if (!is_known) collector.take(event);
      is_known = false;
      return true;
    });
    entry_count_ += segment.entries.size();
    if (!segment.entries.empty()) segments_.insert(segments_.begin(), std::move(segment));
    auto next = reader_.after(file);
    if (!next) break;
    file = newest_file_ = std::move(*next);
    begin = newest_event_ = 0;
    is_known = false;
  }
}

BinlogCoordinates EntryWindow::coordinates(Located located) const {
  return {segments_[located.segment].file, at(located).position};
}

std::optional<Located> EntryWindow::newest() const {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (!segments_[i].entries.empty()) return Located{i, segments_[i].entries.size() - 1};
  }
  return std::nullopt;
}

std::optional<Located> EntryWindow::before(Located located) {
  if (located.entry > 0) return Located{located.segment, located.entry - 1};
  int files = 0;
  for (auto segment = located.segment + 1;; ++segment) {
    if (segment == segments_.size() && !extend()) return std::nullopt;
    if (segments_[segment].file != segments_[segment - 1].file && ++files > max_files_for_predecessor)
      return std::nullopt;
    const auto count = segments_[segment].entries.size();
    if (count > 0) return Located{segment, count - 1};
  }
}

bool EntryWindow::contains(std::uint64_t identity) const {
  return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
    return std::any_of(segment.entries.begin(), segment.entries.end(),
                       [&](const IndexedEntry& entry) { return entry.identity == identity; });
  });
}

std::string EntryWindow::describe() const {
  if (segments_.empty()) return newest_file_;
  const auto& oldest = segments_.back();
  return oldest.file + ":" + std::to_string(oldest.begin) +
         (segments_.front().file == oldest.file ? std::string() : " to " + segments_.front().file);
}

}  // namespace pgtid
