// PositionHistory: decides when a row of database_instance_coordinates_history is due, and writes it.
#pragma once

#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/database.h"
#include "topo/base/clock.h"
#include "topo/model/instance.h"

namespace topo::store {

// Thread-safe. Remembers the last row of each instance, so that a poll that adds nothing costs no statement.
// The backend is read once per instance, as another process may have just written a row.
class PositionHistory {
 public:
  struct Read {
    const Instance* instance;
    bool is_new;  // ignore what is remembered of it
  };
  struct Noted {
    SteadyTime at;
    BinlogCoordinates binary, relay;
  };
  using Draft = std::vector<std::pair<InstanceKey, Noted>>;

  // Called within a transaction. Runs one statement for all rows that are due, and one for instances not
  // known yet. The result must be passed to keep() once the transaction is done.
  Draft write(DatabaseSession& session, Engine engine, std::string_view now, std::span<const Read> read);
  void keep(const Draft& noted);

 private:
  std::mutex mutex_;
  std::unordered_map<InstanceKey, Noted> noted_;
};

}  // namespace topo::store
