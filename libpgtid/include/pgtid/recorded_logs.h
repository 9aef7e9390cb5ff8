// Logs held in memory: recorded from a server as text, or put together event by event.
#pragma once

#include <string_view>
#include <vector>

#include "pgtid/events.h"

namespace pgtid {

class RecordedLogs : public EventReader {
 public:
  // What `mysql --batch` prints of SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS of one file after the other:
  // a line a row, columns divided by tabs, \t, \n, \\ and \0 for such characters. Lines that begin with # and
  // headings (Log_name …) are passed over. Throws LogError for a line that is none of this.
  static RecordedLogs parse(std::string_view text);

  // A new, empty file behind the others.
  void add_file(std::string name);
  // An event at the end of the last file. What the event's views show is copied.
  void add(const Event& event);
  // Purges the oldest file. There must be one.
  void drop_oldest();

  [[nodiscard]] const std::string& newest() const { return files_.back().name; }
  // How many events were handed out so far.
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
