#include "topo/inspect/host_names.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/pattern_problem.h"
#include "base/shown_text.h"
#include "inspect/host_spelling.h"
#include "topo/base/error.h"
#include "topo/config/configuration.h"
#include "topo/store/store.h"

namespace topo {
namespace {

constexpr std::chrono::minutes failure_life{1};
constexpr std::size_t max_entries = 20000;  // API clients may ask for any name

enum class Method { none, unchanged, cname };

Method method_of(const std::string& name) {
  return name == "cname" ? Method::cname : name == "default" ? Method::unchanged : Method::none;
}

struct Entry {
  std::string name;    // the last answer; "": none yet
  SteadyTime since{};  // time of the answer
  SteadyTime fresh_until{};
  std::string problem;        // with the last lookup; "": none
  SteadyTime ask_again_at{};  // after a problem

  [[nodiscard]] bool fresh(SteadyTime now) const { return !name.empty() && now < fresh_until; }
};

// The result from the store and the name service.
struct LookedUp {
  std::string name;  // "": neither has a name
  std::chrono::seconds age{0};
  std::string problem;  // with the name service; `name` is then the stored name, of any age
};

}  // namespace

struct HostNames::State {
  State(const Configuration& configuration, NameStore& name_store, spdlog::logger& logger, Lookup name_lookup,
        Now clock);

  // Throws Error{timeout} if the lookup does not end by `end_by`.
  Resolution resolve(std::string_view given, std::optional<SteadyTime> end_by = std::nullopt);
  LookedUp find_out(const std::string& host, bool in_store, std::optional<SteadyTime> end_by);
  LookedUp look_up(const std::string& host, std::optional<SteadyTime> end_by = std::nullopt);
  void keep(const std::string& host, const LookedUp& finding);
  Resolution answer(std::string_view given, const std::string& host) const;
  Entry& entry_of(const std::string& host);
  [[nodiscard]] bool rejected(const std::string& name) const {
    return reject && RE2::PartialMatch(name, *reject);
  }

  // Calls `ask` on the store. A failure is logged once per outage. Returns false on failure.
  template <typename Ask>
  bool ask_store(Ask ask);

  const Method method;
  const std::chrono::minutes life;
  std::unique_ptr<RE2> reject;
  NameStore& store;
  spdlog::logger& log;
  const Lookup lookup;
  const Now now;

