// Events of binary and relay logs, and whoever yields them: a live server, a recorded or a generated log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pgtid {

// A log that is not there, ends where it must not, or is not what it claims to be.
class LogError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A row of SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS. The views are valid while it is handed out.
struct Event {
  std::uint64_t position = 0;   // where it begins in its file (Pos)
  std::uint64_t end = 0;        // where the next one begins (End_log_pos); 0: not told, as in relay logs
  std::uint32_t server_id = 0;  // of the server that first wrote it
  std::string_view type, info;
};

// The events inside of a compressed transaction (MySQL 8.0.20, Transaction_payload) are shown behind it, each
// at the place where it ends. Puts them, of rows that come in order, to where it begins, so that they can be
// read from there again. To be asked before `end` is changed.
class PayloadPlaces {
 public:
  // Whether the event is inside of one.
  bool correct(Event& event);

 private:
  bool is_inside_ = false;
  std::uint64_t position_ = 0, end_ = 0;
};

// One sequence of logs: the binary logs of a server, or its relay logs. Not for two threads at once.
// An implementation reads in bounded chunks, so that a log of any size needs no more memory than a small one.
class EventReader {
 public:
  using Take = std::function<bool(const Event&)>;
  // Whether `take` may wait for something: a server that is kept waiting may let nobody else work on its log.
  enum class Taking : std::uint8_t { is_quick, may_wait };
  virtual ~EventReader() = default;

  // Hands out the events of `file`, in order, beginning with the one at `position` (0: the first), until
  // `take` says false or the file ends as it is then. Throws LogError when there is no such file, or no event
  // begins there, and whatever the source throws.
  virtual void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) = 0;
  void read(const std::string& file, std::uint64_t position, const Take& take) {
    read(file, position, Taking::is_quick, take);
  }
  // The file written before or after that one; nullopt: there is none (any more, or yet).
  virtual std::optional<std::string> before(const std::string& file) = 0;
  virtual std::optional<std::string> after(const std::string& file) = 0;
};

}  // namespace pgtid
