#include "pgtid/events.h"

namespace pgtid {

bool PayloadPositions::correct(Event& event) {
  if (event.type == "Transaction_payload") {
    is_inside_ = true;
    position_ = event.position;
    end_ = event.end;
    return false;
  }
  // Events inside end where the payload ends; events after it end later.
  is_inside_ = is_inside_ && event.end == end_;
  if (is_inside_) event.position = position_;
  return is_inside_;
}

}  // namespace pgtid
