#include "pgtid/recorded_logs.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pgtid {
namespace {

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      default: out += text[i];
    }
  }
  return out;
}

template <typename Number>
Number number_in(std::string_view text, std::string_view line) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    throw LogError("Not a number where there must be one: " + std::string(line));
  return number;
}

// Log_name, Pos, Event_type, Server_id, End_log_pos, Info
constexpr std::size_t column_count = 6;

std::array<std::string_view, column_count> columns_of(std::string_view line) {
  std::array<std::string_view, column_count> columns;
  std::string_view rest = line;
  for (std::size_t i = 0; i + 1 < column_count; ++i) {
    const auto tab = rest.find('\t');
    if (tab == std::string_view::npos) throw LogError("Not a row of events: " + std::string(line));
    columns[i] = rest.substr(0, tab);
    rest.remove_prefix(tab + 1);
  }
  columns.back() = rest;
  return columns;
}

}  // namespace

RecordedLogs RecordedLogs::parse(std::string_view text) {
  RecordedLogs logs;
  PayloadPositions positions;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.starts_with('#') || line.starts_with("Log_name\t")) continue;
    const auto columns = columns_of(line);
    const auto type = unescaped(columns[2]), info = unescaped(columns[5]);
    if (logs.files_.empty() || logs.newest() != columns[0]) logs.add_file(std::string(columns[0]));
    Event event{number_in<std::uint64_t>(columns[1], line), number_in<std::uint64_t>(columns[4], line),
                number_in<std::uint32_t>(columns[3], line), type, info};
    positions.correct(event);
    logs.add(event);
  }
  return logs;
}

void RecordedLogs::add_file(std::string name) {
  files_.push_back({std::move(name), {}});
}

void RecordedLogs::add(const Event& event) {
  files_.back().events.push_back(
      {event.position, event.end, event.server_id, std::string(event.type), std::string(event.info)});
}

void RecordedLogs::drop_oldest() {
  files_.erase(files_.begin());
}

std::size_t RecordedLogs::index_of(const std::string& file) const {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const File& one) { return one.name == file; });
  if (found == files_.end()) throw LogError("There is no log " + file);
  return static_cast<std::size_t>(found - files_.begin());
}

void RecordedLogs::read(const std::string& file, std::uint64_t position, Taking /*taking*/,
                        const Take& take) {
  const auto& events = files_[index_of(file)].events;
  auto event = std::lower_bound(events.begin(), events.end(), position,
                                [](const StoredEvent& one, std::uint64_t at) { return one.position < at; });
  const bool is_end = !events.empty() && event == events.end() && events.back().end == position;
  if (position != 0 && !is_end && (event == events.end() || event->position != position))
    throw LogError("No event begins at " + file + ":" + std::to_string(position));
  for (; event != events.end(); ++event) {
    ++events_read_;
    if (!take({event->position, event->end, event->server_id, event->type, event->info})) return;
  }
}

std::optional<std::string> RecordedLogs::before(const std::string& file) {
  const auto index = index_of(file);
  if (index == 0) return std::nullopt;
  return files_[index - 1].name;
}

std::optional<std::string> RecordedLogs::after(const std::string& file) {
  const auto index = index_of(file);
  if (index + 1 == files_.size()) return std::nullopt;
  return files_[index + 1].name;
}

}  // namespace pgtid
