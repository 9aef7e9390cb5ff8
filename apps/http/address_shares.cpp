#include "http/address_shares.h"

namespace orchestrator {

void AddressShares::replace_limit(Limit limit) {
  const std::lock_guard lock(mutex_);
  limit_ = std::move(limit);
}

AddressShares::Slot::Slot(AddressShares& shares, std::string_view address) : shares_(shares) {
  const std::lock_guard lock(shares_.mutex_);
  if (address.empty() || shares_.limit_.unlimited.contains(address)) return;
  auto client = client_of(address);
  const auto found = shares_.held_.find(client);
  is_granted_ = found == shares_.held_.end() || found->second < shares_.limit_.max_connections;
  if (!is_granted_) return;
  ++shares_.held_[client];
  client_ = std::move(client);
}

AddressShares::Slot::~Slot() {
  if (client_.empty()) return;
  const std::lock_guard lock(shares_.mutex_);
  const auto found = shares_.held_.find(client_);
  if (--found->second == 0) shares_.held_.erase(found);
}

}  // namespace orchestrator
