// TransactionTracker: the transaction that each event of a log belongs to, as events are read one by one.
#pragma once

#include <cstdint>

#include "pgtid/normal_form.h"

namespace pgtid {

class TransactionTracker {
 public:
  // `is_known`: reading begins at the beginning of a file or of a transaction.
  explicit TransactionTracker(bool is_known) noexcept : is_known_(is_known) {}
  TransactionTracker(bool is_known, bool is_inside) noexcept : is_inside_(is_inside), is_known_(is_known) {}

  // The functions below then refer to this event.
  void see(const NormalEvent& event) noexcept {
    if (has_ended_) name_ = 0;
    has_ended_ = event.role == Role::end || event.role == Role::rollback;
    switch (event.role) {
      case Role::begin: is_inside_ = true; break;
      case Role::transaction:
        name_ = event.text.empty() ? 0 : identity_of(event.text, 0);
        is_inside_ = event.begins;
        is_known_ = true;
        break;
      case Role::end:
      case Role::rollback:
        is_inside_ = false;
        is_known_ = true;
        break;
      case Role::own:
        if (event.begins) is_inside_ = true;
        break;
      default: break;
    }
  }

  // A hash of the GTID of the transaction; 0: it has none.
  [[nodiscard]] std::uint64_t name() const noexcept { return name_; }
  // The transaction continues after the event.
  [[nodiscard]] bool is_inside() const noexcept { return is_inside_; }
  // False: reading may have begun within a transaction, so that the results above may be wrong.
  [[nodiscard]] bool is_known() const noexcept { return is_known_; }

 private:
  std::uint64_t name_ = 0;
  bool is_inside_ = false, is_known_ = false, has_ended_ = false;
};

}  // namespace pgtid
