// Processes, by names that no other process has or will have.
#pragma once

#include <string>
#include <string_view>

namespace topo {

// Of this process: its host, this start of the host, its process id and when it started.
[[nodiscard]] std::string this_process();

enum class Liveness {
  lives,
  ended,
  unknown,  // it is of another host, or of another container on this one
};
[[nodiscard]] Liveness liveness_of(std::string_view process);

}  // namespace topo
