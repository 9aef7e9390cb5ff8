#include "topo/refactor/subject.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/inspect/same_server.h"

namespace topo::refactor {
namespace {

// Throws Error{refused} unless both names lead to one server now. `how` says why they are assumed to.
void require_one_server(Context& context, const InstanceKey& named, const InstanceKey& known_as,
                        std::string_view how) {
  std::string reason = "it leads to another server now";
  try {
    if (lead_to_one_address(context.configuration(), named, known_as)) return;
    const auto comparison = compare_servers(context.configuration(), context.pool(), named, known_as);
    if (comparison.sameness == mysql::Sameness::same) return;
    if (comparison.sameness == mysql::Sameness::unknown)
      reason = fmt::format("that cannot be proven now ({})", comparison.reason);
  } catch (const Error& error) {
    reason = fmt::format("that cannot be proven now ({})", error.what());
  }
  throw Error(Code::refused, fmt::format("{0} {3} {1}, but {2}; to change {1}, use that name",
                                         named.display(), known_as.display(), reason, how));
}

}  // namespace

std::optional<InstanceKey> stored_alias_of(InstanceStore& instances, const InstanceKey& name) {
  for (auto& [alias, instance] : instances.read_aliases()) {
    if (alias == name) return std::move(instance);
  }
  return std::nullopt;
}

// A name service or the backend alone does not lead to another server: that needs a proof.
InstanceKey subject_of_change(Context& context, const InstanceKey& name) {
  auto& instances = context.store().instances();
  if (instances.read(name)) return name;
  const auto resolved = context.names().resolve_now(name);
  if (resolved.key != name && instances.read(resolved.key)) {
    require_one_server(context, name, resolved.key, "resolves to");
    return resolved.key;
  }
  for (const auto& one : {name, resolved.key}) {
    const auto known_as = stored_alias_of(instances, one);
    if (!known_as || !instances.read(*known_as)) continue;
    require_one_server(context, name, *known_as, "was found to be another name of");
    return *known_as;
  }
  if (resolved.problem) throw Error(Code::not_found, *resolved.problem);
  return name;
}

namespace {

// Instances that report the same identity.
std::vector<InstanceKey> look_alikes(InstanceStore& instances, const Instance& one) {
  std::vector<InstanceKey> keys;
  for (const auto& link : instances.read_links()) {
    const bool same_uuid = !one.server_uuid.empty() && link.server_uuid == one.server_uuid;
    const bool same_rest = link.server_id == one.server_id && link.server_uuid == one.server_uuid &&
                           link.reported_hostname == one.reported_hostname &&
                           link.reported_port == one.reported_port;
    if (link.key != one.key && (same_uuid || same_rest)) keys.push_back(link.key);
  }
  return keys;
}

}  // namespace

InstanceKey destination_of_change(Context& context, const InstanceKey& name) {
  auto& instances = context.store().instances();
  const auto key = subject_of_change(context, name);
  if (instances.read(key)) return key;
  std::optional<Instance> read;
  try {
    read = context.inspector().read(key);
  } catch (const Error&) {  // the operation itself reports the error
    return key;
  }
  for (const auto& other : look_alikes(instances, *read)) {
    const auto [sameness, reason] = compare_servers(context.configuration(), context.pool(), key, other);
    if (sameness == mysql::Sameness::same) return other;
    if (sameness == mysql::Sameness::unknown) {
      throw Error(Code::refused,
                  fmt::format("{0} may be an alias of {1}, which cannot be proven now ({2}); use {1} or, "
                              "if {0} is another server, `discover` it first",
                              key.display(), other.display(), reason));
    }
  }
  return key;
}

InstanceKey repoint_destination(Context& context, const InstanceKey& replica, const InstanceKey& name) {
  const auto master = destination_of_change(context, name);
  const auto known = context.store().instances().read(replica);
  return known && known->instance.master_key() == master ? subject_of_change(context, name) : master;
}

}  // namespace topo::refactor
