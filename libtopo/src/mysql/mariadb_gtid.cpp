#include "topo/mysql/mariadb_gtid.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

namespace topo::mysql {
namespace {

// Sequence numbers by domain, from "0-1-5, 7-2-9".
std::map<std::uint32_t, std::uint64_t> numbers_of(std::string_view position) {
  std::map<std::uint32_t, std::uint64_t> numbers;
  while (!position.empty()) {
    const auto comma = std::min(position.find(','), position.size());
    auto gtid = position.substr(0, comma);
    position.remove_prefix(std::min(comma + 1, position.size()));
    gtid.remove_prefix(std::min(gtid.find_first_not_of(" \n"), gtid.size()));
    std::uint32_t domain = 0;
    std::uint64_t number = 0;
    const auto* end = gtid.data() + gtid.size();
    const auto last = gtid.rfind('-');
    if (last == std::string_view::npos) continue;
    const auto first = std::from_chars(gtid.data(), end, domain);
    const auto second = std::from_chars(gtid.data() + last + 1, end, number);
    if (first.ec == std::errc{} && second.ec == std::errc{}) numbers[domain] = number;
  }
  return numbers;
}

}  // namespace

FetchedByGtid parse_fetched_by_gtid(const Row& row) {
  const auto use = row.string_or("Using_Gtid");
  return {use == "Slave_Pos"     ? GtidUse::slave_pos
          : use == "Current_Pos" ? GtidUse::current_pos
                                 : GtidUse::no,
          row.string_or("Gtid_IO_Pos")};
}

std::size_t domains_ahead(std::string_view position, std::string_view other) {
  const auto behind = numbers_of(other);
  const auto ahead = numbers_of(position);
  return static_cast<std::size_t>(std::count_if(ahead.begin(), ahead.end(), [&](const auto& gtid) {
    const auto found = behind.find(gtid.first);
    return found == behind.end() || gtid.second > found->second;
  }));
}

}  // namespace topo::mysql
