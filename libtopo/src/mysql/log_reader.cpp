#include "topo/mysql/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <thread>

#include "topo/mysql/dialect.h"
#include "topo/mysql/replication_statements.h"

namespace topo::mysql {
namespace {

constexpr std::size_t first_chunk = 100;
constexpr std::size_t chunk_growth = 8;
constexpr std::size_t max_bytes_kept = 4 << 20;

// Log_name, Pos, Event_type, Server_id, End_log_pos, Info
enum Column : std::size_t {
  pos = 1,
  event_type = 2,
  server_id = 3,
  end_log_pos = 4,
  info = 5,
  column_count = 6
};

template <typename Number>
Number number_in(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_no_such_event(const SqlError& error) {
  constexpr unsigned error_when_executing_command = 1220;
  return error.number() == error_when_executing_command;
}

}  // namespace

namespace {

// MySQL 8.0 and newer read a log without a lock while it is written, and may read an incomplete event.
class HalfWrittenEvent : public pgtid::LogError {
  using LogError::LogError;
};

}  // namespace

// Events that were read and not passed on yet, in one block of memory.
class LogReader::Chunk {
 public:
  void add(const pgtid::Event& event) {
    const auto begin = bytes_.size();
    bytes_.append(event.type).append(event.info);
    events_.push_back(
        {event.position, event.end, event.server_id, begin, event.type.size(), event.info.size()});
  }
  void clear() {
    events_.clear();
    bytes_.clear();
    // Releases the memory of a huge statement.
    if (bytes_.capacity() > 2 * max_bytes_kept) bytes_.shrink_to_fit();
  }
  [[nodiscard]] bool is_full() const noexcept { return bytes_.size() >= max_bytes_kept; }

  // False: `take` wants no more. Leaves the chunk empty either way.
  bool hand_out(const Take& take) {
    bool is_wanted = true;
    const std::string_view bytes = bytes_;
    for (const auto& one : events_) {
      is_wanted = take({one.position, one.end, one.server_id, bytes.substr(one.begin, one.type_size),
                        bytes.substr(one.begin + one.type_size, one.info_size)});
      if (!is_wanted) break;
    }
    clear();
    return is_wanted;
  }

