#include "discovery/return_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "refactor/fencing.h"
#include "topo/audit.h"
#include "topo/base/error.h"
#include "topo/mysql/reachability.h"
#include "topo/store/store.h"
#include "topo/topology/former_master.h"

namespace topo::discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds longest_interval = seconds(2);
// Of a former master that answers, and does not take writes.
constexpr milliseconds settled_interval = seconds(10);
constexpr milliseconds connect_timeout = seconds(1);
constexpr std::size_t most_checks_at_once = 8;

}  // namespace

ReturnWatch::ReturnWatch(Context& context, std::function<bool()> is_active, Read read,
                         refactor::Refactoring& refactoring, std::string owner)
    : context_(context),
      is_active_(std::move(is_active)),
      read_(std::move(read)),
      refactoring_(refactoring),
      owner_(std::move(owner)),
      lane_([this](const InstanceKey& key, SteadyTime) { check(key); }, 1, most_checks_at_once),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

ReturnWatch::~ReturnWatch() {
  thread_.request_stop();
  thread_.join();
  lane_.stop();
}

milliseconds ReturnWatch::interval() const {
  return std::min<milliseconds>(longest_interval, context_.configuration().instance_poll);
}

void ReturnWatch::run(const std::stop_token& stop) {
  std::mutex sleeping;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    try {
      begin_round();
      last_error_.clear();
    } catch (const std::exception& error) {
      // The backend may be away for hours.
      const bool is_news = std::exchange(last_error_, error.what()) != error.what();
      context_.log().log(is_news ? spdlog::level::err : spdlog::level::debug,
                         fmt::format("Former masters cannot be watched: {}", error.what()));
    }
    std::unique_lock lock(sleeping);
    wake.wait_for(lock, stop, interval(), [] { return false; });
  }
}

void ReturnWatch::begin_round() {
  std::vector<InstanceKey> keys;
  if (is_active_()) keys = context_.store().former_masters().all();
  const std::set<InstanceKey> recorded(keys.begin(), keys.end());
  const std::lock_guard lock(mutex_);
  std::erase_if(formers_, [&](const auto& one) {
    if (one.second.is_under_way || recorded.contains(one.first)) return false;
    lane_.cancel(one.first);
    return true;
  });
  for (const auto& key : keys)
    if (formers_.try_emplace(key).second) lane_.schedule(key, std::chrono::steady_clock::now());
}

void ReturnWatch::check(const InstanceKey& key) {
  Former former;
  {
    const std::lock_guard lock(mutex_);
    const auto found = formers_.find(key);
    if (found == formers_.end()) return;
    found->second.is_under_way = true;
    former = found->second;
  }
  auto pause = interval();
  try {
    pause = look_at(key, former);
  } catch (const std::exception& error) {
    context_.log().debug(fmt::format("{}: {}", key.display(), error.what()));
  }
  const std::lock_guard lock(mutex_);
  former.is_under_way = false;
  formers_[key] = std::move(former);
  lane_.schedule(key, std::chrono::steady_clock::now() + pause);
}

// A server that closes many connections before they log in blocks the host (max_connect_errors): once it
// accepts connections, it is polled, until that fails.
milliseconds ReturnWatch::look_at(const InstanceKey& key, Former& former) {
  try {
    if (!former.listens) mysql::check_reachable(key, connect_timeout);
    former.listens = true;
    auto known = read_(key);
    // What is stored of the successor may be from before it was promoted, and what is stored of its master
    // from before that was.
    const auto read_also = [&](const InstanceKey& other) {
      (void)read_(other);
      if (auto stored = context_.store().instances().read(key)) known = std::move(*stored);
    };
    const auto may_have_changed = [&] {
      return known.replaced && why_not_returned(known) && !why_settled(known);
    };
    if (may_have_changed()) read_also(known.replaced->successor);
    if (may_have_changed() && known.replaced->successor_master.value_or(key) != key)
      read_also(*known.replaced->successor_master);
    return decide(known, former);
  } catch (const Error& error) {
    const auto code = error.code();
    if (code == Code::unreachable || code == Code::timeout) former = {.is_under_way = true};
    throw;
  }
}

milliseconds ReturnWatch::decide(const KnownInstance& known, Former& former) {
  const auto& key = known.instance.key;
  if (known.replaced && known.replaced->is_in_operation) return interval();
  if (const auto why = why_settled(known)) {
    // Not so: another server under its name, or one that its successor replicates from.
    if (is_returned(known)) {
      const auto successor = read_successor(known);
      if (auto doubt = why_in_doubt(known.instance, successor ? &*successor : nullptr)) {
        announce(known, former);
        if (std::exchange(former.last_refusal, *doubt) != *doubt)
          context_.log().warn(fmt::format("{}, but is still shown as a former master: {}", *why, *doubt));
        return settled_pause();
      }
    }
    // Until an operation has ended, it may yet be restarted, and take writes.
    const auto operations = context_.store().operations().unended();
    if (std::ranges::any_of(operations,
                            [&](const auto& one) { return one.subject == key || one.concerns(key); }))
      return settled_pause();
    if (context_.store().former_masters().end(key))
      context_.log().info(fmt::format("{}: it is no former master any more", *why));
    return interval();
  }
  if (const auto why = why_not_returned(known)) {
    // In the second of the replacement itself it may not count as read since.
    if (known.replaced && known.replaced->age > seconds(1)) refuse(key, former, *why);
    return interval();
  }
  announce(known, former);
  if (!takes_writes(known.instance)) return settled_pause();
  const auto& configuration = context_.configuration();
  if (!configuration.make_returned_masters_read_only) {
    refuse(key, former, "MakeReturnedMastersReadOnly is off");
    return interval();
  }
  if (configuration.read_only) {
    refuse(key, former, "ReadOnly is set in the configuration");
    return interval();
  }
  try {
    refactor::OperationRequest request;
    request.owner = configuration.maintenance_owner.empty() ? owner_ : configuration.maintenance_owner;
    (void)refactoring_.run(refactor::fencing(), {key}, request);
    former.last_refusal.clear();
    context_.log().warn(fmt::format("{} was made read-only: {}", key.display(), describe_replacement(known)));
    (void)write_audit(context_, "returned-master", key,
                      fmt::format("made read-only: {}", describe_replacement(known)));
  } catch (const Error& error) {
    refuse(key, former, error.what());
  }
  return interval();
}

milliseconds ReturnWatch::settled_pause() const {
  return std::max(interval(),
                  std::min<milliseconds>(settled_interval, context_.configuration().instance_poll));
}

// As just read; nullopt: it cannot be read.
std::optional<KnownInstance> ReturnWatch::read_successor(const KnownInstance& known) const {
  try {
    return read_(known.replaced->successor);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void ReturnWatch::announce(const KnownInstance& known, Former& former) {
  if (std::exchange(former.is_announced, true)) return;
  const auto& key = known.instance.key;
  const auto sentence =
      fmt::format("answers again, and {}; {}{}", describe_returned(known), describe_replacement(known),
                  why_settled(known) ? "" : "; rejoin makes it a replica");
  context_.log().warn(fmt::format("The former master {} {}", key.display(), sentence));
  (void)write_audit(context_, "returned-master", key, sentence);
}

// Each reason once, not every few seconds.
void ReturnWatch::refuse(const InstanceKey& key, Former& former, const std::string& reason) {
  if (std::exchange(former.last_refusal, reason) == reason) return;
  context_.log().warn(fmt::format("The former master {} is not made read-only: {}", key.display(), reason));
}

}  // namespace topo::discovery
