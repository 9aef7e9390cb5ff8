#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "common/json_writer.h"
#include "common/reply.h"

namespace orchestrator {
namespace {

using json::write_field;
using json::write_name;

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

std::string_view name_of(topo::refactor::MenuEntry::Section section) {
  using Section = topo::refactor::MenuEntry::Section;
  switch (section) {
    case Section::replication: return "replication";
    case Section::server: return "server";
    case Section::move: return "move";
    case Section::replicas: return "replicas";
  }
  return "";
}

std::string_view name_of(topo::refactor::Danger danger) {
  using topo::refactor::Danger;
  switch (danger) {
    case Danger::none: return "none";
    case Danger::confirm: return "confirm";
    case Danger::type_name: return "type-name";
  }
  return "";
}

// The path, below /api/, of the route that moves the instance; "": no operation does.
std::string path_of(const topo::MoveVerdict& verdict) {
  if (verdict.operation.empty()) return "";
  return verdict.operation + path_segments(verdict.subject) +
         (verdict.other.valid() ? path_segments(verdict.other) : "");
}

struct JsonRenderer {
  json::Writer& writer;
  std::chrono::seconds poll_interval;

  void operator()(std::monostate) { writer.Null(); }
  void operator()(const topo::KnownInstance& known) { json::write(writer, known, poll_interval); }
  void operator()(const topo::InstanceKey& key) { json::write(writer, key); }
  void operator()(const std::string& name) { json::write_text(writer, name); }
  void operator()(const Text& text) { json::write_text(writer, text.text); }

  template <typename Element>
  void operator()(const std::vector<Element>& list) {
    writer.StartArray();
    for (const auto& element : list) (*this)(element);
    writer.EndArray();
  }

  void operator()(const topo::ClusterInfo& info) {
    writer.StartObject();
    write_field(writer, "ClusterName", std::string_view(info.cluster_name));
    write_field(writer, "ClusterAlias", std::string_view(info.cluster_alias));
    write_field(writer, "CountInstances", std::uint64_t{info.count_instances});
    writer.EndObject();
  }

  void operator()(const topo::AuditEntry& entry) {
    writer.StartObject();
    write_name(writer, "AuditId");
    writer.Int64(entry.id);
    write_field(writer, "AuditTimestamp", std::string_view(entry.timestamp));
    write_field(writer, "AuditType", std::string_view(entry.type));
    write_name(writer, "AuditInstanceKey");
    json::write_server(writer, entry.hostname, entry.port);
    write_field(writer, "Message", std::string_view(entry.message));
    writer.EndObject();
  }

  void operator()(const topo::StoredLongQuery& one) {
    writer.StartObject();
    write_field(writer, "InstanceHostname", std::string_view(one.instance.hostname()));
    write_field(writer, "InstancePort", std::uint64_t{one.instance.port()});
    write_field(writer, "Id", one.query.id);
    write_field(writer, "User", std::string_view(one.query.user));
    write_field(writer, "Host", std::string_view(one.query.host));
    write_field(writer, "Db", std::string_view(one.query.db));
    write_field(writer, "Command", std::string_view(one.query.command));
    write_field(writer, "Time", static_cast<std::uint64_t>(one.query.time.count()));
    write_field(writer, "State", std::string_view(one.query.state));
    write_field(writer, "Info", std::string_view(one.query.info));
    write_field(writer, "StartedAt", std::string_view(one.started_at));
    writer.EndObject();
  }

  void operator()(const topo::Maintenance& held) {
    writer.StartObject();
    write_field(writer, "MaintenanceId", static_cast<std::uint64_t>(held.id));
    write_name(writer, "Key");
    json::write(writer, held.key);
    write_field(writer, "BeginTimestamp", std::string_view(held.begin));
    write_field(writer, "SecondsElapsed", static_cast<std::uint64_t>(held.elapsed.count()));
    write_field(writer, "IsActive", held.is_active);
    write_field(writer, "Owner", std::string_view(held.owner));
    write_field(writer, "Reason", std::string_view(held.reason));
    writer.EndObject();
  }

