#include "common/actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/catalogue.h"

namespace orchestrator {
namespace {

// `rest`: the path below the instance.
OfferedAction offered(const Operation& operation, const topo::InstanceKey& key, std::string_view rest = "") {
  const auto& menu = operation.menu.value();
  return {.operation = operation.name,
          .path = fmt::format("{}{}{}", operation.name, path_segments(key), rest),
          .menu = &menu,
          .label = std::string(menu.label),
          .may_be_forced = std::ranges::any_of(operation.parameters, [](const ParameterUse& use) {
            return use.parameter == Parameter::force;
          })};
}

OfferedAction offered(std::string_view name, const topo::InstanceKey& key, std::string_view rest = "") {
  return offered(*find_operation(name), key, rest);
}

}  // namespace

std::string path_segments(const topo::InstanceKey& key) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string encoded;
  for (const char c : key.hostname()) {
    if (plain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return fmt::format("/{}/{}", encoded, key.port());
}

std::vector<OfferedAction> actions_on(const topo::Topology& topology, const topo::KnownInstance& known,
                                      const topo::RuleLimits& limits) {
  const auto& key = known.instance.key;
  std::vector<OfferedAction> all;
  for (auto& action : topo::refactor::actions_on(topology, key, limits)) {
    auto& one = all.emplace_back(
        offered(action.operation->name, key, action.target ? path_segments(*action.target) : ""));
    one.refusal = std::move(action.refusal);
    one.target = action.target;
    if (one.target) one.label += " " + one.target->display();
  }
  for (const auto& operation : catalogue()) {
    const bool is_of_library = topo::refactor::find_operation(operation.name) != nullptr;
    if (operation.menu && !is_of_library && operation.menu->suits != nullptr && operation.menu->suits(known))
      all.push_back(offered(operation, key));
  }
  return all;
}

std::vector<OfferedAction> actions_on(const topo::refactor::UnfinishedOperation& unfinished) {
  const auto& operation = unfinished.operation;
  if (operation.is_under_way) return {};
  // Any of its servers identifies it; its subject need not be one of them.
  const auto& servers = unfinished.servers;
  const bool has_subject =
      servers.empty() ||
      std::ranges::find(servers, operation.subject, &topo::refactor::UnfinishedServer::key) != servers.end();
  const auto& key = has_subject ? operation.subject : servers.front().key;
  std::vector<OfferedAction> all{offered("finish-unfinished", key)};
  if (unfinished.can_be_undone) all.push_back(offered("undo-unfinished", key));
  return all;
}

std::vector<OfferedAction> actions_on(const topo::StoredLongQuery& query) {
  return {offered("kill-query", query.instance, fmt::format("/{}", query.query.id))};
}

std::vector<OfferedAction> actions_on(const topo::Analysis& analysis) {
  auto recover = offered("recover", analysis.key);
  // What is known of a server that does not answer may be outdated: recover reads its replicas first.
  if (analysis.last_check_valid) recover.refusal = topo::why_not_recoverable(analysis).value_or("");
  return {std::move(recover)};
}

}  // namespace orchestrator
