#include "store/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace topo::store {

std::string timestamp_text(Timestamp at) {
  using namespace std::chrono;
  constexpr Timestamp first = sys_days(year(1970) / 1 / 2);
  constexpr Timestamp last = sys_days(year(2038) / 1 / 18);
  const auto within = std::clamp(at, first, last);
  const auto day = floor<days>(within);
  const year_month_day date(day);
  const hh_mm_ss time(within - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace topo::store
