// What the servers of a cluster have committed themselves, and the others have of it, by GTID.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "topo/topology/errant.h"

namespace topo {

// Of a master and its replicas, of which most have committed nothing themselves. What each reports is added
// up once, and only MariaDB servers that differ from that are compared with every other one. `all` must
// outlive the object.
class OwnTransactions {
 public:
  explicit OwnTransactions(const std::vector<const Instance*>& all);

  // What the replica, one of `all`, has committed itself, by its server_uuid (MariaDB: its server id), and
  // none of the others has executed or received: errant however long ago they were read, as it could get to
  // them only through their master. nullopt: nothing, or nothing is known to be; also of a co-master, whose
  // transactions get to its master. Throws Error{invalid_argument} if what one of them reports is not
  // understood.
  [[nodiscard]] std::optional<GtidLead> errant(const Instance& replica) const;

  // What the replica has lost of them, and another one has: see lost_by_itself(). nullopt also of a
  // co-master, whose transactions may have got to the others since it was read, and if what a server
  // reports is not understood.
  [[nodiscard]] std::optional<GtidLead> lost(const Instance& replica) const;

 private:
  std::vector<std::pair<const Instance*, GtidState>> mariadb_;
  std::string problem_;                                   // with what one reports; "": none
  std::unordered_map<std::string, std::size_t> servers_;  // that report a server_uuid
  // What each has that another one has committed, of all MySQL servers, and of all MariaDB servers.
  GtidState sets_, lists_;
};

}  // namespace topo