  void operator()(const topo::refactor::UnfinishedOperation& one) {
    const auto& operation = one.operation;
    writer.StartObject();
    write_field(writer, "OperationId", static_cast<std::uint64_t>(operation.id));
    write_field(writer, "Operation", std::string_view(operation.operation));
    write_name(writer, "Key");
    json::write(writer, operation.subject);
    write_field(writer, "Owner", std::string_view(operation.owner));
    write_field(writer, "BeginTimestamp", std::string_view(operation.begin));
    write_field(writer, "SecondsElapsed", static_cast<std::uint64_t>(operation.elapsed.count()));
    write_field(writer, "IsUnderWay", one.operation.is_under_way);
    write_name(writer, "Servers");
    writer.StartArray();
    for (const auto& server : one.servers) {
      writer.StartObject();
      write_name(writer, "Key");
      json::write(writer, server.key);
      write_field(writer, "State", std::string_view(server.state));
      write_field(writer, "IsInOrder", server.is_in_order);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
  }

  void operator()(const topo::Node& node) {
    writer.StartObject();
    write_field(writer, "Hostname", std::string_view(node.hostname));
    write_field(writer, "Token", std::string_view(node.token));
    write_field(writer, "FirstSeen", std::string_view(node.first_seen));
    write_field(writer, "LastSeen", std::string_view(node.last_seen));
    write_field(writer, "SecondsSinceLastSeen", static_cast<std::uint64_t>(node.since_last_seen.count()));
    write_field(writer, "Command", std::string_view(node.command));
    write_field(writer, "Version", std::string_view(node.version));
    write_field(writer, "IsActive", node.is_active);
    writer.EndObject();
  }

  // {"db1":{"Object":"db1.example.com","Expiration":"2026-11-24T03:12:07Z"}}
  void operator()(const CachedNameList& names) {
    const auto now = std::chrono::system_clock::now();
    writer.StartObject();
    for (const auto& cached : names) {
      write_name(writer, cached.host);
      writer.StartObject();
      write_field(writer, "Object", std::string_view(cached.name));
      write_name(writer, "Expiration");
      const auto expires = std::chrono::system_clock::to_time_t(now + cached.remaining);
      json::write_text(writer, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(expires)));
      writer.EndObject();
    }
    writer.EndObject();
  }

  void operator()(const topo::MoveVerdict& verdict) {
    using Kind = topo::MoveVerdict::Kind;
    writer.StartObject();
    write_field(writer, "Verdict",
                std::string_view(verdict.kind == Kind::yes       ? "ok"
                                 : verdict.kind == Kind::warning ? "warning"
                                                                 : "no"));
    write_field(writer, "Operation", std::string_view(verdict.operation));
    write_field(writer, "Path", std::string_view(path_of(verdict)));
    write_field(writer, "Reason", std::string_view(verdict.reason));
    writer.EndObject();
  }

