#include "unit/pgtid/world.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace model {
namespace {

constexpr std::array words{"orders", "items", "t", "customers", "log"};

// The master's load. With a monotonous load, event texts identify almost nothing.
class Load {
 public:
  explicit Load(Random& random)
      : random_(random),
        is_monotonous_(random.chance(1, 2)),
        is_ascending_(random.chance(1, 2)),
        is_inserted_(random.chance(1, 3)),
        rows_in_10_(random.up_to(10)) {}

  Transaction entry() {
    Transaction made = base();
    made.is_entry = true;
    made.commits_by_itself = !is_inserted_;
    made.has_settings = random_.chance(1, 2);
    std::array<char, 80> hint{};
    time_ += random_.up_to(9) + 1;
    if (is_ascending_) {
      std::snprintf(hint.data(), hint.size(), "asc:%08llx:%08llx", static_cast<unsigned long long>(time_),
                    static_cast<unsigned long long>(random_.up_to(0xffffffff)));
    } else {
      std::snprintf(hint.data(), hint.size(), "%016llx",
                    static_cast<unsigned long long>(random_.up_to(~std::uint64_t{0} - 1)));
    }
    Change change;
    if (is_inserted_)
      change.text =
          std::string("use `meta`; insert into h values ('_pseudo_gtid_hint__") + hint.data() + "')";
    else
      change.text =
          std::string("use `meta`; drop view if exists `meta`.`_pseudo_gtid_hint__") + hint.data() + "`";
    made.changes.push_back(std::move(change));
    return made;
  }

  Transaction transaction() {
    Transaction made = base();
    if (random_.chance(1, 12)) {
      made.is_optional = made.commits_by_itself = true;
      return made;
    }
    made.has_xid = !random_.chance(1, 6);
    if (!is_monotonous_ && random_.chance(1, 10)) {
      made.commits_by_itself = true;
      made.changes.emplace_back().text = "use `shop`; create table " + table() + " (i int)";
      return made;
    }
    for (auto left = is_monotonous_ ? 0 : random_.up_to(2);; --left) {
      made.changes.push_back(change());
      if (left == 0) break;
    }
    return made;
  }

 private:
  Transaction base() {
    Transaction made;
    made.server_id = 1;
    made.sequence = ++sequence_;
    return made;
  }

  std::string table() { return is_monotonous_ ? "t" : words[random_.up_to(words.size() - 1)]; }

  Change change() {
    Change made;
    if (random_.up_to(9) < rows_in_10_) {
      made.is_rows = true;
      made.text = "shop." + table();
      made.rows_size = static_cast<std::uint32_t>(random_.chance(1, 4) ? random_.up_to(20000) : 100);
      if (!is_monotonous_) made.rows_type = std::array{"Write", "Update", "Delete"}[random_.up_to(2)];
      if (random_.chance(1, 5)) made.second_table = "shop.of_trigger";
      if (random_.chance(1, 5)) made.idle_table = "shop.child";
      made.is_undone = random_.chance(1, 12);
      return made;
    }
    made.text = "use `shop`; insert into " + table() + " values (1)";
    if (is_monotonous_ || random_.chance(1, 2)) return made;
    made.text.insert(made.text.size() - 1, ", " + std::to_string(random_.up_to(99)));
    switch (random_.up_to(2)) {
      case 0:
        made.variable_type = "Intvar";
        made.variable = "INSERT_ID=" + std::to_string(random_.up_to(9));
        break;
      case 1:
        made.variable_type = "RAND";
        made.variable = "rand_seed1=" + std::to_string(random_.up_to(9)) + ",rand_seed2=1";
        break;
      default: made.variable_type = "User var"; made.variable = "@`a`=1";
    }
    return made;
  }

