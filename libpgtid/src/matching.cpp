#include "pgtid/matching.h"

#include <utility>

#include "entry_search.h"
#include "event_stream.h"
#include "pgtid/normal_form.h"
#include "query_text.h"

namespace pgtid {
namespace {

ShownEvent shown(const CountingEvent& event) {
  return {{std::string(event.file), event.position},
          event.server_id,
          std::string(event.type),
          std::string(event.text)};
}

std::string sentence(const ShownEvent& event) {
  return event.type + " \"" + event.text + "\" at " + event.at.display() + " (server id " +
         std::to_string(event.server_id) + ")";
}

bool is_of_rows(const ShownEvent& event) {
  return event.type == "Table_map" || event.type.find("_rows") != std::string::npos;
}

// A statement that changes rows.
bool is_of_statement(const ShownEvent& event) {
  const bool is_query = event.type == "Query" || event.type == "Query_compressed";
  if (is_query) return !is_definition(event.text);
  return event.type == "Intvar" || event.type == "RAND" || event.type == "User var" ||
         event.type == "Execute_load_query";
}

struct Describe {
  std::string operator()(const Match& match) const {
    auto text = "it matches " + match.coordinates.display() + ", by " + std::to_string(match.events) +
                " identical events from the entry at " + match.entry_in_other.display() + " on";
    if (match.injected > 0)
      text += "; transactions of Pseudo-GTID that only it has: " + std::to_string(match.injected);
    return text;
  }
  std::string operator()(const Ahead& ahead) const {
    if (!ahead.entry)
      return "it is ahead: the other server lacks the Pseudo-GTID entry at " + ahead.event.at.display();
    return "it is ahead: it has " + sentence(ahead.event) + ", where the other's log ends";
  }
  std::string operator()(const Diverged& diverged) const {
    auto text = "it has diverged: it has executed " + sentence(diverged.own) + ", where the other has " +
                sentence(diverged.other);
    const bool are_unlike = (is_of_rows(diverged.own) && is_of_statement(diverged.other)) ||
                            (is_of_statement(diverged.own) && is_of_rows(diverged.other));
    if (diverged.by_gtid) text += "; they are alike, but their transactions have different GTIDs";
    if (are_unlike) text += "; the events of rows and of statements cannot be compared";
    return text;
  }
  std::string operator()(const NotFound& not_found) const { return not_found.reason; }
};

std::string info_at(EventReader& reader, const BinlogCoordinates& at) {
  std::string info;
  reader.read(at.file, at.position, [&](const Event& event) {
    info = event.info;
    return false;
  });
  return info;
}

// May be in a transaction beside its statements and rows.
bool is_beside_changes(const CountingEvent& event) {
  return event.is_optional || event.type == "Xid" || event.text == "COMMIT" || event.type == "Intvar" ||
         event.type == "RAND" || event.type == "User var";
}

// The transactions from one event to the end of the log.
struct LastTransactions {
  std::uint64_t injected = 0;
  bool ends_inside = false;
  std::optional<ShownEvent> first_other;  // the first that is not injected
};

LastTransactions last_transactions(EventStream& log, const CountingEvent* event, const Pattern& pattern,
                                   const MatchOptions& options) {
  std::uint64_t count = 0;
  bool is_injected = false;
  for (; event != nullptr; event = log.next()) {
    if (pattern.matches(event->text) || options.is_injected(event->text))
      is_injected = true;
    else if (!is_beside_changes(*event))
      return {count, false, shown(*event)};
    if (event->is_in_transaction || event->is_optional) continue;
    if (!std::exchange(is_injected, false)) return {count, false, shown(*event)};
    ++count;
  }
  return {count, is_injected || log.ends_inside(), std::nullopt};
}

Verdict compare(const OwnLogs& own_logs, const OtherLogs& other_logs, const FoundEntry& found,
                const Pattern& pattern, const MatchOptions& options) {
  Match match;
  match.entry = {found.own, info_at(own_logs.logs, found.own)};
  match.entry_in_other = found.other;
  match.by_gtid = found.names == Names::same;
  EventStream own(own_logs.logs, found.own, found.is_inside, own_logs.end, options.side_by_side);
  EventStream other(other_logs.logs, found.other, found.is_inside, std::nullopt, options.side_by_side);
  bool is_inside = false;
  const auto* ours = own.next();
  const auto* theirs = other.next();
  while (ours != nullptr) {
    // Skip optional events that only one log has.
    if (theirs != nullptr && theirs->is_optional && !ours->is_optional) {
      theirs = other.next();
      continue;
    }
    if (ours->is_optional && (theirs == nullptr || !theirs->is_optional)) {
      ours = own.next();
      continue;
    }
    const bool has_name =
        found.names == Names::same || (found.names == Names::unknown && ours->transaction != 0);
    const bool are_alike = theirs != nullptr && ours->identity == theirs->identity;
    const bool is_same = are_alike && (!has_name || ours->transaction == theirs->transaction);
    if (!is_same && !ours->is_optional) {
      auto first = shown(*ours);
      const auto differs = [&, entry = match.entry](ShownEvent event, bool by_gtid) {
        return theirs == nullptr ? Verdict(Ahead{entry, std::move(event)})
                                 : Diverged{entry, std::move(event), shown(*theirs), by_gtid};
      };
      if (!options.is_injected || is_inside || match.events == 0) return differs(std::move(first), are_alike);
      auto last = last_transactions(own, ours, pattern, options);
      if (last.first_other) return differs(std::move(*last.first_other), false);
      if (last.ends_inside) return differs(std::move(first), are_alike);
      match.injected = last.injected;
      break;
    }
    match.coordinates = {std::string(theirs->file), theirs->end};
    is_inside = theirs->is_in_transaction;
    ++match.events;
    ours = own.next();
    theirs = other.next();
  }
  while (theirs != nullptr && theirs->is_optional) theirs = other.next();
  if (theirs != nullptr) match.next = shown(*theirs);
  if (match.events == 0) throw LogError("No event is at the entry of " + found.own.display());
  if (match.coordinates.position == 0)
    throw LogError("The server does not show where the last event of " + match.coordinates.file + " ends");
  if (is_inside || own.ends_inside())
    throw LogError("The log ends at " + own_logs.end.display() + " inside of a transaction");
  return match;
}

// The entries of the own log, the last one first.
class OwnEntries {
 public:
  OwnEntries(const OwnLogs& own, const Pattern& pattern)
      : own_(own),
        pattern_(pattern),
        window_(own.logs, pattern, own.end.file, own.end.position, own.end.type, own.starts) {
    while (!window_.newest() && window_.extend()) {
    }
    oldest_ = window_.newest();
    note();
  }

