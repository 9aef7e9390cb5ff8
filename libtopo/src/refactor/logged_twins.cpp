#include "refactor/logged_twins.h"

#include <fmt/format.h>

#include <algorithm>

#include "topo/base/error.h"
#include "topo/model/gtid_list.h"

namespace topo::refactor {
namespace {

using Gtid = GtidList::Gtid;

// "BEGIN GTID 0-1-91", "GTID 0-1-92 cid=5".
std::optional<Gtid> gtid_of(const pgtid::Event& event) {
  constexpr std::string_view word = "GTID ";
  const auto at = event.type == "Gtid" ? event.info.find(word) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  const auto text = event.info.substr(at + word.size());
  const auto list = GtidList::parse(text.substr(0, text.find(' ')));
  return list.gtids().size() == 1 ? std::optional(list.gtids().front()) : std::nullopt;
}

// Numbers grow within a domain: the newest log that begins below a number has it, if one has.
std::optional<std::string> log_with(pgtid::EventReader& logs, const std::string& newest, const Gtid& gtid) {
  const auto is_reached = [&](const Gtid& other) {
    return other.domain == gtid.domain && other.number >= gtid.number;
  };
  std::optional<std::string> file = newest;
  while (file && std::ranges::any_of(GtidList::parse(logged_before(logs, *file)).gtids(), is_reached))
    file = logs.before(*file);
  return file;
}

std::optional<Gtid> twin_of(pgtid::EventReader& logs, const std::string& newest, const Gtid& gtid) {
  const auto file = log_with(logs, newest, gtid);
  std::optional<Gtid> twin;
  if (!file) return twin;
  logs.read(*file, 0, [&](const pgtid::Event& event) {
    const auto found = gtid_of(event);
    if (!found || found->domain != gtid.domain || found->number < gtid.number) return true;
    if (found->number == gtid.number && found->server != gtid.server) twin = found;
    return false;
  });
  return twin;
}

}  // namespace

std::string logged_before(pgtid::EventReader& logs, const std::string& file) {
  constexpr int most = 5;
  std::optional<std::string> found;
  int events = 0;
  logs.read(file, 0, [&](const pgtid::Event& event) {
    if (event.type == "Previous_gtids" || event.type == "Gtid_list") found = event.info;
    return !found && ++events < most;
  });
  if (!found)
    throw Error(Code::sql, fmt::format("{} does not begin with what was logged before it, by GTID", file));
  // "[]" and, on MariaDB, "[0-1-5,0-2-7]".
  std::erase_if(*found, [](char c) { return c == '[' || c == ']'; });
  return *found;
}

std::vector<Gtid> logged_twins(Servers& servers, const Instance& replica, const Instance& master,
                               Doubts doubts) {
  std::vector<Gtid> twins;
  try {
    auto doubtful = in_doubt(replica, master);
    if (doubts == Doubts::own)
      std::erase_if(doubtful, [&](const Gtid& gtid) { return gtid.server != replica.server_id; });
    if (doubtful.empty() || master.self_coordinates.file.empty()) return twins;
    const auto logs = servers.logs(master, LogType::binary);
    for (const auto& gtid : doubtful)
      if (const auto twin = twin_of(*logs, master.self_coordinates.file, gtid)) twins.push_back(*twin);
  } catch (const Error&) {  // what is not found proves nothing
  } catch (const pgtid::LogError&) {
  }
  return twins;
}

namespace {

// What `prove` proves that one has and the other lacks, if need be with what is found in the other's log.
std::optional<GtidLead> proven_by_logs(Servers& servers, const Instance& one, const Instance& other,
                                       Doubts doubts,
                                       std::optional<GtidLead> (*prove)(const Instance&, const Instance&,
                                                                        const std::vector<Gtid>&)) {
  if (auto lead = prove(one, other, {})) return lead;
  const auto twins = logged_twins(servers, one, other, doubts);
  return twins.empty() ? std::nullopt : prove(one, other, twins);
}

}  // namespace

std::optional<GtidLead> lead_by_logs(Servers& servers, const Instance& one, const Instance& other,
                                     Doubts doubts) {
  return proven_by_logs(servers, one, other, doubts, proven_lead);
}

std::optional<GtidLead> never_sent_by_logs(Servers& servers, const Instance& master,
                                           const Instance& replica) {
  return proven_by_logs(servers, master, replica, Doubts::own, never_sent);
}

void note_errant_by_logs(Servers& servers, std::vector<Instance>& replicas) {
  constexpr std::size_t most = 3;  // one log tells, if it is not too short
  std::vector<const Instance*> with_logs;
  for (const auto& one : replicas)
    if (with_logs.size() <= most && gtid_state_of(one).logs_all) with_logs.push_back(&one);
  for (auto& replica : replicas) {
    if (!is_mariadb(replica.version) || replica.is_co_master || !replica.errant_gtids.empty()) continue;
    std::size_t asked = 0;
    for (const auto* other : with_logs) {
      if (other == &replica || ++asked > most) continue;
      std::vector<GtidList::Range> errant;
      for (const auto& twin : logged_twins(servers, replica, *other, Doubts::own))
        errant.push_back({twin.domain, replica.server_id, twin.number - 1, twin.number});
      replica.errant_gtids = text(errant);
      if (!errant.empty()) break;
    }
  }
}

}  // namespace topo::refactor
