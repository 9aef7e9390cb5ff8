// What /metrics tells, in the text format of Prometheus 0.0.4, named by its conventions.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/session.h"

namespace orchestrator {

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=UTF-8";

// How many requests ended with which kind of status. Thread-safe.
class RequestCounts {
 public:
  void add(int status) noexcept;
  // Of 2xx, 3xx, 4xx, 5xx; `hundreds` is 2 to 5.
  [[nodiscard]] std::uint64_t of(std::size_t hundreds) const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, 6> counts_{};
};

// What cannot be had now, as the backend is away, is left out. Throws nothing but what memory throws.
[[nodiscard]] std::string render_metrics(Session& session, const RequestCounts& requests,
                                         std::size_t listeners);

}  // namespace orchestrator
