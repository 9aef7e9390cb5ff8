// The content of /metrics, in the Prometheus text format 0.0.4, named by its conventions.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/session.h"

namespace orchestrator {

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=UTF-8";

// Counts responses by status class. Thread-safe.
class RequestCounts {
 public:
  void add(int status) noexcept;
  // The number of 2xx, 3xx, 4xx or 5xx responses; `hundreds` is 2 to 5.
  [[nodiscard]] std::uint64_t of(std::size_t hundreds) const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, 6> counts_{};
};

// Omits metrics that are unavailable because the backend is. Throws only std::bad_alloc.
[[nodiscard]] std::string render_metrics(Session& session, const RequestCounts& requests,
                                         std::size_t listeners);

}  // namespace orchestrator
