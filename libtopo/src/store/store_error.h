#pragma once

#include <string>

#include "topo/base/error.h"

namespace topo::store {

// What the backend answers instead of doing what it was asked to, or that it does not answer.
class StoreError : public Error {
 public:
  StoreError(const std::string& message, bool is_lasting, bool may_be_stored = false)
      : Error(Code::backend, message), is_lasting_(is_lasting), may_be_stored_(may_be_stored) {}
  // It stays so until somebody makes room or changes a right: nobody need wait for it.
  [[nodiscard]] bool is_lasting() const noexcept { return is_lasting_; }
  // It was told to commit, and did not say that it has.
  [[nodiscard]] bool may_be_stored() const noexcept { return may_be_stored_; }

 private:
  bool is_lasting_, may_be_stored_;
};

}  // namespace topo::store
