// Errors of the backend.
#pragma once

#include <string>

#include "topo/base/error.h"

namespace topo::store {

// An error that the backend reports, or the lack of an answer.
class StoreError : public Error {
 public:
  StoreError(const std::string& message, bool is_lasting, bool may_be_stored = false)
      : Error(Code::backend, message), is_lasting_(is_lasting), may_be_stored_(may_be_stored) {}
  // The error lasts until an administrator makes room or changes a privilege: retrying is pointless.
  [[nodiscard]] bool is_lasting() const noexcept { return is_lasting_; }
  // The commit was sent, but not confirmed.
  [[nodiscard]] bool may_be_stored() const noexcept { return may_be_stored_; }

 private:
  bool is_lasting_, may_be_stored_;
};

}  // namespace topo::store