  // Reads until there are more than `index`; false: there are fewer.
  bool reach(std::size_t index) {
    while (oldest_ && entries_.size() <= index) {
      oldest_ = window_.before(*oldest_);
      note();
    }
    return entries_.size() > index;
  }
  [[nodiscard]] std::size_t count() const { return entries_.size(); }

  // Where the other log has the entry, which is not the last one.
  [[nodiscard]] std::optional<FoundEntry> found_in(const OtherLogs& other, std::size_t index,
                                                   const MatchOptions& options) const {
    auto end = entries_[index - 1];
    end.type = own_.end.type;
    const auto search = search_last_entry({own_.logs, end, own_.starts}, other, pattern_, options);
    const auto* found = std::get_if<FoundEntry>(&search);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }

 private:
  void note() {
    if (oldest_) entries_.push_back(window_.coordinates(*oldest_));
  }

  const OwnLogs& own_;
  const Pattern& pattern_;
  EntryWindow window_;
  std::optional<Located> oldest_;
  std::vector<BinlogCoordinates> entries_;
};

}  // namespace

std::string describe(const Verdict& verdict) {
  return std::visit(Describe{}, verdict);
}

Verdict match(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
              const MatchOptions& options) {
  const auto search = search_last_entry(own, other, pattern, options);
  if (const auto* none = std::get_if<NotFound>(&search)) return *none;
  if (const auto* ahead = std::get_if<EntryAhead>(&search)) {
    Ahead verdict;
    verdict.event = {ahead->own, 0, "", info_at(own.logs, ahead->own)};
    return verdict;
  }
  return compare(own, other, std::get<FoundEntry>(search), pattern, options);
}

Verdict match_last_common(const OwnLogs& own, const OtherLogs& other, const Pattern& pattern,
                          const MatchOptions& options) {
  auto verdict = match(own, other, pattern, options);
  const auto* ahead = std::get_if<Ahead>(&verdict);
  if (!std::holds_alternative<NotFound>(verdict) && (ahead == nullptr || ahead->entry)) return verdict;
  OwnEntries entries(own, pattern);
  // The other log has no entry that is newer than one that it lacks.
  std::size_t lacking = 0, common = 0;
  std::optional<FoundEntry> found;
  for (std::size_t i = 1; !found && entries.reach(i); i *= 2) {
    found = entries.found_in(other, i, options);
    (found ? common : lacking) = i;
  }
  if (!found) {
    common = entries.count() - 1;
    if (entries.count() < 2 || !(found = entries.found_in(other, common, options))) return verdict;
  }
  while (common - lacking > 1) {
    const auto middle = lacking + (common - lacking) / 2;
    auto nearer = entries.found_in(other, middle, options);
    (nearer ? common : lacking) = middle;
    if (nearer) found = std::move(nearer);
  }
  return compare(own, other, *found, pattern, options);
}

std::optional<Entry> find_last_entry(const OwnLogs& own, const Pattern& pattern, Reach reach) {
  EntryWindow window(own.logs, pattern, own.end.file, own.end.position, own.end.type, own.starts);
  while (!window.newest() && (reach == Reach::all_files ? window.extend() : window.extend_in_file())) {
  }
  const auto last = window.newest();
  if (!last) return std::nullopt;
  auto at = window.coordinates(*last);
  at.type = own.end.type;
  auto text = info_at(own.logs, at);
  return Entry{std::move(at), std::move(text)};
}

std::optional<Entry> find_event(const OtherLogs& logs, std::string_view text) {
  std::string wanted_space, space;
  const auto wanted = entry_text(text, wanted_space);
  for (std::optional<std::string> file = logs.newest; file; file = logs.logs.before(*file)) {
    std::optional<Entry> found;
    logs.logs.read(*file, 0, [&](const Event& event) {
      if (entry_text(event.info, space) == wanted) found = {{*file, event.position}, std::string(event.info)};
      return true;
    });
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace pgtid
