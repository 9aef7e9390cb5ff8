// The entries that this program injects itself: statements without effect, each of them unique, whose texts
// sort by time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgtid {

// The pattern that finds them in logs.
inline constexpr std::string_view injected_entry_pattern = "drop view if exists `_pseudo_gtid_`.`_asc:";

// Not for two threads at once.
class EntrySequence {
 public:
  // `process`: a random number, that no other process has which injects at the same time.
  explicit EntrySequence(std::uint64_t process) : process_(process) {}

  // The next ones are later than that.
  void go_behind(std::chrono::microseconds time) noexcept;
  // A statement that sorts behind all those before, whatever the clock does; `now` is since 1970.
  [[nodiscard]] std::string next(std::chrono::microseconds now);

 private:
  const std::uint64_t process_;
  std::uint32_t count_ = 0;
  std::chrono::microseconds last_{0};
};

}  // namespace pgtid