  std::mutex mutex;  // protects all members below
  std::condition_variable found_out;
  std::map<std::string, Entry> entries;  // key: one_spelling() of the host
  std::set<std::string> being_asked;
  bool loaded = false;
  bool store_fails = false;
};

HostNames::State::State(const Configuration& configuration, NameStore& name_store, spdlog::logger& logger,
                        Lookup name_lookup, Now clock)
    : method(method_of(configuration.hostname_resolve_method)),
      life(std::max(configuration.expiry_hostname_resolves, std::chrono::minutes(1))),
      store(name_store),
      log(logger),
      lookup(std::move(name_lookup)),
      now(std::move(clock)) {
  const auto& pattern = configuration.reject_hostname_resolve_pattern;
  if (pattern.empty()) return;
  reject = std::make_unique<RE2>(pattern, RE2::Quiet);
  if (!reject->ok()) {
    throw Error(Code::invalid_argument,
                fmt::format("RejectHostnameResolvePattern is not a regular expression: {}",
                            pattern_problem(*reject)));
  }
}

template <typename Ask>
bool HostNames::State::ask_store(Ask ask) {
  try {
    ask();
    const std::lock_guard lock(mutex);
    store_fails = false;
    return true;
  } catch (const std::exception& failure) {
    {
      const std::lock_guard lock(mutex);
      if (std::exchange(store_fails, true)) return false;
    }
    log.warn(fmt::format("Resolved host names are not shared until the backend answers again: {}",
                         failure.what()));
    return false;
  }
}

Resolution HostNames::State::resolve(std::string_view given, std::optional<SteadyTime> end_by) {
  const auto host = inspect::one_spelling(given);
  if (host.empty()) return {std::string(given), "The host name is empty"};
  if (!inspect::can_be_host(host)) {
    return {std::string(given), fmt::format("\"{}\" cannot be a host name", shown_text(given))};
  }

  std::unique_lock lock(mutex);
  for (;;) {
    const auto entry = entries.find(host);
    const bool known = entry != entries.end();
    const auto time = now();
    if (known && (entry->second.fresh(time) || time < entry->second.ask_again_at)) return answer(given, host);
    if (method == Method::none) return {std::string(given), std::nullopt};
    if (being_asked.insert(host).second) break;
    if (known && !entry->second.name.empty()) return answer(given, host);  // stale answer instead of waiting
    if (!end_by)
      found_out.wait(lock);
    else if (found_out.wait_until(lock, *end_by) == std::cv_status::timeout)
      throw Error(Code::timeout, fmt::format("{} was not looked up in time", host));
  }
  const bool in_store = !loaded;
  lock.unlock();
  const auto finding = find_out(host, in_store, end_by);
  lock.lock();
  being_asked.erase(host);
  found_out.notify_all();
  // A lookup that was cut off has no result: callers with more time repeat it.
  const bool is_cut_short = end_by && !finding.problem.empty() && std::chrono::steady_clock::now() >= *end_by;
  if (is_cut_short && finding.name.empty())
    throw Error(Code::timeout, fmt::format("{} was not looked up in time", host));
  keep(host, finding);
  return answer(given, host);
}

// Must not throw: other threads wait for the result.
LookedUp HostNames::State::find_out(const std::string& host, bool in_store,
                                    std::optional<SteadyTime> end_by) {
  std::optional<ResolvedName> stored;
  if (in_store) ask_store([&] { stored = store.resolved(host); });
  if (stored && (!inspect::can_be_host(stored->resolved) || rejected(stored->resolved))) stored.reset();
  if (stored && stored->age < life) return {stored->resolved, stored->age, {}};
  if (method != Method::cname || inspect::is_address(host) || host == "_") return {host, {}, {}};

  auto finding = look_up(host, end_by);
  if (finding.problem.empty()) {
    ask_store([&] { store.write_resolved(host, finding.name); });
  } else if (stored) {
    finding.name = stored->resolved;
    finding.age = stored->age;
  }
  return finding;
}

LookedUp HostNames::State::look_up(const std::string& host, std::optional<SteadyTime> end_by) {
  const auto failed = [](std::string why) { return LookedUp{{}, {}, std::move(why)}; };
  try {
    const auto found = lookup(host, end_by);
    if (!found) return failed(fmt::format("{} does not resolve: check the name and the name service", host));
    const auto name = inspect::one_spelling(*found);
    if (!inspect::can_be_host(name)) {
      return failed(
          fmt::format("{} resolves to \"{}\", which cannot be a host name", host, shown_text(name)));
    }
    if (rejected(name)) {
      return failed(fmt::format("{} resolves to {}, which RejectHostnameResolvePattern refuses", host, name));
    }
    return {name, {}, {}};
  } catch (const std::exception& failure) {
    return failed(fmt::format("{} does not resolve: {}", host, failure.what()));
  }
}

void HostNames::State::keep(const std::string& host, const LookedUp& finding) {
  const auto time = now();
  auto& entry = entry_of(host);
  const bool better = finding.problem.empty() || entry.name.empty();
  if (better && !finding.name.empty()) {
    entry.name = finding.name;
    entry.since = time - finding.age;
    entry.fresh_until = entry.since + life;
  }
  entry.problem = finding.problem;
  entry.ask_again_at = finding.problem.empty() ? SteadyTime{} : time + failure_life;
}

Resolution HostNames::State::answer(std::string_view given, const std::string& host) const {
  const auto& entry = entries.at(host);
  const auto problem = entry.problem.empty() ? std::nullopt : std::optional(entry.problem);
  const bool unchanged = method != Method::cname && (entry.name.empty() || entry.name == host);
  if (unchanged) return {std::string(given), problem};
  return {entry.name.empty() ? host : entry.name, problem};
}

Entry& HostNames::State::entry_of(const std::string& host) {
  if (entries.size() >= max_entries && !entries.contains(host)) {
    const auto time = now();
    std::erase_if(entries, [&](const auto& item) { return !item.second.fresh(time); });
    if (entries.size() >= max_entries) entries.clear();
  }
  return entries[host];
}

HostNames::HostNames(const Configuration& configuration, NameStore& store, spdlog::logger& log, Lookup lookup,
                     Now now)
    : state_(std::make_unique<State>(configuration, store, log, std::move(lookup), std::move(now))) {}

HostNames::~HostNames() = default;

Resolution HostNames::resolve(std::string_view host) {
  return state_->resolve(host);
}

KeyResolution HostNames::resolve(const InstanceKey& key) {
  auto resolution = state_->resolve(key.hostname());
  // The resolved name was checked, or is the original name.
  return {InstanceKey(resolution.name, key.port()), std::move(resolution.problem)};
}

KeyResolution HostNames::resolve_until(const InstanceKey& key, SteadyTime until) {
  auto& state = *state_;
  const auto host = inspect::one_spelling(key.hostname());
  if (state.method == Method::none || inspect::is_address(host)) return resolve(key);
  if (state.now() < until) {
    try {
      auto resolution = state.resolve(key.hostname(), until);
      return {InstanceKey(resolution.name, key.port()), std::move(resolution.problem)};
    } catch (const Error& error) {
      if (error.code() != Code::timeout) throw;
    }
  }
  const std::lock_guard lock(state.mutex);
  if (!state.entries.contains(host)) return {key, fmt::format("There was no time to look {} up", host)};
  auto known = state.answer(key.hostname(), host);
  return {InstanceKey(known.name, key.port()), std::move(known.problem)};
}

KeyResolution HostNames::resolve_now(const InstanceKey& key) {
  auto& state = *state_;
  const auto host = inspect::one_spelling(key.hostname());
  if (state.method != Method::cname || inspect::is_address(host)) return resolve(key);
  const auto finding = state.look_up(host);
  if (!finding.problem.empty()) return {key, finding.problem};
  state.ask_store([&] { state.store.write_resolved(host, finding.name); });
  {
    const std::lock_guard lock(state.mutex);
    state.keep(host, finding);
  }
  return {InstanceKey(finding.name, key.port()), std::nullopt};
}

void HostNames::load_all() {
  auto& state = *state_;
  if (state.method == Method::none) return;
  std::vector<ResolvedName> rows;
  if (!state.ask_store([&] { rows = state.store.all_resolved(); })) return;
  const std::lock_guard lock(state.mutex);
  const auto time = state.now();
  for (const auto& row : rows) {
    const auto host = inspect::one_spelling(row.hostname);
    const bool usable = inspect::can_be_host(host) && inspect::can_be_host(row.resolved) &&
                        row.age < state.life && !state.rejected(row.resolved);
    if (!usable) continue;
    auto& entry = state.entry_of(host);
    const auto since = time - row.age;
    if (!entry.name.empty() && entry.since >= since) continue;
    entry = Entry{row.resolved, since, since + state.life, {}, {}};
  }
  state.loaded = true;
}

std::vector<HostNames::Cached> HostNames::snapshot() const {
  std::vector<Cached> all;
  const std::lock_guard lock(state_->mutex);
  const auto time = state_->now();
  for (const auto& [host, entry] : state_->entries) {
    if (!entry.fresh(time)) continue;
    const auto remaining = std::chrono::floor<std::chrono::seconds>(entry.fresh_until - time);
    all.push_back({host, entry.name, remaining});
  }
  return all;
}

void HostNames::clear() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->entries.clear();
  }
  state_->store.clear();
}

}  // namespace topo
