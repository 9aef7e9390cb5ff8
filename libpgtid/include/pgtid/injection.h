// The Pseudo-GTID entries that this program injects: unique statements without effect, whose texts sort by
// time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgtid {

// The pattern that finds injected entries in logs.
inline constexpr std::string_view injected_entry_pattern = "drop view if exists `_pseudo_gtid_`.`_asc:";

// Not thread-safe.
class EntrySequence {
 public:
  // `process`: a random number, different for all processes that inject at the same time.
  explicit EntrySequence(std::uint64_t process) : process_(process) {}

  // Makes all following entries later than `time`.
  void go_behind(std::chrono::microseconds time) noexcept;
  // A statement that sorts after all earlier ones, even if the clock goes back; `now` is since 1970.
  [[nodiscard]] std::string next(std::chrono::microseconds now);

 private:
  const std::uint64_t process_;
  std::uint32_t count_ = 0;
  std::chrono::microseconds last_{0};
};

}  // namespace pgtid
