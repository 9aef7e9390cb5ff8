#include "refactor/proven_names.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/inspect/same_server.h"
#include "topo/mysql/pool.h"

namespace topo::refactor {

InstanceKey ProvenNames::known_as(const InstanceKey& told) {
  const std::lock_guard lock(mutex_);
  if (const auto found = proven_.find(told); found != proven_.end()) return found->second;
  if (!aliases_) {
    aliases_.emplace();
    for (const auto& [alias, instance] : context_.store().instances().read_aliases())
      aliases_->emplace(alias, instance);
  }
  const auto alias = aliases_->find(told);
  if (alias == aliases_->end()) return told;
  auto instance = alias->second;
  if (are_same(told, instance)) return proven_.emplace(told, std::move(instance)).first->second;
  context_.log().warn(
      "{} was another name of {}, which is not proven now: replicas of the one are none of the other",
      told.display(), instance.display());
  aliases_->erase(alias);
  return told;
}

bool ProvenNames::are_same(const InstanceKey& alias, const InstanceKey& instance) const {
  try {
    return compare_servers(context_.configuration(), context_.pool(), alias, instance).sameness ==
           mysql::Sameness::same;
  } catch (const Error&) {
    return !answers(alias) && !answers(instance);
  }
}

bool ProvenNames::answers(const InstanceKey& server) const {
  constexpr std::chrono::seconds patience{2};
  try {
    (void)context_.pool().connect(server, std::chrono::steady_clock::now() + patience);
    return true;
  } catch (const Error& error) {
    return error.code() != Code::unreachable && error.code() != Code::timeout;
  }
}

}  // namespace topo::refactor
