// One-off discovery: reads a server and all servers connected to it by replication.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <utility>

#include "discovery/engine.h"
#include "topo/audit.h"

namespace topo {

// Kept alive by the polls that it waits for. `pending` counts those polls and the callers that still add
// more; the crawl is over when it falls to 0, which happens once.
struct Discovery::Engine::Crawl {
  std::mutex mutex;
  std::unordered_set<InstanceKey> visited;
  std::unordered_map<InstanceKey, std::vector<InstanceKey>> named_by;
  std::unordered_set<InstanceKey> asked_again;
  bool is_full = false;
  std::size_t pending = 0;
  DiscoveryReport report;
  std::function<void(Crawl&)> done;

  void end_one() {
    std::unique_lock lock(mutex);
    if (--pending > 0) return;
    lock.unlock();
    done(*this);
  }
};

namespace {

// A server can name any number of others, all of which may be itself.
constexpr std::size_t max_visited = 20'000;

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace

// Reads `key` and continues with its neighbours. The caller has counted it as pending.
void Discovery::Engine::read_for(const std::shared_ptr<Crawl>& crawl, const InstanceKey& key) {
  const auto next = [this, crawl, key](const PollOutcome& outcome) { took_for(crawl, key, outcome); };
  std::unique_lock lock(mutex_);
  if (!stopping_) {
    poll_now(key, next);
    return;
  }
  lock.unlock();
  next({key, {}, std::make_exception_ptr(Error(Code::refused, "The discovery was stopped"))});
}

void Discovery::Engine::took_for(const std::shared_ptr<Crawl>& crawl, const InstanceKey& asked,
                                 const PollOutcome& outcome) {
  std::vector<InstanceKey> misnamed_by;
  {
    const std::lock_guard lock(crawl->mutex);
    crawl->visited.insert(outcome.key);
    if (outcome.error) {
      crawl->report.unread.push_back({outcome.key, message_of(outcome.error)});
    } else {
      crawl->report.found.push_back(outcome.key);
    }
    if (outcome.key != asked) misnamed_by = crawl->named_by[asked];
  }
  for (const auto& namer : misnamed_by) read_again(crawl, namer);
  for (const auto& neighbour : outcome.neighbours) visit(crawl, neighbour, outcome.key);
  crawl->end_one();
}

// Its neighbours were stored under a name that has turned out to be an alias.
void Discovery::Engine::read_again(const std::shared_ptr<Crawl>& crawl, const InstanceKey& key) {
  {
    const std::lock_guard lock(crawl->mutex);
    if (!crawl->asked_again.insert(key).second) return;
    ++crawl->pending;
  }
  read_for(crawl, key);
}

void Discovery::Engine::visit(const std::shared_ptr<Crawl>& crawl, const InstanceKey& named,
                              const std::optional<InstanceKey>& namer) {
  // The poll of a name that the user gave finds out whether it still leads to the same server.
  const bool is_start = !namer;
  InstanceKey key = named;
  if (!is_start) {
    const std::lock_guard lock(mutex_);
    key = fleet_.mentioned(named);
  }
  if (namer && key != named) read_again(crawl, *namer);
  {
    const std::lock_guard lock(crawl->mutex);
    if (crawl->visited.size() >= max_visited && !crawl->visited.contains(key)) {
      if (!std::exchange(crawl->is_full, true)) {
        crawl->report.unread.push_back(
            {key, fmt::format("{} servers were found; {} and other named servers are not read", max_visited,
                              key.display())});
      }
      return;
    }
    if (namer) crawl->named_by[key].push_back(*namer);
    if (!crawl->visited.insert(key).second) return;
    ++crawl->pending;
  }
  // Servers read within the poll interval are not read again, except the one that the user named.
  if (auto known = is_start ? std::nullopt : read_lately(key)) {
    PollOutcome outcome{key, {}, nullptr};
    neighbours_of(known->instance, outcome.neighbours);
    took_for(crawl, key, outcome);
    return;
  }
  read_for(crawl, key);
}

// The stored instance, if it was read within the poll interval.
std::optional<KnownInstance> Discovery::Engine::read_lately(const InstanceKey& key) {
  try {
    auto known = context_.store().instances().read(key);
    if (known && known->last_check_valid && known->is_up_to_date(configuration().instance_poll)) return known;
  } catch (const Error& e) {
    context_.log().warn(fmt::format("{}: {}", key.display(), e.what()));  // then it is read from the server
  }
  return std::nullopt;
}

void Discovery::Engine::crawl(const InstanceKey& start, std::function<void(Crawl&)> done) {
  auto crawl = std::make_shared<Crawl>();
  crawl->done = std::move(done);
  crawl->pending = 1;  // this function, so that a quick first poll does not end the crawl
  crawl->report.start = start;
  visit(crawl, start, std::nullopt);
  crawl->end_one();
}

DiscoveryReport Discovery::Engine::discover(const InstanceKey& given) {
  const auto start = resolved(given);
  if (!start.valid()) {
    throw Error(Code::invalid_argument, fmt::format("{} cannot be an instance", given.display()));
  }
  // Shared: the worker may still be in set_value() when this thread has the value.
  const auto promise = std::make_shared<std::promise<DiscoveryReport>>();
  auto future = promise->get_future();
  crawl(start, [promise](Crawl& crawl) { promise->set_value(crawl.report); });
  auto report = future.get();
  writer_.flush();
  settle_found(report);
  conclude(report);
  return report;
}

void Discovery::Engine::submit(const InstanceKey& given) {
  const auto start = resolved(given);
  ++submitted_;
  const std::shared_ptr<void> counted(nullptr, [this](void*) { --submitted_; });
  if (submitted_ > max_submitted_discoveries) {
    throw Error(Code::busy, fmt::format("{} is not discovered now: {} discoveries are running already; try "
                                        "again when some have ended",
                                        start.display(), max_submitted_discoveries));
  }
  crawl(start, [this, counted](Crawl& crawl) {
    if (!active_) crawl.report.log_unread(context_.log());
    conclude(crawl.report);
  });
}

// Lists each server once, by its known name, and logs the result.
void Discovery::Engine::conclude(DiscoveryReport& report) {
  {
    const std::lock_guard lock(mutex_);
    report.start = fleet_.canonical(report.start);
  }
  std::sort(report.found.begin(), report.found.end());
  report.found.erase(std::unique(report.found.begin(), report.found.end()), report.found.end());
  const auto summary = fmt::format("found {}, failed {}", report.found.size(), report.unread.size());
  context_.log().info(fmt::format("Discovery from {}: {}", report.start.display(), summary));
  (void)write_audit(context_, "start-discovery", report.start, summary);
}

}  // namespace topo
