// Identifies processes by names that are never reused.
#pragma once

#include <string>
#include <string_view>

namespace topo {

// Name of this process: host, boot, process id and start time.
[[nodiscard]] std::string this_process();

enum class Liveness {
  lives,
  ended,
  unknown,  // the process belongs to another host, or to another container on this host
};
[[nodiscard]] Liveness liveness_of(std::string_view process);

}  // namespace topo
