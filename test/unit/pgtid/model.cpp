#include "unit/pgtid/model.h"

#include <algorithm>

namespace model {
namespace {

using pgtid::BinlogCoordinates;
using pgtid::LogType;

constexpr std::uint64_t first_position = 4;

std::string file_name(std::string_view base, std::uint64_t number) {
  auto digits = std::to_string(number);
  return std::string(base).append(6 - std::min<std::size_t>(6, digits.size()), '0').append(digits);
}

// Appends events and tracks their positions.
class Writer {
 public:
  Writer(Log& log, std::string base, LogType type, std::uint64_t first_number)
      : log_(log), base_(std::move(base)), type_(type), number_(first_number) {}

  void open() {
    log_.recorded.add_file(file_name(base_, ++number_));
    place_ = {log_.recorded.newest(), first_position, type_};
  }
  // Records the real end of the event, or the end in `event`.
  void add(const RawEvent& event, bool has_real_end) {
    const auto size = 19 + event.info.size() % 60;
    log_.boundaries.push_back(place_);
    log_.recorded.add({place_.position, has_real_end ? place_.position + size : event.end, event.server_id,
                       event.type, event.info});
    place_.position += size;
  }
  [[nodiscard]] const BinlogCoordinates& coordinates() const { return place_; }
  [[nodiscard]] std::string next_file() const { return file_name(base_, number_ + 1); }

