#include "topo/mysql/applier_threads.h"

namespace topo::mysql {

bool has_read_relay_log(std::string_view sql_thread_state) noexcept {
  return sql_thread_state.find("has read all relay log") != std::string_view::npos;
}

ApplierThreads parse_applier_threads(const ResultSet& threads) {
  ApplierThreads result;
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const auto state = threads[i].text("state").value_or("");
    if (has_read_relay_log(state)) {
      const auto id = threads[i].number("id");
      if (id && *id > 0) result.waiting_sql_thread = static_cast<std::uint64_t>(*id);
      ++waiting;
    } else if (state == "Waiting for an event from Coordinator" ||
               state == "Waiting for work from SQL thread") {
      ++result.idle_workers;
    } else {
      ++result.others;
    }
  }
  if (waiting != 1) result.waiting_sql_thread.reset();
  return result;
}

}  // namespace topo::mysql
