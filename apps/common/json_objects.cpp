#include "common/json_objects.h"

namespace orchestrator::json {
namespace {

template <typename Object>
Schema schema_of() {
  Schema schema{ObjectSchema<Object>::name, ObjectSchema<Object>::meaning, {}};
  for (const auto& field : ObjectSchema<Object>::fields) schema.members.push_back(field.member);
  return schema;
}

}  // namespace

std::string path_of(const topo::MoveVerdict& verdict) {
  if (verdict.operation.empty() || !verdict.subject) return "";
  return verdict.operation + path_segments(*verdict.subject) +
         (verdict.other ? path_segments(*verdict.other) : "");
}

std::string expiration_of(const topo::HostNames::Cached& cached) {
  const auto expires =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + cached.remaining);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(expires));
}

std::string active_node_of(const Health& health) {
  const auto& node = health.node;
  return node.active_hostname.empty() ? "" : fmt::format("{};{}", node.active_hostname, node.active_token);
}

std::optional<std::string_view> error_of(const Health& health) {
  if (health.error.empty()) return std::nullopt;
  return health.error;
}

NameList names_of(const std::vector<std::filesystem::path>& files) {
  NameList names;
  for (const auto& file : files) names.push_back(file.string());
  return names;
}

void write(Writer& writer, const topo::InstanceKey& key) {
  write_object(writer, key);
}

const std::vector<Schema>& schemas() {
  static const std::vector<Schema> all{
      instance_schema(),
      schema_of<topo::InstanceKey>(),
      schema_of<topo::BinlogCoordinates>(),
      schema_of<OptionalSeconds>(),
      schema_of<topo::ReplicationChannel>(),
      schema_of<ProblemCount>(),
      schema_of<ClusterState>(),
      schema_of<topo::AuditEntry>(),
      schema_of<OfferedAction>(),
      schema_of<topo::StoredLongQuery>(),
      schema_of<topo::Maintenance>(),
      schema_of<topo::refactor::UnfinishedServer>(),
      schema_of<topo::refactor::UnfinishedOperation>(),
      schema_of<topo::Node>(),
      schema_of<topo::refactor::StepReport>(),
      schema_of<topo::HostNames::Cached>(),
      schema_of<topo::MoveVerdict>(),
      schema_of<topo::MoveTarget>(),
      schema_of<MoveTargets>(),
      schema_of<Actions>(),
      schema_of<Reloaded>(),
      schema_of<topo::Analysis>(),
      schema_of<Health>(),
      schema_of<topo::refactor::Progress>(),
      schema_of<WebSettings>(),
  };
  return all;
}

}  // namespace orchestrator::json
