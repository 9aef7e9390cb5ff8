// DurationHistogram: counts durations by length.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace topo {

struct DurationHistogram {
  static constexpr std::array<std::chrono::nanoseconds, 12> bounds{
      std::chrono::microseconds(500), std::chrono::milliseconds(1),    std::chrono::microseconds(2500),
      std::chrono::milliseconds(5),   std::chrono::milliseconds(10),   std::chrono::milliseconds(25),
      std::chrono::milliseconds(50),  std::chrono::milliseconds(100),  std::chrono::milliseconds(250),
      std::chrono::seconds(1),        std::chrono::milliseconds(2500), std::chrono::seconds(10)};

  // counts[i]: durations in (bounds[i - 1], bounds[i]]; the last element: durations above all bounds.
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::chrono::nanoseconds sum{0};

  void add(std::chrono::nanoseconds duration) noexcept {
    std::size_t i = 0;
    while (i < bounds.size() && duration > bounds[i]) ++i;
    ++counts[i];
    sum += duration;
  }
  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const auto one : counts) all += one;
    return all;
  }
};

}  // namespace topo
