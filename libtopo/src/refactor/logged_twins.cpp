#include "refactor/logged_twins.h"

#include <fmt/format.h>

#include <algorithm>

#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/topology/rules.h"

namespace topo::refactor {
namespace {

using Gtid = GtidList::Gtid;
using Range = GtidList::Range;

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

// The transaction of that number in the domain; the server of `gtid` is irrelevant.
std::optional<Gtid> logged_with_number(pgtid::EventReader& logs, const std::string& newest,
                                       const Gtid& gtid) {
  const auto file = log_with(logs, newest, gtid);
  std::optional<Gtid> with_number;
  if (!file) return with_number;
  logs.read(*file, 0, [&](const pgtid::Event& event) {
    const auto found = gtid_of(event);
    if (!found || found->domain != gtid.domain || found->number < gtid.number) return true;
    if (found->number == gtid.number) with_number = found;
    return false;
  });
  return with_number;
}

std::optional<Gtid> twin_of(pgtid::EventReader& logs, const std::string& newest, const Gtid& gtid) {
  const auto found = logged_with_number(logs, newest, gtid);
  return found && found->server != gtid.server ? found : std::nullopt;
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

std::optional<Gtid> logged_after(Servers& servers, const Instance& server, const Gtid& gtid) {
  if (server.self_coordinates.file.empty()) return std::nullopt;
  const auto logs = servers.logs(server, LogType::binary);
  return logged_with_number(*logs, server.self_coordinates.file, {gtid.domain, gtid.server, gtid.number + 1});
}

// The last transaction in the domain that both have: their logs go on with different ones, or `other` has no
// more. nullopt: the logs do not tell it; what was executed before they began may come later.
std::optional<Gtid> where_they_part(Servers& servers, const Instance& one, const Instance& other,
                                    std::uint32_t domain) {
  const auto common = last_common(one, other, domain);
  if (!common) return std::nullopt;
  const auto own = logged_after(servers, one, *common), others = logged_after(servers, other, *common);
  const auto position = GtidList::parse(other.executed_gtid_set).position();
  const bool has_no_more = !others && std::ranges::find(position.gtids(), *common) != position.gtids().end();
  if (!own || (!has_no_more && (!others || others->server == own->server))) return std::nullopt;
  return common;
}

// What `one` has and `other` lacks begins where the two part.
void begin_at_first(Servers& servers, const Instance& one, const Instance& other,
                    std::optional<GtidLead>& lead, Partings& partings) {
  if (!lead || !is_mariadb(other.version)) return;
  try {
    auto ranges = parse_gtid_ranges(lead->gtids);
    for (auto& range : ranges) {
      const auto known = partings.find(range.domain);
      const auto common =
          known != partings.end() ? known->second : where_they_part(servers, one, other, range.domain);
      partings[range.domain] = common;
      if (common) range.after = std::min(range.after, common->number);
    }
    lead = GtidLead{count(ranges), text(ranges), lead->is_own};
  } catch (const Error&) {  // a log that is not read does not tell
  } catch (const pgtid::LogError&) {
  }
}

std::optional<GtidLead> exact_lead(Servers& servers, const Instance& one, const Instance& other,
                                   Doubts doubts, Partings& partings) {
  auto lead = proven_lead(one, other, logged_twins(servers, one, other, doubts));
  begin_at_first(servers, one, other, lead, partings);
  return lead;
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

std::optional<GtidLead> exact_lead_by_logs(Servers& servers, const Instance& one, const Instance& other,
                                           Doubts doubts) {
  Partings partings;
  return exact_lead(servers, one, other, doubts, partings);
}

GtidDifference difference_by_logs(Servers& servers, const Instance& replica, const Instance& master,
                                  Doubts doubts) {
  GtidDifference difference;
  difference.ahead = exact_lead(servers, replica, master, doubts, difference.partings);
  if (!follows_position(replica)) return difference;
  difference.hidden = never_sent_by_logs(servers, master, replica);
  begin_at_first(servers, master, replica, difference.hidden, difference.partings);
  return difference;
}

std::string position_in_common(Servers& servers, const Instance& replica, const Instance& master) {
  const auto difference = difference_by_logs(servers, replica, master, Doubts::all);
  auto different = difference.ahead ? parse_gtid_ranges(difference.ahead->gtids) : std::vector<Range>();
  if (difference.hidden)
    std::ranges::copy(parse_gtid_ranges(difference.hidden->gtids), std::back_inserter(different));
  const auto logged = GtidList::parse(master.logged_gtids);
  // A replica may have any position in a domain that its master does not know.
  std::erase_if(different, [&](const Range& range) {
    return std::ranges::none_of(logged.gtids(),
                                [&](const Gtid& gtid) { return gtid.domain == range.domain; });
  });
  if (different.empty()) return {};
  auto position = GtidList::parse(replica.executed_gtid_set).position().gtids();
  for (const auto& range : different) {
    const auto parting = difference.partings.find(range.domain);
    const auto common = parting == difference.partings.end() ? std::nullopt : parting->second;
    if (!common || common->number > range.after)
      throw Error(Code::refused,
                  fmt::format("{}, and their binary logs do not tell where they begin to differ: {} must be "
                              "rebuilt from a backup or a clone of {}",
                              describe(difference, replica.key, master.key), replica.key.display(),
                              master.key.display()),
                  results::cannot_be_compared);
    for (auto& gtid : position)
      if (gtid.domain == range.domain) gtid = *common;
  }
  return text(position);
}

std::string describe(const GtidDifference& difference, const InstanceKey& replica,
                     const InstanceKey& master) {
  std::vector<std::string> parts;
  if (difference.ahead)
    parts.push_back(fmt::format("{} has executed {} that {} has neither executed nor received",
                                replica.display(), topo::describe(*difference.ahead), master.display()));
  if (difference.hidden)
    parts.push_back(fmt::format("{} has {} that {} lacks, and would never get: it has passed their numbers",
                                master.display(), topo::describe(*difference.hidden), replica.display()));
  return fmt::format("{}", fmt::join(parts, "; "));
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
