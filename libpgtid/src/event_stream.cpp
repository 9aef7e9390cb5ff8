#include "event_stream.h"

#include <algorithm>
#include <functional>

#include "pgtid/normal_form.h"

namespace pgtid {
namespace {

constexpr std::size_t items_in_batch = 1024;
constexpr std::size_t bytes_in_batch = 256 * 1024;
// A transaction is read whole, unless it is very long.
constexpr std::size_t batch_growth_in_transaction = 4;
constexpr std::size_t batches_ahead = 4;
// Of a text; the rest is in its identity only.
constexpr std::size_t shown_bytes = 300;

}  // namespace

EventStream::EventStream(EventReader& reader, BinlogCoordinates begin, bool is_inside,
                         std::optional<BinlogCoordinates> end, bool reads_ahead)
    : reader_(reader), end_(std::move(end)), at_(std::move(begin)), tracker_(true, is_inside) {
  if (reads_ahead) thread_ = std::thread([this] { read_ahead(); });
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
  // Of relay logs the end of an event is not told.
  const bool is_other = last_end_ != 0 && end_->type == LogType::binary && last_end_ != end_->position;
  if (is_past || is_other) throw LogError("No event of the log ends at " + end_->display());
}

// MariaDB's replicas log neither what was undone to a savepoint, nor that it was.
void EventStream::Batch::undo_to(std::string_view savepoint) {
  for (auto one = savepoints.rbegin(); one != savepoints.rend(); ++one) {
    if (one->first != savepoint) continue;
    items.resize(one->second + 1);
    savepoints.erase(one.base(), savepoints.end());
    return;
  }
}

// A transaction that was rolled back is not logged by all servers.
void EventStream::Batch::make_one_of_transaction() {
  auto& last = items.back().event;
  last.is_optional = true;
  if (!transaction) return;
  for (auto i = *transaction; i + 1 < items.size(); ++i)
    last.identity = last.identity * 31 + items[i].event.identity;
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(*transaction), items.end() - 1);
}

void EventStream::add(Batch& batch, const Event& event, const NormalEvent& normal) {
  Item item;
  auto& made = item.event;
  made.identity = identity_of(normal.text, event.server_id);
  made.transaction = tracker_.name();
  made.position = event.position;
  made.end = event.end;
  made.server_id = event.server_id;
  made.is_in_transaction = tracker_.is_inside();
  made.is_optional = normal.role == Role::optional;
  item.type_begin = static_cast<std::uint32_t>(batch.bytes.size());
  item.type_size = static_cast<std::uint32_t>(event.type.size());
  batch.bytes.append(event.type);
  const auto text = normal.text.substr(0, shown_bytes);
  item.text_begin = static_cast<std::uint32_t>(batch.bytes.size());
  item.text_size = static_cast<std::uint32_t>(text.size());
  batch.bytes.append(text);
  batch.items.push_back(item);
}

// The rest of the file at_, in batches. False: no more is wanted. at_ is then where it goes on.
bool EventStream::read_file(const Sink& sink) {
  Batch batch;
  batch.file = at_.file;
  const bool has_end = end_ && at_.file == end_->file;
  bool is_wanted = true;
  bool is_unended = false;  // the last item ends where the next event begins
  last_end_ = 0;
  const auto flush = [&] {
    if (batch.items.empty()) return true;
    is_wanted = sink(batch);
    batch = Batch{};
    batch.file = at_.file;
    return is_wanted;
  };
  const auto taking = thread_.joinable() ? EventReader::Taking::may_wait : EventReader::Taking::is_quick;
  reader_.read(at_.file, at_.position, taking, [&](const Event& event) {
    if (is_unended && !batch.items.empty()) batch.items.back().event.end = event.position;
    is_unended = false;
    at_.position = event.position;
    if (has_end && event.position >= end_->position) return false;
    const auto factor = tracker_.is_inside() ? batch_growth_in_transaction : 1;
    const bool is_full =
        batch.items.size() >= factor * items_in_batch || batch.bytes.size() >= factor * bytes_in_batch;
    if (is_full && !flush()) return false;
    last_end_ = event.end;
    const auto normal = normalise_(event);
    tracker_.see(normal);
    if (normal.role == Role::begin || normal.begins) {
      batch.transaction = batch.items.size();
      batch.savepoints.clear();
    }
    switch (normal.role) {
      case Role::own:
      case Role::transaction:
      case Role::begin:
      case Role::table: return true;
      case Role::rollback_to: batch.undo_to(normal.text); return true;
      default: break;
    }
    add(batch, event, normal);
    is_unended = event.end == 0;
    if (normal.role == Role::savepoint) batch.savepoints.emplace_back(normal.text, batch.items.size() - 1);
    if (normal.role == Role::rollback) batch.make_one_of_transaction();
    if (normal.role == Role::end || normal.role == Role::rollback) {
      batch.transaction.reset();
      batch.savepoints.clear();
    }
    return true;
  });
  if (!is_wanted) return false;
  check_end(at_.file);
  is_wanted = flush();
  is_over_ = is_at_end(at_.file);
  if (!is_over_) {
    auto next = reader_.after(at_.file);
    is_over_ = !next;
    if (next) at_ = {std::move(*next), 0, at_.type};
  }
  return is_wanted;
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
  if (!thread_.joinable()) {
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
  shown_.file = batch_.file;
  shown_.type = bytes.substr(item.type_begin, item.type_size);
  shown_.text = bytes.substr(item.text_begin, item.text_size);
  return &shown_;
}

}  // namespace pgtid