 private:
  struct Stored {
    std::uint64_t position, end;
    std::uint32_t server_id;
    std::size_t begin, type_size, info_size;
  };
  std::vector<Stored> events_;
  std::string bytes_;
};

LogReader::LogReader(ConnectionOptions server, pgtid::LogType type, std::string channel,
                     const LogReaderOptions& options)
    : server_(std::move(server)),
      type_(type),
      channel_(std::move(channel)),
      options_(options),
      chunk_(std::make_unique<Chunk>()) {}

LogReader::~LogReader() = default;

ReplicationStatements LogReader::statements() {
  return {Dialect::of(connection().server_version()), channel_,
          [this](std::string_view text) { return connection().quoted(text); }};
}

void LogReader::ask(const std::string& statement, std::size_t most,
                    const std::function<bool(pgtid::Event&)>& take) {
  try {
    const auto take_row = [&](Connection::Cells cells) {
      if (cells.size() < column_count)
        throw pgtid::LogError("What the server shows of its log has too few columns");
      pgtid::Event event{number_in<std::uint64_t>(cells[pos]), number_in<std::uint64_t>(cells[end_log_pos]),
                         number_in<std::uint32_t>(cells[server_id]), cells[event_type], cells[info]};
      return take(event);
    };
    connection().stream(statement, take_row, most);
  } catch (const SqlError& error) {
    if (!is_no_such_event(error)) throw;
    if (error.reason().find("truncated") != std::string::npos) throw HalfWrittenEvent(error.what());
    throw pgtid::LogError(error.what());
  }
}

Connection& LogReader::connection() {
  if (!connection_) connection_.emplace(server_);
  return *connection_;
}

void LogReader::read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) {
  chunk_->clear();  // left by an error
  if (type_ == pgtid::LogType::binary)
    read_binary_log(file, position, taking == Taking::may_wait && options_.buffers_chunks, take);
  else
    read_relay_log(file, position, take);
}

// Each chunk starts at the end of the last event. If that position is not reported (MariaDB 11, inside a
// transaction) or is not a valid start (inside a compressed transaction), the chunk starts with events that
// were already passed on.
void LogReader::read_binary_log(const std::string& file, std::uint64_t position, bool keeps,
                                const Take& take) {
  const auto words = statements();
  constexpr int max_tries = 20;
  constexpr std::chrono::milliseconds pause{5};
  int tries = 0;
  auto next = position;
  std::size_t repeated = 0;  // events from `next` on that were passed on
  for (auto size = std::min(first_chunk, options_.chunk_size);;
       size = std::min(size * chunk_growth, options_.chunk_size)) {
    const auto wanted = std::max(size, repeated) + repeated;
    std::size_t count = 0;
    bool is_wanted = true, is_cut = false;
    pgtid::PayloadPositions positions;
    pgtid::Event last;
    bool is_inside = false;
    std::size_t at_last_place = 0;  // number of events at the position of the last one
    bool is_broken_off = false;
    const auto take_event = [&](pgtid::Event& event) {
      is_inside = positions.correct(event);
      at_last_place = event.position == last.position ? at_last_place + 1 : 1;
      last.position = event.position;
      last.end = event.end;
      if (++count <= repeated) return true;
      if (!keeps) return is_wanted = take(event);
      chunk_->add(event);
      is_cut = chunk_->is_full();
      return !is_cut;
    };
    try {
      ask(words.show_binlog_events({file, next}, wanted), wanted, take_event);
    } catch (const HalfWrittenEvent&) {
      // An event that stays incomplete marks the point where the server crashed.
      is_broken_off = ++tries < max_tries;
      if (is_broken_off) std::this_thread::sleep_for(pause);
    }
    if (keeps) is_wanted = chunk_->hand_out(take);
    const bool is_over = tries == max_tries || (count < wanted && !is_cut && !is_broken_off);
    if (!is_wanted || is_over) return;
    if (count <= repeated) continue;
    if (!is_broken_off) tries = 0;
    if (is_cut) size = std::max<std::size_t>(1, count / chunk_growth);
    const bool begins_anew = last.end == 0 || is_inside || last.position == 0;
    repeated = begins_anew ? at_last_place : 0;
    next = begins_anew ? last.position : last.end;
  }
}

// Addresses events by number, in few and growing chunks: the server reads all preceding events, too.
void LogReader::read_relay_log(const std::string& file, std::uint64_t position, const Take& take) {
  constexpr std::size_t indexed_every = 1000;
  if (indexed_relay_log_ != file) {
    relay_log_index_.clear();
    indexed_relay_log_ = file;
  }
  const auto words = statements();
  std::size_t skipped = 0;
  if (const auto after = relay_log_index_.upper_bound(position); after != relay_log_index_.begin())
    skipped = std::prev(after)->second;
  pgtid::PayloadPositions positions;
  bool is_there = position == 0;
  for (auto size = first_chunk;; size *= chunk_growth) {
    std::size_t count = 0;
    bool is_wanted = true;
    ask(words.show_relaylog_events(file, skipped, size), size, [&](pgtid::Event& event) {
      const bool is_inside = positions.correct(event);
      event.end = 0;  // it is a position in the master's log
      if ((skipped + count) % indexed_every == 0 && !is_inside)
        relay_log_index_[event.position] = skipped + count;
      ++count;
      if (!is_there && event.position > position)
        throw pgtid::LogError(fmt::format("No event begins at {}:{}", file, position));
      is_there = is_there || event.position == position;
      if (!is_there) return true;
      chunk_->add(event);
      return is_wanted = !chunk_->is_full() || chunk_->hand_out(take);
    });
    if (is_wanted) is_wanted = chunk_->hand_out(take);
    if (!is_wanted || count < size) return;
    skipped += count;
  }
}

bool LogReader::exists(const std::string& file) {
  try {
    read(file, 0, [](const pgtid::Event&) { return false; });
    return true;
  } catch (const pgtid::LogError&) {
    return false;
  }
}

const std::vector<std::string>& LogReader::binary_logs(bool again) {
  if (!binary_logs_.empty() && !again) return binary_logs_;
  binary_logs_.clear();
  connection().stream("SHOW BINARY LOGS", [this](Connection::Cells cells) {
    binary_logs_.emplace_back(cells.front());
    return true;
  });
  return binary_logs_;
}

// No statement lists relay logs: their names are derived by counting.
std::optional<std::string> LogReader::neighbour(const std::string& file, int step) {
  if (type_ == pgtid::LogType::relay) {
    auto name = step < 0 ? pgtid::previous_log_file(file) : pgtid::next_log_file(file);
    return name && exists(*name) ? std::move(name) : std::nullopt;
  }
  for (const bool again : {false, true}) {
    const auto& logs = binary_logs(again);
    const auto found = std::find(logs.begin(), logs.end(), file);
    const auto index = found - logs.begin() + step;
    const bool is_there =
        found != logs.end() && index >= 0 && index < static_cast<std::ptrdiff_t>(logs.size());
    if (is_there) return logs[static_cast<std::size_t>(index)];
    // A missing predecessor stays missing.
    if (found != logs.end() && step < 0) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> LogReader::before(const std::string& file) {
  return neighbour(file, -1);
}

std::optional<std::string> LogReader::after(const std::string& file) {
  return neighbour(file, 1);
}

}  // namespace topo::mysql
