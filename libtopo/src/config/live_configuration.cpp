#include "topo/config/live_configuration.h"

#include <algorithm>
#include <utility>

#include "config/keys.h"

namespace topo {
namespace {

bool are_equal(const Configuration& a, const Configuration& b) {
  return std::ranges::all_of(config::sections(), [&](const auto& section) {
    return std::ranges::all_of(section.keys, [&](const auto& key) {
      return std::visit([&](auto member) { return a.*member == b.*member; }, key.member);
    });
  });
}

Configuration completed(Configuration configuration) {
  configuration.complete();
  return configuration;
}

}  // namespace

LiveConfiguration::LiveConfiguration(Configuration configuration) {
  put_in_place(completed(std::move(configuration)));
}

void LiveConfiguration::put_in_place(Configuration next) {
  auto found = std::ranges::find_if(all_, [&](const auto& known) { return are_equal(*known, next); });
  if (found == all_.end())
    found = all_.insert(all_.end(), std::make_unique<const Configuration>(std::move(next)));
  current_.store(found->get(), std::memory_order_release);
}

ConfigurationChanges LiveConfiguration::replace(const Configuration& next,
                                                const std::function<void(const Configuration&)>& check) {
  const std::lock_guard lock(mutex_);
  auto merged = current();
  ConfigurationChanges changes;
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      std::visit(
          [&](auto member) {
            if (merged.*member == next.*member) return;
            auto& list = key.at_start ? changes.at_next_start : changes.taken;
            list.emplace_back(key.name);
            if (!key.at_start) merged.*member = next.*member;
          },
          key.member);
    }
  }
  merged.complete();
  if (check) check(merged);
  if (!changes.taken.empty()) put_in_place(std::move(merged));
  return changes;
}

}  // namespace topo
