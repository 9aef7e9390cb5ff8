#include "event_stream.h"

#include <functional>
#include <utility>

#include "pgtid/normal_form.h"

namespace pgtid {
namespace {

constexpr std::size_t items_in_batch = 1024;
constexpr std::size_t bytes_in_batch = 256 * 1024;
// A transaction is read as a whole, unless it is very long.
constexpr std::size_t batch_growth_in_transaction = 4;
constexpr std::size_t batches_ahead = 4;
// Bytes kept of a text; the identity covers all of it.
constexpr std::size_t shown_bytes = 300;

}  // namespace

EventStream::EventStream(EventReader& reader, BinlogCoordinates begin, bool is_inside,
                         std::optional<BinlogCoordinates> end, bool reads_ahead)
    : reader_(reader),
      reads_ahead_(reads_ahead),
      end_(std::move(end)),
      at_(std::move(begin)),
      tracker_(true, is_inside) {
  if (reads_ahead_) thread_ = std::thread([this] { read_ahead(); });
}

EventStream::~EventStream() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool EventStream::is_at_end(const std::string& file) const {
  return end_ && compare_log_files(file, end_->file) >= 0;
}

void EventStream::check_end(const std::string& file) const {
  if (!end_ || file != end_->file) return;
  const bool is_past = at_.position > end_->position;
  // Relay logs do not show where an event ends.
  const bool is_other = last_end_ != 0 && end_->type == LogType::binary && last_end_ != end_->position;
  if (is_past || is_other) throw LogError("No event of the log ends at " + end_->display());
}

// MariaDB replicas log neither the statements undone by a rollback to a savepoint, nor the rollback.
void EventStream::Batch::undo_to(std::string_view savepoint) {
  for (auto one = savepoints.rbegin(); one != savepoints.rend(); ++one) {
    if (one->first != savepoint) continue;
    items.resize(one->second + 1);
    savepoints.erase(one.base(), savepoints.end());
    return;
  }
}

// Not all servers log a transaction that was rolled back.
void EventStream::Batch::make_one_of_transaction() {
  auto& last = items.back().event;
  last.is_optional = true;
  if (!transaction) return;
  for (auto i = *transaction; i + 1 < items.size(); ++i)
    last.identity = last.identity * 31 + items[i].event.identity;
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(*transaction), items.end() - 1);
}

void EventStream::add(const Event& event, const NormalEvent& normal) {
  auto& batch = growing_;
  if (batch.files.empty() || batch.files.back() != at_.file) batch.files.push_back(at_.file);
  Item item;
  auto& made = item.event;
  made.identity = identity_of(normal.text, event.server_id);
  made.transaction = tracker_.name();
  made.position = event.position;
  made.end = event.end;
  made.server_id = event.server_id;
  made.is_in_transaction = tracker_.is_inside();
  made.is_optional = normal.role == Role::optional;
  item.file = static_cast<std::uint32_t>(batch.files.size() - 1);
  item.type_begin = static_cast<std::uint32_t>(batch.bytes.size());
  item.type_size = static_cast<std::uint32_t>(event.type.size());
  batch.bytes.append(event.type);
  const auto text = normal.text.substr(0, shown_bytes);
  item.text_begin = static_cast<std::uint32_t>(batch.bytes.size());
  item.text_size = static_cast<std::uint32_t>(text.size());
  batch.bytes.append(text);
  batch.items.push_back(item);
}

bool EventStream::flush(const Sink& sink) {
  if (growing_.items.empty()) return true;
  auto batch = std::exchange(growing_, {});
  is_unended_ = false;
  return sink(batch);
}

// False: reading of this file ends, by the sink or at `end_`.
bool EventStream::take(const Event& event, const Sink& sink) {
  if (is_unended_) growing_.items.back().event.end = event.position;
  is_unended_ = false;
  at_.position = event.position;
  if (end_ && at_.file == end_->file && event.position >= end_->position) return false;
  const auto factor = tracker_.is_inside() ? batch_growth_in_transaction : 1;
  const bool is_full =
      growing_.items.size() >= factor * items_in_batch || growing_.bytes.size() >= factor * bytes_in_batch;
  if (is_full && !flush(sink)) {
    is_wanted_ = false;
    return false;
  }
  last_end_ = event.end;
  const auto normal = normalise_(event);
  tracker_.see(normal);
  if (normal.role == Role::begin || normal.begins) {
    growing_.transaction = growing_.items.size();
    growing_.savepoints.clear();
  }
  switch (normal.role) {
    case Role::own:
    case Role::transaction:
    case Role::begin:
    case Role::table: return true;
    case Role::rollback_to: growing_.undo_to(normal.text); return true;
    default: break;
  }
  add(event, normal);
  is_unended_ = event.end == 0;
  if (normal.role == Role::savepoint)
    growing_.savepoints.emplace_back(normal.text, growing_.items.size() - 1);
  if (normal.role == Role::rollback) growing_.make_one_of_transaction();
  if (normal.role == Role::end || normal.role == Role::rollback) growing_.transaction.reset();
  return true;
}

// Reads the rest of the file at_. False: the sink wants no more; reading continues at at_.
bool EventStream::read_file(const Sink& sink) {
  const auto taking = reads_ahead_ ? EventReader::Taking::may_wait : EventReader::Taking::is_quick;
  last_end_ = 0;
  is_wanted_ = true;
  reader_.read(at_.file, at_.position, taking, [&](const Event& event) { return take(event, sink); });
  if (!is_wanted_) return false;
  check_end(at_.file);
  // No event of the next file begins where this one ends.
  is_unended_ = false;
  is_over_ = is_at_end(at_.file);
  if (!is_over_) {
    auto next = reader_.after(at_.file);
    is_over_ = !next;
    if (next) at_ = {std::move(*next), 0, at_.type};
  }
  return (!is_over_ && tracker_.is_inside()) || flush(sink);
}

void EventStream::read_all(const Sink& sink) {
  while (!is_over_ && read_file(sink)) {
  }
}

bool EventStream::push(Batch& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_stopped_ || ready_.size() < batches_ahead; });
  if (is_stopped_) return false;
  ready_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void EventStream::read_ahead() {
  std::exception_ptr failure;
  try {
    read_all([this](Batch& batch) { return push(batch); });
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  is_done_ = true;
  changed_.notify_all();
}

std::optional<EventStream::Batch> EventStream::pull() {
  if (!reads_ahead_) {
    std::optional<Batch> pulled;
    read_all([&](Batch& batch) {
      pulled = std::move(batch);
      return false;
    });
    return pulled;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_done_ || !ready_.empty(); });
  if (ready_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  auto batch = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return batch;
}

const CountingEvent* EventStream::next() {
  if (next_item_ == batch_.items.size()) {
    auto pulled = pull();
    if (!pulled) return nullptr;
    batch_ = std::move(*pulled);
    next_item_ = 0;
  }
  const auto& item = batch_.items[next_item_++];
  shown_ = item.event;
  const std::string_view bytes = batch_.bytes;
  shown_.file = batch_.files[item.file];
  shown_.type = bytes.substr(item.type_begin, item.type_size);
  shown_.text = bytes.substr(item.text_begin, item.text_size);
  return &shown_;
}

}  // namespace pgtid
