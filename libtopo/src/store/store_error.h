#pragma once

#include <string>

#include "topo/base/error.h"

namespace topo::store {

// What the backend answers instead of doing what it was asked to.
class StoreError : public Error {
 public:
  StoreError(const std::string& message, bool is_lasting)
      : Error(Code::backend, message), is_lasting_(is_lasting) {}
  // It stays so until somebody makes room or changes a right: nobody need wait for it.
  [[nodiscard]] bool is_lasting() const noexcept { return is_lasting_; }

 private:
  bool is_lasting_;
};

}  // namespace topo::store
