// PlaceNotes: when a row of database_instance_coordinates_history is due, and writing such rows.
#pragma once

#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/database.h"
#include "topo/base/clock.h"
#include "topo/topology/instance.h"

namespace topo::store {

// Thread-safe. Remembers what was noted last of each instance, so that a poll that adds nothing costs no
// statement; the backend is asked once about an instance, as another process may have noted it just before.
class PlaceNotes {
 public:
  struct Read {
    const Instance* instance;
    bool is_new;  // what was remembered of it counts no more
  };
  struct Noted {
    SteadyTime at;
    BinlogCoordinates binary, relay;
  };
  using Draft = std::vector<std::pair<InstanceKey, Noted>>;

  // Within a transaction: one statement for all that are due, one more for those that are not known yet.
  // Returns what keep() is to remember once the transaction is done.
  Draft write(Session& session, Engine engine, std::string_view now, std::span<const Read> read);
  void keep(const Draft& noted);

 private:
  std::mutex mutex_;
  std::unordered_map<InstanceKey, Noted> noted_;
};

}  // namespace topo::store
