// Events of binary and relay logs, and the interface for reading them from a server or a recorded log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pgtid {

// A log does not exist, ends at an unexpected position, or has unexpected content.
class LogError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A row of SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS. The views are valid during the callback only.
struct Event {
  std::uint64_t position = 0;   // where the event begins in its file (Pos)
  std::uint64_t end = 0;        // where the next event begins (End_log_pos); 0: unknown, as in relay logs
  std::uint32_t server_id = 0;  // of the server that originally wrote the event
  std::string_view type, info;
};

// MySQL (8.0.20 and newer) lists the events inside a compressed transaction (Transaction_payload) after it,
// each at the position where it ends. This class moves them to the position where it begins, so that reading
// can restart there. Takes rows in order, with `end` still unchanged.
class PayloadPositions {
 public:
  // Corrects the event if it is inside a compressed transaction; returns whether it is.
  bool correct(Event& event);

 private:
  bool is_inside_ = false;
  std::uint64_t position_ = 0, end_ = 0;
};

// One sequence of logs: the binary logs or the relay logs of a server. Not thread-safe.
// Implementations read in bounded chunks, so that memory use does not depend on the size of the log.
class EventReader {
 public:
  using Take = std::function<bool(const Event&)>;
  // Whether `take` may block. A server that waits for its client may block all other users of its log.
  enum class Taking : std::uint8_t { is_quick, may_wait };
  virtual ~EventReader() = default;

  // Passes the events of `file` in order, from `position` (0: the first event), until `take` returns false or
  // the current end of the file. Throws LogError if the file does not exist or no event begins at `position`,
  // and the errors of the source.
  virtual void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) = 0;
  void read(const std::string& file, std::uint64_t position, const Take& take) {
    read(file, position, Taking::is_quick, take);
  }
  // The file before or after `file`; nullopt: it is purged, or not created yet.
  virtual std::optional<std::string> before(const std::string& file) = 0;
  virtual std::optional<std::string> after(const std::string& file) = 0;
};

}  // namespace pgtid
