// EventStream: the events of a log that are compared, one by one, from given coordinates. A thread reads
// ahead.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "pgtid/coordinates.h"
#include "pgtid/events.h"
#include "pgtid/normal_form.h"
#include "transaction_tracker.h"

namespace pgtid {

// An event that must be equal in both logs.
struct CountingEvent {
  std::uint64_t identity = 0;     // identity_of() its text and server
  std::uint64_t transaction = 0;  // a hash of the GTID of its transaction; 0: unknown
  std::uint64_t position = 0, end = 0;
  std::uint32_t server_id = 0;
  bool is_in_transaction = false;  // its transaction continues after it
  bool is_optional = false;        // may be missing in the other log
  std::string_view file, type, text;
};

class EventStream {
 public:
  // `is_inside`: `begin` is within a transaction. `end`: events at or after it are not returned; next()
  // throws LogError if the log continues past `end` without an event that begins there, or ends before it.
  // nullopt: to the end of the newest file.
  EventStream(EventReader& reader, BinlogCoordinates begin, bool is_inside,
              std::optional<BinlogCoordinates> end, bool reads_ahead);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // nullptr: no more events. Valid until the next call. Throws the errors of the reader.
  const CountingEvent* next();
  // After the last event: whether the log ends within a transaction.
  [[nodiscard]] bool ends_inside() const noexcept { return tracker_.is_inside(); }

 private:
  struct Item {
    CountingEvent event;  // without its views
    std::uint32_t file = 0, type_begin = 0, type_size = 0, text_begin = 0, text_size = 0;
  };
  // A block of events, with their texts in one string.
  struct Batch {
    std::vector<std::string> files;
    std::vector<Item> items;
    std::string bytes;
    // The first item of the current transaction, and the names and items of its savepoints. nullopt: no
    // transaction began in this batch.
    std::optional<std::size_t> transaction{};
    std::vector<std::pair<std::string, std::size_t>> savepoints{};

    void undo_to(std::string_view savepoint);
    void make_one_of_transaction();
  };
  using Sink = std::function<bool(Batch&)>;  // false: stop reading

  bool read_file(const Sink& sink);
  bool take(const Event& event, const Sink& sink);
  void add(const Event& event, const NormalEvent& normal);
  bool flush(const Sink& sink);
  void read_all(const Sink& sink);
  [[nodiscard]] bool is_at_end(const std::string& file) const;
  void check_end(const std::string& file) const;
  bool push(Batch& batch);
  std::optional<Batch> pull();
  void read_ahead();

  EventReader& reader_;
  const bool reads_ahead_;
  const std::optional<BinlogCoordinates> end_;
  // Where reading continues.
  BinlogCoordinates at_;
  bool is_over_ = false, is_wanted_ = true;
  std::uint64_t last_end_ = 0;
  // A relay log file may end within a transaction, which continues in the next file.
  Normaliser normalise_;
  Batch growing_;
  bool is_unended_ = false;  // the last item ends where the next event begins
  TransactionTracker tracker_;

  Batch batch_;
  std::size_t next_item_ = 0;
  CountingEvent shown_;

  // Shared by the two threads.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> ready_;
  bool is_stopped_ = false, is_done_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace pgtid
