// Logs in memory: parsed from text recorded from a server, or built event by event.
#pragma once

#include <string_view>
#include <vector>

#include "pgtid/events.h"

namespace pgtid {

// For one thread at a time.
class RecordedLogs : public EventReader {
 public:
  // Parses the output of `mysql --batch` for SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS, file after file:
  // one line per row, columns separated by tabs, with the escapes \t, \n, \\ and \0. Skips lines that begin
  // with # and header lines (Log_name …). Throws LogError for any other line.
  static RecordedLogs parse(std::string_view text);

  // Adds a new, empty file after the others.
  void add_file(std::string name);
  // Adds an event at the end of the last file. Copies the text that the views of the event refer to.
  void add(const Event& event);
  // Purges the oldest file. Requires at least one file.
  void drop_oldest();

  [[nodiscard]] const std::string& newest() const { return files_.back().name; }
  // Number of events read so far.
  [[nodiscard]] std::uint64_t events_read() const noexcept { return events_read_; }

  using EventReader::read;
  void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) override;
  std::optional<std::string> before(const std::string& file) override;
  std::optional<std::string> after(const std::string& file) override;

 private:
  struct StoredEvent {
    std::uint64_t position, end;
    std::uint32_t server_id;
    std::string type, info;
  };
  struct File {
    std::string name;
    std::vector<StoredEvent> events;
  };
  [[nodiscard]] std::size_t index_of(const std::string& file) const;

  std::vector<File> files_;
  std::uint64_t events_read_ = 0;
};

}  // namespace pgtid
