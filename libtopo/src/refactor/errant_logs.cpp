#include "topo/refactor/errant_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "refactor/logged_twins.h"
#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/model/gtid_set.h"

namespace topo::refactor {
namespace {

// Which of the wanted transactions are in a log. `before`: what was logged before it, `after`: before the
// next.
class WantedInSets {
 public:
  WantedInSets(const std::string& wanted, const Instance& replica)
      : wanted_(GtidSet::parse(wanted)), after_(GtidSet::parse(replica.executed_gtid_set)) {}
  bool are_some_in(const std::string& logged) {
    auto before = GtidSet::parse(logged);
    const bool are_some = !after_.minus(before).common(wanted_).empty();
    after_ = std::move(before);
    return are_some;
  }
  [[nodiscard]] std::string before() const { return after_.common(wanted_).text(); }

 private:
  GtidSet wanted_, after_;
};

class WantedInLists {
 public:
  WantedInLists(const std::string& wanted, const Instance& replica)
      : wanted_(parse_gtid_ranges(wanted)), after_(GtidList::parse(replica.logged_gtids)) {}
  bool are_some_in(const std::string& logged) {
    auto before = GtidList::parse(logged);
    const bool are_some = std::ranges::any_of(wanted_, [&](const auto& range) {
      const auto first = std::max(number_in(before, range), range.after);
      return first < std::min(number_in(after_, range), range.last);
    });
    after_ = std::move(before);
    return are_some;
  }
  [[nodiscard]] std::string before() const {
    std::vector<GtidList::Range> rest;
    for (auto range : wanted_) {
      range.last = std::min(range.last, number_in(after_, range));
      if (range.last > range.after) rest.push_back(range);
    }
    return text(rest);
  }

 private:
  static std::uint64_t number_in(const GtidList& list, const GtidList::Range& range) {
    const auto found = std::ranges::find_if(list.gtids(), [&](const auto& gtid) {
      return gtid.domain == range.domain && gtid.server == range.server;
    });
    return found == list.gtids().end() ? 0 : found->number;
  }
  std::vector<GtidList::Range> wanted_;
  GtidList after_;
};

template <typename Wanted>
std::vector<std::string> logs_with(Wanted wanted, pgtid::EventReader& logs, const Instance& replica) {
  std::vector<std::string> files;
  std::optional<std::string> file = replica.self_coordinates.file;
  while (file) {
    if (wanted.are_some_in(logged_before(logs, *file))) files.push_back(*file);
    if (wanted.before().empty()) break;
    file = logs.before(*file);
  }
  if (!wanted.before().empty()) {
    throw Error(Code::refused, fmt::format("{} has purged the binary logs with its errant transactions {}{}",
                                           replica.key.display(), wanted.before(),
                                           files.empty() ? "" : "; the others are in " + files.back()));
  }
  std::ranges::reverse(files);
  return files;
}

}  // namespace

std::vector<std::string> errant_logs(Servers& servers, const InstanceKey& key, const GtidLead& errant) {
  const auto replica = servers.read(key);
  if (!replica.log_bin || replica.self_coordinates.file.empty())
    throw Error(Code::refused, fmt::format("{} has no binary log", key.display()));
  const auto logs = servers.logs(replica, LogType::binary);
  return is_mariadb(replica.version) ? logs_with(WantedInLists(errant.gtids, replica), *logs, replica)
                                     : logs_with(WantedInSets(errant.gtids, replica), *logs, replica);
}

}  // namespace topo::refactor
