#include "topo/refactor/only_on.h"

#include <fmt/format.h>

#include "base/shown_text.h"
#include "pgtid/matching.h"
#include "refactor/injections.h"
#include "refactor/known_coordinates.h"
#include "refactor/logged_twins.h"
#include "topo/base/error.h"
#include "topo/context.h"

namespace topo::refactor {
namespace {

void require_binary_log(const Instance& instance) {
  if (!instance.self_coordinates.empty()) return;
  throw Error(Code::refused, fmt::format("{} has no binary log", instance.key.display()),
              results::cannot_be_compared);
}

// The events from there to the end of the log.
void list_events(pgtid::EventReader& logs, const BinlogCoordinates& from, const BinlogCoordinates& end,
                 OnlyThere& there) {
  std::optional<std::string> file = from.file;
  for (auto position = static_cast<std::uint64_t>(from.position); file && !there.has_more_events;
       position = 0) {
    logs.read(*file, position, [&](const pgtid::Event& event) {
      if (*file == end.file && event.position >= static_cast<std::uint64_t>(end.position)) return false;
      there.has_more_events = there.events.size() == max_events_only_there;
      if (there.has_more_events) return false;
      there.events.push_back(
          fmt::format("{}:{} {} {}", *file, event.position, event.type, shown_text(event.info)));
      return true;
    });
    if (*file == end.file) break;
    file = logs.after(*file);
  }
}

OnlyThere by_logs(Context& context, Servers& servers, const Instance& own, const Instance& other) {
  const auto& pattern = context.configuration().pseudo_gtid_pattern;
  if (pattern.empty()) {
    throw Error(Code::refused,
                fmt::format("{} and {} cannot be compared: they have no GTIDs, and PseudoGTIDPattern is not "
                            "set in the configuration",
                            own.key.display(), other.key.display()),
                results::cannot_be_compared);
  }
  require_binary_log(own);
  require_binary_log(other);
  const auto own_logs = servers.logs(own, LogType::binary);
  const auto other_logs = servers.logs(other, LogType::binary);
  const auto verdict = pgtid::match_last_common(
      {*own_logs, own.self_coordinates, known_coordinates(context, own.key, LogType::binary)},
      {*other_logs, other.self_coordinates.file, known_coordinates(context, other.key, LogType::binary)},
      pgtid::Pattern(pattern),
      {.is_injected = changes_of_injection(context.configuration().detect_pseudo_gtid_query)});
  OnlyThere there;
  if (const auto* ahead = std::get_if<pgtid::Ahead>(&verdict))
    list_events(*own_logs, ahead->event.at, own.self_coordinates, there);
  else if (const auto* diverged = std::get_if<pgtid::Diverged>(&verdict))
    list_events(*own_logs, diverged->own.at, own.self_coordinates, there);
  else if (std::holds_alternative<pgtid::NotFound>(verdict))
    throw Error(Code::refused,
                fmt::format("{} and {} cannot be compared: {}", own.key.display(), other.key.display(),
                            pgtid::describe(verdict)),
                results::cannot_be_compared);
  return there;
}

}  // namespace

OnlyThere only_on(Context& context, Servers& servers, const InstanceKey& former, const InstanceKey& master) {
  const auto own = servers.read(former);
  const auto other = servers.read(master);
  const bool are_alike = is_mariadb(own.version) == is_mariadb(other.version);
  if (are_alike && !why_no_gtids(own) && !why_no_gtids(other))
    return {exact_lead_by_logs(servers, own, other), {}, false};
  try {
    return by_logs(context, servers, own, other);
  } catch (const pgtid::LogError& error) {
    throw Error(
        Code::sql,
        fmt::format("{} and {} cannot be compared: {}", own.key.display(), other.key.display(), error.what()),
        results::purged);
  }
}

}  // namespace topo::refactor