  Random& random_;
  const bool is_monotonous_, is_ascending_;
  const bool is_inserted_;  // entries are regular transactions
  const std::uint64_t rows_in_10_;
  std::uint64_t sequence_ = 0, time_ = 0x5f000000;
};

History load_of_master(World& world, Oddity oddity, Random& random) {
  Load load(random);
  const auto entries_in = static_cast<unsigned>(2 + random.up_to(6));
  std::vector<const Transaction*> entries;
  History history;
  for (auto left = 4 + random.up_to(22); left > 0; --left) {
    const bool is_entry = random.chance(1, entries_in);
    auto& made = world.transactions.emplace_back(is_entry ? load.entry() : load.transaction());
    if (is_entry && oddity == Oddity::repeated_entry && !entries.empty() && random.chance(1, 3))
      made.changes = entries[random.up_to(entries.size() - 1)]->changes;
    if (is_entry) entries.push_back(&made);
    history.push_back(&made);
  }
  return history;
}

std::pair<Flavour, Flavour> random_flavours(Random& random) {
  using F = Flavour;
  constexpr std::array pairs{
      std::pair{F::mysql_56, F::mysql_56},         std::pair{F::mysql_9, F::mysql_9},
      std::pair{F::mysql_9_gtid, F::mysql_9_gtid}, std::pair{F::mariadb, F::mariadb},
      std::pair{F::mariadb_118, F::mariadb_118},   std::pair{F::mariadb, F::mariadb_118},
      std::pair{F::mysql_56, F::mariadb},          std::pair{F::mysql_56, F::mariadb_118},
      std::pair{F::mysql_56, F::mysql_9}};
  return pairs[random.up_to(pairs.size() - 1)];
}

Settings random_settings(Flavour flavour, std::uint32_t server_id, Random& random) {
  Settings made;
  made.flavour = flavour;
  made.server_id = server_id;
  made.annotates = random.chance(1, 2);
  made.largest_rows_event = static_cast<std::uint32_t>(1000 + random.up_to(9000));
  made.names_tables_backwards = random.chance(1, 2);
  made.logs_optional = random.chance(3, 4);
  made.rotates_in = static_cast<unsigned>(3 + random.up_to(20));
  // The same file name can stand for different events in each server's log.
  if (random.chance(1, 2)) made.file_base = "binlog.";
  return made;
}

// Adds the replica's own writes and its deviations from the master.
void add_oddities(World& world, Oddity oddity, const Settings& settings, History& history, Random& random) {
  std::uint64_t sequence = 100;
  const auto insert_own = [&](Transaction made, std::size_t at) {
    made.server_id = settings.server_id;
    made.sequence = ++sequence;
    history.insert(history.begin() + static_cast<std::ptrdiff_t>(at),
                   &world.transactions.emplace_back(std::move(made)));
  };
  const auto at = random.up_to(history.size() - 1);
  switch (oddity) {
    case Oddity::skipped:
      if (history.size() > 1 && !history[at]->is_entry)
        history.erase(history.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    case Oddity::reordered:
      if (at > 0 && !history[at]->is_entry && !history[at - 1]->is_entry)
        std::swap(history[at], history[at - 1]);
      return;
    case Oddity::lookalike:
      if (!history[at]->is_entry) insert_own(*history[at], at);
      return;
    case Oddity::entry_of_replica: {
      Load load(random);
      insert_own(load.entry(), at);
      return;
    }
    case Oddity::none:
    case Oddity::repeated_entry:
      if (random.chance(1, 4)) {
        Load load(random);
        insert_own(load.transaction(), at + random.up_to(1));
      }
  }
}

// The last entry among the first `count` transactions. Purged ones are ignored; an entry needs no earlier
// event.
std::optional<std::size_t> last_entry(const Log& log, std::size_t count) {
  const auto first = log.purged - (log.has_rest ? 1 : 0);
  while (count > first) {
    if (log.history[--count]->is_entry) return count;
  }
  return std::nullopt;
}

struct ShownEntry {
  std::string_view text;
  const Transaction* transaction = nullptr;
  std::uint64_t first_file = 0, last_file = 0;  // of the transaction
  bool operator==(const ShownEntry& other) const {
    return text == other.text && transaction->server_id == other.transaction->server_id;
  }
};

// The entries in the first `count` transactions.
std::vector<ShownEntry> shown_entries(const Log& log, std::size_t count, Entries entries) {
  std::vector<ShownEntry> shown;
  for (auto i = log.purged - (log.has_rest ? 1 : 0); i < count; ++i) {
    const auto& one = *log.history[i];
    if (entries == Entries::injected && !one.is_entry) continue;
    const auto number = [](const std::string& file) { return std::stoul(file.substr(file.size() - 6)); };
    for (const auto& change : one.changes) {
      if (!change.is_rows)
        shown.push_back({change.text, &one, number(log.begins[i].file), number(log.ends[i].file)});
    }
  }
  return shown;
}

}  // namespace

World make_world(Oddity oddity, Random& random) {
  World world;
  auto [of_master, of_replicas] = random_flavours(random);
  // A missing transaction can be detected by GTID only.
  if ((oddity == Oddity::skipped || oddity == Oddity::reordered) && of_replicas != Flavour::mysql_9_gtid)
    of_master = of_replicas = Flavour::mariadb;
  const auto all = load_of_master(world, oddity, random);
  auto& master = world.servers.emplace_back();
  master.settings = random_settings(of_master, 1, random);
  std::array<std::vector<std::vector<RawEvent>>, 4> raw;
  master.binary = binary_log(all, master.settings, random, raw.data());
  for (std::uint32_t i = 1; i < raw.size(); ++i) {
    auto& server = world.servers.emplace_back();
    server.settings = random_settings(of_replicas, i + 1, random);
    const std::size_t source = i == 3 ? 1 : 0;
    if (world.servers[source].settings.flavour != Flavour::mysql_56)
      server.settings.keeps_gtids_of = &world.servers[source].binary;
    const auto& had = world.servers[source].binary.history;
    // A copy of the master from some time ago has logged nothing from before.
    const auto first = random.chance(1, 4) ? random.up_to(had.size() / 2) : 0;
    const auto end = random.chance(1, 3) ? had.size() : first + 1 + random.up_to(had.size() - first - 1);
    History history(had.begin() + static_cast<std::ptrdiff_t>(first),
                    had.begin() + static_cast<std::ptrdiff_t>(end));
    add_oddities(world, oddity, server.settings, history, random);
    server.binary = binary_log(history, server.settings, random, &raw[i]);
    server.has_relay = true;
    server.relay = relay_log(world.servers[source].binary, raw[source], world.servers[source].settings, first,
                             server.settings, random);
  }
  return world;
}

Question ask(World& world, Random& random) {
  Question question;
  const auto own = random.up_to(world.servers.size() - 1);
  const auto other = (own + 1 + random.up_to(world.servers.size() - 2)) % world.servers.size();
  auto& server = world.servers[own];
  question.own = server.has_relay && random.chance(1, 3) ? &server.relay : &server.binary;
  question.other = &world.servers[other].binary;
  const auto& log = *question.own;
  const auto size = log.history.size();
  question.executed = random.chance(1, 3) ? size : log.purged + random.up_to(size - log.purged);
  question.end = log.place_after(question.executed, random);
  return question;
}

std::vector<pgtid::BinlogCoordinates> random_starts(const Log& log, Random& random) {
  std::vector<pgtid::BinlogCoordinates> starts;
  if (random.chance(1, 3)) return starts;
  for (auto left = 1 + random.up_to(3); left > 0; --left) {
    if (log.purged >= log.begins.size()) break;
    auto start = log.begins[log.purged + random.up_to(log.begins.size() - log.purged - 1)];
    // The log may have been reset since.
    if (random.chance(1, 8)) start.position += random.up_to(200);
    starts.push_back(std::move(start));
  }
  return starts;
}

Answer right_answer(const Question& question) {
  const auto& own = question.own->history;
  const auto& other = question.other->history;
  const auto last = last_entry(*question.own, question.executed);
  if (!last) return {Expected::not_found, {}};
  const auto found = std::find(other.begin(), other.end(), own[*last]);
  if (found == other.end()) return {Expected::not_found_or_ahead, {}};
  auto at = static_cast<std::size_t>(found - other.begin());
  if (at < question.other->purged) return {Expected::not_found, {}};
  // Servers that number transactions without GTIDs themselves may start alike and diverge, when only one of
  // them logs an event.
  const bool are_alike = question.own->sequences[*last] == question.other->sequences[at];
  bool do_numbers_differ = false;
  // With the entry's GTID purged, GTIDs may wrongly be taken for those of the master.
  const auto may_differ = [&] { return *last < question.own->purged || (are_alike && do_numbers_differ); };
  for (auto i = *last; i < question.executed; ++i) {
    // The other server may have written an optional transaction itself.
    while (at < other.size() && own[i] != other[at] && other[at]->is_optional) ++at;
    const bool is_there = at < other.size() && own[i] == other[at];
    if (!is_there && own[i]->is_optional) continue;
    if (at == other.size()) return {may_differ() ? Expected::ahead_or_diverged : Expected::ahead, {}};
    if (!is_there) return {Expected::diverged, {}};
    do_numbers_differ = do_numbers_differ || question.own->sequences[i] != question.other->sequences[at];
    ++at;
  }
  const auto expected = may_differ() ? Expected::match_or_diverged : Expected::match;
  return {expected, question.other->ends[at - 1]};
}

bool is_same_place(const Log& log, const pgtid::BinlogCoordinates& one,
                   const pgtid::BinlogCoordinates& other) {
  const auto count_before = [&](const pgtid::BinlogCoordinates& coordinates) {
    auto count = static_cast<std::size_t>(std::find(log.ends.begin(), log.ends.end(), coordinates) -
                                          log.ends.begin()) +
                 1;
    while (count <= log.history.size() && count > 0 && log.history[count - 1]->is_optional) --count;
    return count;
  };
  return one == other || count_before(one) == count_before(other);
}

bool is_last_entry_distinct(const Question& question, Entries entries) {
  const auto own = shown_entries(*question.own, question.executed, entries);
  const auto other = shown_entries(*question.other, question.other->history.size(), entries);
  if (own.empty()) return true;
  // The search for the previous entry does not reach files further away.
  const auto has_before = [](const std::vector<ShownEntry>& all, std::size_t i) {
    return i > 0 && all[i].last_file - all[i - 1].first_file <= 3;
  };
  const auto last = own.size() - 1;
  const auto is_only_one = [&](const std::vector<ShownEntry>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!(all[i] == own[last]) || all[i].transaction == own[last].transaction) continue;
      if (!has_before(own, last) || !has_before(all, i) || all[i - 1] == own[last - 1]) return false;
    }
    return true;
  };
  return is_only_one(own) && is_only_one(other);
}

bool is_right(const Question& question, const pgtid::BinlogCoordinates& coordinates, Entries entries) {
  const auto& ends = question.other->ends;
  const auto found = std::find(ends.begin(), ends.end(), coordinates);
  if (found == ends.end()) return false;
  const auto& own = question.own->history;
  const auto& other = question.other->history;
  auto last = question.executed, last_of_other = static_cast<std::size_t>(found - ends.begin()) + 1;
  const auto pass_optional = [](const History& history, std::size_t& count) {
    while (count > 0 && history[count - 1]->is_optional) --count;
  };
  do {
    pass_optional(own, last);
    pass_optional(other, last_of_other);
    if (last == 0 || last_of_other == 0) return last == last_of_other;
    if (own[--last] != other[--last_of_other]) return false;
  } while (entries == Entries::injected && last > question.own->purged &&
           last_of_other > question.other->purged && !own[last]->is_entry);
  return true;
}

}  // namespace model
