#include "discovery/injected_clusters.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "topo/store/store.h"

namespace topo::discovery {
namespace {

constexpr std::chrono::seconds asked_every{5};
// A search also finds older entries, but has to read that much more.
constexpr std::chrono::hours lately{1};

InjectedClusters::Names none() {
  static const auto names = std::make_shared<const std::set<std::string>>();
  return names;
}

}  // namespace

InjectedClusters::Names InjectedClusters::names() {
  if (!context_.configuration().auto_pseudo_gtid) return none();
  const auto now = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  if (names_ && now - asked_ < asked_every) return names_;
  asked_ = now;
  // One poll waits for the backend, the others use its previous answer.
  if (names_) lock.unlock();
  Names names = none();
  try {
    const auto clusters = context_.store().pseudo_gtid().injected_within(lately);
    names = std::make_shared<const std::set<std::string>>(clusters.begin(), clusters.end());
  } catch (const std::exception& error) {
    context_.log().debug(
        fmt::format("Cannot read which clusters entries are injected into: {}", error.what()));
    if (!lock.owns_lock()) lock.lock();
    return names_ ? names_ : names;
  }
  if (!lock.owns_lock()) lock.lock();
  return names_ = names;
}

}  // namespace topo::discovery
