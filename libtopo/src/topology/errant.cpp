#include "topo/topology/errant.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/model/gtid_set.h"

namespace topo {
namespace {

using Range = GtidList::Range;

// What is known from earlier reads may have been cut by the backend: then it is not known.
GtidSet set_or_nothing(std::string_view text) {
  try {
    return GtidSet::parse(text);
  } catch (const Error&) {
    return {};
  }
}

std::vector<Range> ranges_or_nothing(std::string_view text) {
  try {
    return parse_gtid_ranges(text);
  } catch (const Error&) {
    return {};
  }
}

GtidList list_or_nothing(std::string_view text) {
  try {
    return GtidList::parse(text);
  } catch (const Error&) {
    return {};
  }
}

std::optional<GtidLead> errant_in_sets(const ErrantInput& in) {
  auto candidates = set_or_nothing(in.known);
  if (in.earlier != nullptr && !in.masters.empty())
    candidates = candidates.united(set_or_nothing(in.earlier->executed));
  if (candidates.empty()) return std::nullopt;
  for (const auto* master : in.masters) {
    candidates = candidates.minus(candidates.from(master->server_uuid));
    candidates = candidates.minus(GtidSet::parse(master->executed));
    for (const auto& received : master->received) candidates = candidates.minus(GtidSet::parse(received));
  }
  if (!candidates.empty()) candidates = candidates.common(GtidSet::parse(in.replica.executed));
  if (in.is_in_ring) candidates = candidates.minus(candidates.from(in.replica.server_uuid));
  if (candidates.empty()) return std::nullopt;
  return GtidLead{candidates.count(), candidates.text()};
}

// Of ranges of one server the first has found the beginning, the last the end.
std::vector<Range> merged(std::vector<Range> ranges) {
  std::ranges::sort(ranges);
  std::vector<Range> merged;
  for (const auto& range : ranges) {
    const bool overlaps = !merged.empty() && merged.back().domain == range.domain &&
                          merged.back().server == range.server && range.after <= merged.back().last;
    if (overlaps)
      merged.back().last = std::max(merged.back().last, range.last);
    else
      merged.push_back(range);
  }
  return merged;
}

using ServerInDomain = std::pair<std::uint32_t, std::uint32_t>;

// The last numbers of what a MariaDB server has.
struct Numbers {
  std::map<ServerInDomain, std::uint64_t> of_server;
  std::map<std::uint32_t, std::uint64_t> of_domain;
  std::map<ServerInDomain, std::uint64_t> logged;

  void add(const GtidList& list) {
    for (const auto& gtid : list.gtids()) {
      auto& of_one = of_server[{gtid.domain, gtid.server}];
      of_one = std::max(of_one, gtid.number);
      auto& of_all = of_domain[gtid.domain];
      of_all = std::max(of_all, gtid.number);
    }
  }
  void add_logged(const GtidList& list) {
    for (const auto& gtid : list.gtids()) logged[{gtid.domain, gtid.server}] = gtid.number;
    add(list);
  }
  [[nodiscard]] bool has(const Range& range) const {
    const auto found = of_server.find({range.domain, range.server});
    return found != of_server.end() && found->second >= range.last;
  }
};

Numbers numbers_of(const GtidState& server) {
  Numbers numbers;
  numbers.add_logged(GtidList::parse(server.logged));
  numbers.add(GtidList::parse(server.executed));
  return numbers;
}

template <typename Key>
std::uint64_t number_of(const std::map<Key, std::uint64_t>& numbers, const Key& key) {
  const auto found = numbers.find(key);
  return found == numbers.end() ? 0 : found->second;
}

// What the binary log of one master proves.
class MasterLog {
 public:
  explicit MasterLog(const GtidState& master)
      : logs_all_(master.logs_all), state_(GtidList::parse(master.logged)), found_(master.found_logged) {}