 private:
  Log& log_;
  const std::string base_;
  const LogType type_;
  std::uint64_t number_;
  BinlogCoordinates place_;
};

std::string_view version(Flavour flavour) {
  switch (flavour) {
    case Flavour::mysql_56: return "Server ver: 5.6.51-log, Binlog ver: 4";
    case Flavour::mysql_9:
    case Flavour::mysql_9_gtid: return "Server ver: 9.7.0, Binlog ver: 4";
    case Flavour::mariadb: return "Server ver: 10.11.6-MariaDB-log, Binlog ver: 4";
    case Flavour::mariadb_118: return "Server ver: 11.8.2-MariaDB-log, Binlog ver: 4";
  }
  return {};
}

void add_head(Writer& writer, const Settings& settings, Random& random) {
  const auto add = [&](std::string_view type, std::string info) {
    writer.add({type, settings.server_id, 0, std::move(info)}, true);
  };
  add("Format_desc", std::string(version(settings.flavour)));
  if (settings.flavour == Flavour::mysql_9 || settings.flavour == Flavour::mysql_9_gtid)
    add("Previous_gtids", random.chance(1, 2) ? "" : "00000001-aaaa-bbbb-cccc-000000000001:1-7");
  if (is_mariadb(settings.flavour)) {
    add("Gtid_list", "[0-1-" + std::to_string(random.up_to(99)) + "]");
    for (auto left = 1 + random.up_to(1); left > 0; --left)
      add("Binlog_checkpoint", writer.coordinates().file);
  }
}

void add_tail(Writer& writer, const Settings& settings, Random& random) {
  // A crashed server writes neither.
  if (random.chance(1, 8)) return;
  if (random.chance(1, 4)) {
    writer.add({"Stop", settings.server_id, 0, ""}, true);
  } else {
    writer.add({"Rotate", settings.server_id, 0, writer.next_file() + ";pos=4"}, true);
  }
}

// Purges all files older than a random one. `statements`: the file with the statement of each transaction.
void purge(Log& log, const std::vector<std::string>& statements, Random& random) {
  const auto transactions = statements.size();
  if (transactions == 0 || !random.chance(1, 3)) return;
  const auto& first = log.begins[random.up_to(transactions - 1)].file;
  while (log.recorded.before(first)) log.recorded.drop_oldest();
  std::erase_if(log.boundaries,
                [&](const BinlogCoordinates& coordinates) { return coordinates.file < first; });
  while (log.purged < log.begins.size() && log.begins[log.purged].file < first) ++log.purged;
  log.has_rest = log.purged > 0 && statements[log.purged - 1] >= first;
}

}  // namespace

BinlogCoordinates Log::place_after(std::size_t count, Random& random) const {
  if (count == history.size() && random.chance(1, 2)) return end;
  if (count < history.size() && (count <= purged || random.chance(1, 2))) return begins[count];
  return ends[count - 1];
}

Log binary_log(const History& history, const Settings& settings, Random& random,
               std::vector<std::vector<RawEvent>>* raw) {
  Log log;
  log.history = history;
  Writer writer(log, settings.file_base, LogType::binary, random.up_to(20));
  Numbers numbers{random.up_to(900), random.up_to(2)};
  const auto open = [&] {
    writer.open();
    add_head(writer, settings, random);
  };
  const auto rotate = [&] {
    add_tail(writer, settings, random);
    open();
  };
  // A MySQL server without GTIDs has none to preserve.
  const auto sequence_of = [&](const Transaction& transaction, std::uint64_t before) {
    if (settings.server_id == transaction.server_id) return transaction.sequence;
    if (settings.keeps_gtids_of == nullptr) return before + 1;
    const auto& had = settings.keeps_gtids_of->history;
    const auto found = std::find(had.begin(), had.end(), &transaction);
    if (found == had.end()) return transaction.sequence;
    return settings.keeps_gtids_of->sequences[static_cast<std::size_t>(found - had.begin())];
  };
  open();
  for (const auto* transaction : history) {
    if (is_mariadb(settings.flavour) && random.chance(1, 10))
      writer.add({"Binlog_checkpoint", settings.server_id, 0, writer.coordinates().file}, true);
    numbers.sequence = sequence_of(*transaction, numbers.sequence);
    log.sequences.push_back(numbers.sequence);
    auto events = events_of(*transaction, settings, numbers, random);
    log.begins.push_back(writer.coordinates());
    for (auto& event : events) {
      const bool is_reported = settings.flavour != Flavour::mariadb_118 || &event == &events.back();
      writer.add(event, is_reported);
      event.end = is_reported ? writer.coordinates().position : 0;
    }
    log.ends.push_back(writer.coordinates());
    if (raw != nullptr) raw->push_back(std::move(events));
    // A file may contain no transaction.
    while (random.chance(1, settings.rotates_in)) rotate();
  }
  log.end = writer.coordinates();
  std::vector<std::string> files;
  for (const auto& end : log.ends) files.push_back(end.file);
  purge(log, files, random);
  return log;
}

Log relay_log(const Log& master, const std::vector<std::vector<RawEvent>>& raw, const Settings& of_master,
              std::size_t first, const Settings& settings, Random& random) {
  Log log;
  log.history.assign(master.history.begin() + static_cast<std::ptrdiff_t>(first), master.history.end());
  log.sequences.assign(master.sequences.begin() + static_cast<std::ptrdiff_t>(first), master.sequences.end());
  Writer writer(log, "relay-bin.", LogType::relay, random.up_to(20));
  const auto add_of_master = [&](std::string_view type, std::string info) {
    writer.add({type, of_master.server_id, 0, std::move(info)}, false);
  };
  const auto open = [&](const std::string& file) {
    writer.open();
    writer.add({"Format_desc", settings.server_id, 0, std::string(version(settings.flavour))}, true);
    if (settings.flavour == Flavour::mysql_9 || settings.flavour == Flavour::mysql_9_gtid)
      writer.add({"Previous_gtids", settings.server_id, 0, ""}, true);
    add_of_master("Rotate", file + ";pos=4");
    add_of_master("Format_desc", std::string(version(of_master.flavour)));
  };
  const auto rotate = [&](const std::string& file) {
    add_tail(writer, settings, random);
    open(file);
  };
  const auto file_of = [&](std::size_t i) {
    return i < master.begins.size() ? master.begins[i].file : std::string("mysql-bin.000001");
  };
  auto file = file_of(first);
  std::vector<std::string> statements;  // the file with the last statement of each transaction
  std::string statement;
  open(file);
  for (auto i = first; i < raw.size(); ++i) {
    if (file_of(i) != file) {
      file = file_of(i);
      add_of_master("Rotate", file + ";pos=4");
      if (random.chance(1, 2))
        open(file);
      else
        add_of_master("Format_desc", std::string(version(of_master.flavour)));
    }
    if (is_mariadb(of_master.flavour) && random.chance(1, 16)) add_of_master("Gtid_list", "[0-1-7]");
    log.begins.push_back(writer.coordinates());
    for (const auto& event : raw[i]) {
      // The I/O thread does not know transaction boundaries.
      if (&event != raw[i].data() && random.chance(1, settings.rotates_in * 6)) rotate(file);
      writer.add(event, false);
      if (event.type == "Query" && event.info != "COMMIT") statement = writer.coordinates().file;
    }
    statements.push_back(statement);
    log.ends.push_back(writer.coordinates());
    while (random.chance(1, settings.rotates_in)) rotate(file);
  }
  log.end = writer.coordinates();
  purge(log, statements, random);
  return log;
}

std::string dump(Log& log) {
  std::string text;
  std::optional<std::string> file = log.recorded.newest();
  while (const auto older = log.recorded.before(*file)) file = older;
  for (; file; file = log.recorded.after(*file)) {
    log.recorded.read(*file, 0, [&](const pgtid::Event& event) {
      text.append(*file + '\t' + std::to_string(event.position) + '\t')
          .append(event.type)
          .append('\t' + std::to_string(event.server_id) + '\t' + std::to_string(event.end) + '\t')
          .append(event.info)
          .append("\n");
      return true;
    });
  }
  return text;
}

}  // namespace model
