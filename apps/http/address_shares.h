// AddressShares: counts the connections of each client, so that no client uses up those of the others.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/address_ranges.h"

namespace orchestrator {

// Thread-safe.
class AddressShares {
 public:
  struct Limit {
    std::size_t max_connections;  // of one client (client_of)
    AddressRanges unlimited;      // proxies, which connect on behalf of many clients
  };
  explicit AddressShares(Limit limit) : limit_(std::move(limit)) {}

  // Applies to new connections from now on.
  void replace_limit(Limit limit);

  // One connection, counted until it is destroyed; destroy it before the AddressShares.
  class Slot {
   public:
    // `address` is "" for a socket in the file system, which is not limited.
    Slot(AddressShares& shares, std::string_view address);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    // False: the client already has its share.
    [[nodiscard]] bool is_granted() const noexcept { return is_granted_; }

   private:
    AddressShares& shares_;
    std::string client_;  // "": not counted
    bool is_granted_ = true;
  };

 private:
  std::mutex mutex_;
  Limit limit_;
  std::unordered_map<std::string, std::size_t> held_;  // by client, never 0
};

}  // namespace orchestrator