  // The number after which the master has nothing of the server of `gtid` in its domain, up to `gtid`.
  // `replica`: what a replica of the master has logged.
  [[nodiscard]] std::optional<std::uint64_t> lacks_after(
      const GtidList::Gtid& gtid, const std::map<ServerInDomain, std::uint64_t>& replica) const {
    // A domain has each number once.
    const auto is_twin = [&](const auto& other) {
      return other.domain == gtid.domain && other.number == gtid.number && other.server != gtid.server;
    };
    const auto twin = std::ranges::any_of(found_, is_twin) ? std::optional(gtid.number - 1) : std::nullopt;
    if (!logs_all_) return twin;
    std::optional<std::uint64_t> first, listed;
    bool is_passed = false;
    for (const auto& other : state_.gtids()) {
      if (other.domain != gtid.domain) continue;
      const auto common = replica.find({other.domain, other.server});
      if (other.server == gtid.server)
        listed = other.number;
      else if (other.number >= gtid.number)
        is_passed = true;
      else if (common != replica.end() && common->second >= other.number)
        first = std::min(first.value_or(other.number), other.number);
    }
    if (listed && *listed >= gtid.number) return std::nullopt;
    const auto after = listed ? listed : first;
    return is_passed && after ? after : twin;
  }

 private:
  bool logs_all_;
  GtidList state_;
  const std::vector<GtidList::Gtid>& found_;
};

// The master was read after the replica had the transaction: what proves that the master has not executed it
// is in errant.h.
class ErrantProof {
 public:
  ErrantProof(const ErrantInput& in, const Numbers& replica, const Numbers& master, bool master_logs_all)
      : in_(in), replica_(replica), master_(master), logs_all_(master_logs_all) {
    for (const auto* one : in.masters) logs_.emplace_back(*one);
    const auto* before = in.before;
    if (before == nullptr || before->server_id != in.replica.server_id ||
        before->master != in.earlier->master)
      return;
    before_ = Numbers();
    before_->add(list_or_nothing(before->executed));
    before_->add(list_or_nothing(before->logged));
  }

  // The errant part of the transactions of a server in a domain, up to `gtid`: from the first that is proven.
  [[nodiscard]] std::optional<Range> errant_part(const GtidList::Gtid& gtid) const {
    const ServerInDomain place{gtid.domain, gtid.server};
    const auto in_domain = number_of(master_.of_domain, gtid.domain);
    const auto logged = number_of(master_.logged, place);
    auto after = gtid.number;
    if (in_domain > 0) after = std::min(after, in_domain);
    // A domain has each number once: the master has another transaction of this number.
    if (gtid.number == in_domain && number_of(master_.of_server, place) < in_domain) --after;
    if (gtid.server == in_.replica.server_id) {
      if (logs_all_ && logged > 0) after = std::min(after, logged);
      if (before_) after = std::min(after, own_before(gtid, logged));
    }
    if (const auto lacking = lacking_after(gtid)) after = std::min(after, *lacking);
    if (after == gtid.number) return std::nullopt;
    return Range{gtid.domain, gtid.server, after, gtid.number};
  }

 private:
  // The transaction may have come from each of several masters.
  [[nodiscard]] std::optional<std::uint64_t> lacking_after(const GtidList::Gtid& gtid) const {
    std::optional<std::uint64_t> last;
    for (const auto& log : logs_) {
      const auto after = log.lacks_after(gtid, replica_.logged);
      if (!after && !in_.share_transactions) return std::nullopt;
      if (after) last = std::max(last.value_or(*after), *after);
    }
    return last;
  }

  // The number after which the replica has committed its own transactions since `before`: they continue those
  // that it had reached in the domain.
  [[nodiscard]] std::uint64_t own_before(const GtidList::Gtid& gtid, std::uint64_t logged) const {
    const auto reached = std::max(number_of(before_->of_server, {gtid.domain, gtid.server}), logged);
    if (gtid.number <= reached) return gtid.number;
    return std::min(std::max(reached, number_of(before_->of_domain, gtid.domain)), gtid.number - 1);
  }

