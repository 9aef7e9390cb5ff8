// Servers that die, and their recovery.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"

namespace system_test {

// Servers with entries, one of which dies, and their recovery.
struct RecoveryFixture {
  RecoveryFixture(std::string_view tree, sandbox::Flavour flavour,
                  const MatchedServers::Configure& configure = {})
      : RecoveryFixture(tree, options(flavour), configure) {}
  RecoveryFixture(std::string_view tree, const sandbox::Options& options,
                  const MatchedServers::Configure& configure = {})
      : servers(tree, options, configure),
        recovery(servers.library().context(), servers.refactoring(), topo::NodeIdentity::make("test", "0"),
                 [this](const topo::InstanceKey& key) {
                   if (before_refresh) before_refresh();
                   return servers.library().discovery().refresh(key);
                 }) {
    recovery.watch([this](const topo::refactor::Progress& progress) {
      const std::lock_guard lock(mutex);
      told.push_back(progress);
    });
  }

  static sandbox::Options options(sandbox::Flavour flavour) {
    auto options = system_test::options_of(flavour);
    options.pseudo_gtid = true;
    return options;
  }
  // Returns when the replicas have noticed.
  void kill(const char* name, const std::vector<const char*>& replicas) {
    servers[name].kill9();
    for (const char* replica : replicas)
      sandbox::wait_until([&] { return !servers[replica].replicates(); }, sandbox::patience,
                          "the replicas to notice");
  }
  // A sibling that lags behind the dead server is not chosen.
  void await_as_far(const char* name, const char* dead) {
    const auto executed = [](const topo::KnownInstance& known) { return known.instance.replication()->exec; };
    const auto enough = executed(*servers.library().known(dead));
    const auto is_there = [&] { return !(executed(servers.library().refresh(name)) < enough); };
    sandbox::wait_until(is_there, sandbox::patience, "the sibling to have executed as much as the dead one");
  }
  topo::recovery::RecoveryReport recover(const char* name) { return recovery.recover(servers.key(name), {}); }
  std::string failures() {
    std::string text;
    for (const auto& one : topo::recovery::analyse_all(servers.library().context()))
      text += fmt::format("{} {}\n", servers.library().with_names(one.key.display()),
                          topo::to_string(one.failure));
    return text;
  }
  // With the names of the servers, to explain a failed test.
  std::string everything_done() {
    std::string text;
    for (const auto& entry : servers.library().context().store().audit().read(0, 100))
      text = servers.library().with_names(entry.type + ": " + entry.message) + "\n" + text;
    return text;
  }
  std::vector<std::string> audits() {
    std::vector<std::string> texts;
    for (const auto& entry : servers.library().context().store().audit().read(0, 100))
      if (entry.type.starts_with("recover-")) texts.push_back(entry.type + ": " + entry.message);
    std::ranges::reverse(texts);
    return texts;
  }

  MatchedServers servers;
  std::function<void()> before_refresh;
  topo::recovery::Recovery recovery;
  std::mutex mutex;
  std::vector<topo::refactor::Progress> told;
};

}  // namespace system_test
