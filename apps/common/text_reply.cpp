#include <fmt/format.h>

#include <algorithm>

#include "common/reply.h"
#include "topo/base/one_line.h"

namespace orchestrator {
namespace {

// Overloads rather than one function: std::visit selects by payload, and a new payload does not compile until
// it can be printed.
struct TextRenderer {
  std::string text;

  // Prints one line, whatever the content.
  void line(std::string_view content) { text += topo::one_line(content) + '\n'; }
  // Prints fields separated by tabs; tabs and newlines within a field are replaced.
  template <typename... Fields>
  void row(const Fields&... fields) {
    (text.append(topo::one_line(fmt::format("{}", fields))).append("\t"), ...);
    text.back() = '\n';
  }

  void operator()(std::monostate) {}
  void operator()(const topo::KnownInstance& known) { line(known.instance.key.display()); }
  void operator()(const InstanceList& list) {
    for (const auto& known : list) (*this)(known);
  }
  void operator()(const topo::InstanceKey& key) { line(key.display()); }
  void operator()(const KeyList& list) {
    for (const auto& key : list) (*this)(key);
  }
  void operator()(const NameList& list) {
    for (const auto& name : list) line(name);
  }
  void operator()(const ClusterState& cluster) {
    row(cluster.info.cluster_name, cluster.info.cluster_alias, cluster.info.count_instances);
  }
  void operator()(const ClusterList& list) {
    for (const auto& cluster : list) (*this)(cluster);
  }
  void operator()(const AuditList& list) {
    for (const auto& entry : list) {
      row(entry.timestamp, entry.type, fmt::format("{}:{}", entry.hostname, entry.port), entry.message);
    }
  }
  void operator()(const LongQueryList& list) {
    for (const auto& one : list) {
      row(one.instance.display(), one.query.id, one.query.user, one.query.db,
          fmt::format("{} s", one.query.time.count()), one.query.info);
    }
  }
  void operator()(const MaintenanceList& list) {
    for (const auto& held : list) {
      row(held.id, held.key.display(), held.owner, held.begin, held.reason);
    }
  }
  void operator()(const UnfinishedList& list) {
    for (const auto& one : list) (*this)(one);
  }
  void operator()(const topo::refactor::UnfinishedOperation& one) {
    const auto& operation = one.operation;
    line(fmt::format("{} of {}, started {} by {}: {}", operation.title(), operation.subject.display(),
                     operation.begin, operation.owner,
                     operation.is_under_way ? "is running" : "was interrupted"));
    for (const auto& server : one.servers) line(fmt::format("  {}", server.state));
    if (one.servers.empty()) return;
    // Any server of the operation identifies it.
    const bool has_subject = std::any_of(one.servers.begin(), one.servers.end(),
                                         [&](const auto& server) { return server.key == operation.subject; });
    const auto name = (has_subject ? operation.subject : one.servers.front().key).display();
    line(fmt::format("  to finish it: orchestrator -c finish-unfinished -i {}", name));
    if (one.can_be_undone) line(fmt::format("  to undo it: orchestrator -c undo-unfinished -i {}", name));
  }
  void operator()(const NodeList& nodes) {
    for (const auto& node : nodes) {
      row(node.hostname, node.command, node.version, node.last_seen,
          node.is_active ? "active" : "not active");
    }
  }
  void operator()(const CachedNameList& names) {
    for (const auto& cached : names) row(cached.host, cached.name);
  }
  void operator()(const Reloaded& reloaded) {
    for (const auto& name : reloaded.changes.taken) line(name);
    for (const auto& name : reloaded.changes.at_next_start) row(name, "at the next start");
  }
  void operator()(const AnalysisList& list) {
    for (const auto& one : list) {
      line(fmt::format("{} (cluster {}): {}", one.key.display(), one.cluster_name,
                       topo::to_string(one.failure)));
    }
  }
  void operator()(const MoveTargets& moves) {
    for (const auto& target : moves.targets) {
      for (const auto* verdict : {&target.classic, &target.pseudo_gtid}) {
        const bool is_no = verdict->kind == topo::MoveVerdict::Kind::no;
        row(target.key.display(), is_no ? "no" : verdict->operation, verdict->reason);
      }
    }
  }
  void operator()(const Actions& of) {
    for (const auto& one : of.actions) {
      const auto name = one.target ? fmt::format("{} {}", one.operation, one.target->display())
                                   : std::string(one.operation);
      row(name, one.refusal.empty() ? "yes" : "no", one.refusal);
    }
  }
  void operator()(std::int64_t number) { line(fmt::format("{}", number)); }
  void operator()(const Health& health) {
    row(health.hostname, health.node.healthy ? "healthy" : "not healthy",
        health.node.is_active_node ? "active" : "not active");
  }
  void operator()(const Text& whole) {
    if (whole.text.empty()) return;
    text += whole.text;
    if (text.back() != '\n') text += '\n';
  }
};

}  // namespace

std::string render_text(const Reply& reply) {
  TextRenderer renderer;
  if (reply.printed) {
    renderer(Text{*reply.printed});
    return std::move(renderer.text);
  }
  std::visit(renderer, reply.payload);
  return std::move(renderer.text);
}

}  // namespace orchestrator
