#include "refactor/proven_names.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/inspect/same_server.h"
#include "topo/mysql/pool.h"

namespace topo::refactor {

InstanceKey ProvenNames::known_as(const InstanceKey& reported, const InstanceKey& resolved) {
  const std::lock_guard lock(mutex_);
  if (const auto found = settled_.find(reported); found != settled_.end()) return found->second;
  if (!aliases_) {
    aliases_.emplace();
    for (const auto& [alias, instance] : context_.store().instances().read_aliases())
      aliases_->emplace(alias, instance);
  }
  const auto alias = aliases_->find(resolved);
  auto instance = alias == aliases_->end() ? resolved : alias->second;
  if (instance == reported || are_same(reported, instance, alias != aliases_->end()))
    return settled_.emplace(reported, instance).first->second;
  context_.log().warn(
      fmt::format("{} {} {}, which cannot be proven now: they are treated as two servers", reported.display(),
                  alias == aliases_->end() ? "was resolved to" : "was another name of", instance.display()));
  return settled_.emplace(reported, reported).first->second;
}

bool ProvenNames::are_same(const InstanceKey& alias, const InstanceKey& instance, bool was_proven) const {
  if (lead_to_one_address(context_.configuration(), alias, instance)) return true;
  try {
    return compare_servers(context_.configuration(), context_.pool(), alias, instance).sameness ==
           mysql::Sameness::same;
  } catch (const Error&) {
    return was_proven && !answers(alias) && !answers(instance);
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