  void operator()(const MoveTargets& moves) {
    writer.StartObject();
    write_name(writer, "Key");
    json::write(writer, moves.key);
    write_name(writer, "Targets");
    writer.StartArray();
    for (const auto& target : moves.targets) {
      writer.StartObject();
      write_name(writer, "Key");
      json::write(writer, target.key);
      write_name(writer, "Classic");
      (*this)(target.classic);
      write_name(writer, "PseudoGTID");
      (*this)(target.pseudo_gtid);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
  }

  void operator()(const Actions& of) {
    writer.StartObject();
    write_name(writer, "Key");
    json::write(writer, of.key);
    write_name(writer, "Actions");
    writer.StartArray();
    for (const auto& [operation, refusal] : of.actions) {
      const auto& menu = *operation->menu;
      writer.StartObject();
      write_field(writer, "Operation", operation->name);
      write_field(writer, "Path", std::string_view(std::string(operation->name) + path_segments(of.key)));
      write_field(writer, "Section", name_of(menu.section));
      write_field(writer, "Label", menu.label);
      write_field(writer, "Explanation", menu.explanation);
      write_field(writer, "Danger", name_of(menu.danger));
      write_field(writer, "Warning", menu.warning);
      write_field(writer, "Refusal", std::string_view(refusal));
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
  }

  void operator()(const Reloaded& reloaded) {
    NameList files;
    for (const auto& file : reloaded.files) files.push_back(file.string());
    writer.StartObject();
    write_name(writer, "Files");
    (*this)(files);
    write_name(writer, "Changed");
    (*this)(reloaded.changes.taken);
    write_name(writer, "AtNextStart");
    (*this)(reloaded.changes.at_next_start);
    writer.EndObject();
  }

  void operator()(const AnalysisList& list) {
    writer.StartArray();
    for (const auto& one : list) {
      writer.StartObject();
      write_name(writer, "AnalyzedInstanceKey");
      json::write(writer, one.key);
      write_field(writer, "ClusterName", std::string_view(one.cluster_name));
      write_field(writer, "IsMaster", one.is_master);
      write_field(writer, "IsCoMaster", one.is_co_master);
      write_field(writer, "LastCheckValid", one.last_check_valid);
      write_field(writer, "CountSlaves", std::uint64_t{one.replicas});
      write_field(writer, "CountValidSlaves", std::uint64_t{one.valid_replicas});
      write_field(writer, "CountValidReplicatingSlaves", std::uint64_t{one.valid_replicating_replicas});
      write_field(writer, "Analysis", topo::to_string(one.failure));
      write_field(writer, "Description", topo::describe(one.failure));
      writer.EndObject();
    }
    writer.EndArray();
  }

  void operator()(std::int64_t number) { writer.Int64(number); }

  void operator()(const Health& health) {
    const auto& node = health.node;
    writer.StartObject();
    write_field(writer, "Healthy", node.healthy);
    write_field(writer, "Hostname", std::string_view(health.hostname));
    write_field(writer, "Token", std::string_view(health.token));
    write_field(writer, "IsActiveNode", node.is_active_node);
    const auto active =
        node.active_hostname.empty() ? "" : fmt::format("{};{}", node.active_hostname, node.active_token);
    write_field(writer, "ActiveNode", std::string_view(active));
    write_name(writer, "Error");
    if (health.error.empty()) {
      writer.Null();
    } else {
      json::write_text(writer, health.error);
    }
    writer.EndObject();
  }
};

std::string text_of(const rapidjson::StringBuffer& buffer) {
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

std::string render_json(const Reply& reply, std::chrono::seconds poll_interval) {
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  JsonRenderer renderer{writer, poll_interval};
  if (reply.wrapping == Wrapping::bare) {
    std::visit(renderer, reply.payload);
    return text_of(buffer);
  }
  writer.StartObject();
  write_field(writer, "Code", std::string_view(reply.failure ? "ERROR" : "OK"));
  write_field(writer, "Message", std::string_view(reply.message));
  write_name(writer, "Details");
  if (reply.wrapping == Wrapping::details) {
    std::visit(renderer, reply.payload);
  } else {
    writer.Null();
  }
  writer.EndObject();
  return text_of(buffer);
}

std::string render_json(const topo::refactor::Progress& progress) {
  const auto state = [&]() -> std::string_view {
    switch (progress.state) {
      case topo::refactor::Progress::State::begun: return "begun";
      case topo::refactor::Progress::State::step: return "step";
      case topo::refactor::Progress::State::done: return "done";
      case topo::refactor::Progress::State::failed: return "failed";
    }
    return "";
  };
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  writer.StartObject();
  write_field(writer, "Operation", std::string_view(progress.operation));
  write_name(writer, "Key");
  json::write(writer, progress.subject);
  write_field(writer, "State", state());
  write_field(writer, "Step", std::string_view(progress.text));
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace orchestrator