  const ErrantInput& in_;
  const Numbers& replica_;
  const Numbers& master_;
  bool logs_all_;
  std::vector<MasterLog> logs_;
  std::optional<Numbers> before_;
};

std::optional<GtidLead> errant_in_lists(const ErrantInput& in) {
  if (in.is_in_ring) return std::nullopt;  // numbers of several writers are not comparable
  const auto replica = numbers_of(in.replica);
  Numbers masters;
  bool logs_all = true;
  for (const auto* master : in.masters) {
    masters.add(GtidList::parse(master->executed));
    for (const auto& received : master->received) masters.add(GtidList::parse(received));
    masters.add_logged(GtidList::parse(master->logged));
    logs_all = logs_all && master->logs_all;
  }
  auto found = ranges_or_nothing(in.known);
  if (in.earlier != nullptr && !in.masters.empty()) {
    const ErrantProof proof(in, replica, masters, logs_all);
    auto had = list_or_nothing(in.earlier->logged).gtids();
    std::ranges::copy(list_or_nothing(in.earlier->executed).gtids(), std::back_inserter(had));
    for (const auto& gtid : had) {
      if (const auto range = proof.errant_part(gtid)) found.push_back(*range);
    }
  }
  std::erase_if(found, [&](const Range& range) {
    const auto is_committing = [&](const GtidState* master) { return master->server_id == range.server; };
    return !replica.has(range) || masters.has(range) || std::ranges::any_of(in.masters, is_committing);
  });
  const auto errant = merged(std::move(found));
  if (errant.empty()) return std::nullopt;
  const auto is_of_replica = [&](const Range& range) { return range.server == in.replica.server_id; };
  return GtidLead{count(errant), text(errant), std::ranges::all_of(errant, is_of_replica)};
}

std::optional<GtidLead> lost_in_sets(const GtidState& own, const GtidState& there) {
  if (own.server_uuid.empty() || own.server_uuid == there.server_uuid) return std::nullopt;
  auto lost = GtidSet::parse(there.executed).from(own.server_uuid).minus(GtidSet::parse(own.executed));
  for (const auto& received : own.received) lost = lost.minus(GtidSet::parse(received));
  if (lost.empty()) return std::nullopt;
  return GtidLead{lost.count(), lost.text()};
}

// `has_logged_own`: the binary log has what the server has committed itself, and what it has replicated came
// after that.
std::optional<GtidLead> lost_in_lists(const GtidState& own, const GtidState& there, bool has_logged_own) {
  if (own.server_id == there.server_id) return std::nullopt;
  const auto here = numbers_of(own), other = numbers_of(there);
  std::vector<Range> lost;
  for (const auto& [place, number] : other.of_server) {
    const auto& [domain, server] = place;
    if (server != own.server_id) continue;
    auto after = number_of(here.of_domain, domain);
    const auto logged = number_of(here.logged, place);
    if (has_logged_own && logged > 0) after = number_of(here.of_server, place);
    if (number > after) lost.push_back({domain, server, after, number});
  }
  if (lost.empty()) return std::nullopt;
  return GtidLead{count(lost), text(lost)};
}

// Whether the text of the GTIDs of `other` names the server at all: most replicas never committed anything,
// and are compared with all others.
bool may_have_of(const GtidState& other, const Instance& server) {
  const auto mark = is_mariadb(server.version) ? fmt::format("-{}-", server.server_id) : server.server_uuid;
  return !mark.empty() &&
         (other.executed.find(mark) != std::string::npos || other.logged.find(mark) != std::string::npos);
}

}  // namespace

GtidState gtid_state_of(const Instance& instance) {
  GtidState state;
  state.is_mariadb = is_mariadb(instance.version);
  state.has_gtids = !instance.is_binlog_server && !why_no_gtids(instance);
  state.logs_all = instance.log_bin && instance.log_slave_updates && !instance.has_binlog_filters;
  state.server_id = instance.server_id;
  state.server_uuid = instance.server_uuid;
  state.executed = instance.executed_gtid_set;
  state.logged = instance.logged_gtids;
  state.master = instance.master_key();
  for (const auto& channel : instance.channels) {
    state.logs_all = state.logs_all && !channel.has_filters;
    if (!channel.received_gtids.empty()) state.received.push_back(channel.received_gtids);
  }
  return state;
}

std::uint64_t errant_count(const Instance& instance) {
  const auto& errant = instance.errant_gtids;
  return is_mariadb(instance.version) ? count(ranges_or_nothing(errant)) : set_or_nothing(errant).count();
}

std::optional<GtidLead> proven_lead(const Instance& one, const Instance& other,
                                    const std::vector<GtidList::Gtid>& found_logged) {
  auto lead = lead_by_gtid(one, other);
  if (!is_mariadb(one.version)) return lead;
  const auto here = gtid_state_of(one);
  auto there = gtid_state_of(other);
  there.found_logged = found_logged;
  auto errant = errant_transactions({.replica = here, .earlier = &here, .masters = {&there}});
  if (!lead || !errant) return lead ? lead : errant;
  auto ranges = parse_gtid_ranges(lead->gtids);
  std::ranges::copy(parse_gtid_ranges(errant->gtids), std::back_inserter(ranges));
  ranges = merged(std::move(ranges));
  return GtidLead{count(ranges), text(ranges), lead->is_own && errant->is_own};
}

std::optional<GtidLead> never_sent(const Instance& master, const Instance& replica,
                                   const std::vector<GtidList::Gtid>& found_logged) {
  const auto doubtful = in_doubt(master, replica);
  if (doubtful.empty()) return std::nullopt;
  const auto state = gtid_state_of(master);
  auto passed = state;
  passed.executed.clear();
  passed.logged = text(doubtful);
  auto there = gtid_state_of(replica);
  there.found_logged = found_logged;
  return errant_transactions({.replica = state, .earlier = &passed, .masters = {&there}});
}

std::optional<GtidList::Gtid> last_common(const Instance& one, const Instance& other, std::uint32_t domain) {
  const auto here = gtid_state_of(one), there = gtid_state_of(other);
  if (!here.logs_all || !there.logs_all) return std::nullopt;
  const auto logged = numbers_of(there).logged;
  std::optional<GtidList::Gtid> last;
  const auto state = GtidList::parse(here.logged);
  for (auto gtid : state.gtids()) {
    const auto common = logged.find({gtid.domain, gtid.server});
    if (gtid.domain != domain || common == logged.end()) continue;
    gtid.number = std::min(gtid.number, common->second);
    if (!last || gtid.number > last->number) last = gtid;
  }
  return last;
}

bool follows_position(const Instance& replica) noexcept {
  return is_mariadb(replica.version);
}

bool may_still_come(const GtidLead& lead, const Instance& other) noexcept {
  const auto* channel = other.replication();
  return channel != nullptr && channel->io_thread == ThreadState::running && !lead.is_own;
}

std::vector<GtidList::Gtid> in_doubt(const Instance& one, const Instance& other) {
  std::vector<GtidList::Gtid> doubtful;
  if (!is_mariadb(one.version) || !is_mariadb(other.version)) return doubtful;
  const auto there = numbers_of(gtid_state_of(other));
  const auto here = GtidList::parse(one.logged_gtids);
  for (const auto& gtid : here.gtids()) {
    const bool is_passed = gtid.number < number_of(there.of_domain, gtid.domain);
    if (is_passed && gtid.server != other.server_id &&
        number_of(there.of_server, {gtid.domain, gtid.server}) < gtid.number)
      doubtful.push_back(gtid);
  }
  return doubtful;
}

std::optional<GtidLead> lost_by_itself(const Instance& server, const Instance& other) {
  return lost_by_itself(server, gtid_state_of(other));
}

std::optional<GtidLead> lost_by_itself(const Instance& server, const GtidState& there) {
  if (!may_have_of(there, server)) return std::nullopt;
  const auto own = gtid_state_of(server);
  if (!own.has_gtids || !there.has_gtids || own.is_mariadb != there.is_mariadb) return std::nullopt;
  return own.is_mariadb ? lost_in_lists(own, there, server.is_replica() && server.log_bin)
                        : lost_in_sets(own, there);
}

std::string describe_lost(const Instance& server, const GtidLead& lost, const Instance& other,
                          std::string_view committed) {
  return fmt::format(
      "{} has lost {} that it had committed {}, and that {} has; no server replicates what "
      "has its own server id: it must be rebuilt from a backup or a clone of {}",
      server.key.display(), describe(lost), committed, other.key.display(), other.key.display());
}

std::optional<GtidLead> errant_transactions(const ErrantInput& in) {
  const auto is_comparable = [&](const GtidState* master) {
    return master->has_gtids && master->is_mariadb == in.replica.is_mariadb;
  };
  if (!in.replica.has_gtids || !std::ranges::all_of(in.masters, is_comparable)) return std::nullopt;
  return in.replica.is_mariadb ? errant_in_lists(in) : errant_in_sets(in);
}

}  // namespace topo
