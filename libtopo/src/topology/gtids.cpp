#include "topo/topology/gtids.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/model/gtid_set.h"

namespace topo {
namespace {

template <typename Gtids>
Gtids parsed(const Instance& server, std::string_view text) {
  try {
    return Gtids::parse(text);
  } catch (const Error& error) {
    throw Error(Code::refused,
                fmt::format("The GTIDs of {} cannot be compared: {}", server.key.display(), error.what()));
  }
}

const std::string& received(const Instance& server) {
  static const std::string nothing;
  const auto* channel = server.replication();
  return channel == nullptr ? nothing : channel->received_gtids;
}

std::optional<GtidLead> lead_of_sets(const Instance& one, const Instance& other) {
  auto missing =
      parsed<GtidSet>(one, one.executed_gtid_set).minus(parsed<GtidSet>(other, other.executed_gtid_set));
  if (missing.empty()) return std::nullopt;
  missing = missing.minus(parsed<GtidSet>(other, received(other)));
  if (missing.empty()) return std::nullopt;
  auto text = missing.text();
  const bool is_own = !one.server_uuid.empty() && text.starts_with(one.server_uuid + ":") &&
                      text.find(',') == std::string::npos;
  return GtidLead{missing.count(), std::move(text), is_own};
}

// The numbers that a list has reached, by domain, and the servers of these transactions.
std::map<std::uint32_t, GtidList::Gtid> latest_by_domain(const GtidList& list) {
  std::map<std::uint32_t, GtidList::Gtid> latest;
  const auto position = list.position();
  for (const auto& gtid : position.gtids()) latest.emplace(gtid.domain, gtid);
  return latest;
}

std::uint64_t number_in(const std::map<std::uint32_t, GtidList::Gtid>& latest, std::uint32_t domain) {
  const auto found = latest.find(domain);
  return found == latest.end() ? 0 : found->second.number;
}

// Of positions only the last transaction of each domain is known. Numbers grow within a domain, so that equal
// numbers of two servers are two transactions.
std::optional<GtidLead> lead_of_positions(const Instance& one, const Instance& other) {
  const auto executed = parsed<GtidList>(one, one.executed_gtid_set);
  const auto there = latest_by_domain(parsed<GtidList>(other, other.executed_gtid_set));
  const auto fetched = latest_by_domain(parsed<GtidList>(other, received(other)));
  std::vector<GtidList::Range> missing;
  for (const auto& gtid : executed.gtids()) {
    const auto number = std::max(number_in(there, gtid.domain), number_in(fetched, gtid.domain));
    const auto twin = there.find(gtid.domain);
    const bool is_other_one =
        twin != there.end() && twin->second.number == gtid.number && twin->second.server != gtid.server;
    if (gtid.number > number)
      missing.push_back({gtid.domain, gtid.server, number, gtid.number});
    else if (is_other_one)
      missing.push_back({gtid.domain, gtid.server, gtid.number - 1, gtid.number});
  }
  if (missing.empty()) return std::nullopt;
  const bool is_own =
      std::ranges::all_of(missing, [&](const auto& range) { return range.server == one.server_id; });
  return GtidLead{count(missing), text(missing), is_own};
}

}  // namespace

std::optional<GtidLead> lead_by_gtid(const Instance& one, const Instance& other) {
  if (is_mariadb(one.version) != is_mariadb(other.version)) {
    throw Error(Code::refused,
                fmt::format("The GTIDs of {} and {} cannot be compared: one is a MariaDB server, the "
                            "other is not",
                            one.key.display(), other.key.display()));
  }
  return is_mariadb(one.version) ? lead_of_positions(one, other) : lead_of_sets(one, other);
}

std::optional<Refusal> why_no_gtids(const Instance& instance) {
  if (is_mariadb(instance.version) || instance.gtid_mode.starts_with("ON")) return std::nullopt;
  return Refusal{fmt::format("{} has no GTIDs: its gtid_mode is {}", instance.key.display(),
                             instance.gtid_mode.empty() ? "not supported" : instance.gtid_mode)};
}

GtidSet purged_gtids(const Instance& server) {
  return parsed<GtidSet>(server, server.gtid_purged);
}

GtidSet fetched_and_executed(const Instance& replica) {
  auto executed = parsed<GtidSet>(replica, replica.executed_gtid_set);
  const auto* channel = replica.replication();
  // What is still in the relay log is dropped when the master is changed, and fetched again.
  if (channel == nullptr || channel->exec.empty() || channel->exec < channel->read) return executed;
  return executed.united(parsed<GtidSet>(replica, channel->received_gtids));
}

std::optional<Refusal> why_not_by_purged_gtids(const Instance& replica, const Instance& master) {
  if (is_mariadb(master.version) || master.gtid_purged.empty()) return std::nullopt;
  const auto needed = purged_gtids(master).minus(fetched_and_executed(replica));
  if (needed.empty()) return std::nullopt;
  return Refusal{fmt::format("{} has purged {} that {} has not executed", master.key.display(),
                             describe(GtidLead{needed.count(), needed.text()}), replica.key.display()),
                 Code::refused, results::purged};
}

std::string shortened_gtids(std::string_view gtids) {
  constexpr std::size_t longest = 300;
  return fmt::format("{}{}", gtids.substr(0, longest), gtids.size() > longest ? "…" : "");
}

std::string describe(const GtidLead& lead) {
  return fmt::format("{} {} ({})", lead.count, lead.count == 1 ? "transaction" : "transactions",
                     shortened_gtids(lead.gtids));
}

}  // namespace topo
