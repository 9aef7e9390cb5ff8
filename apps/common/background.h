// The continuous discovery of a program that runs until it is told to stop.
#pragma once

namespace orchestrator {

class Session;
class StopSignals;

// Opens the backend and, if `discover`, starts the continuous discovery; while the backend is not available,
// logs why and tries again every few seconds. False: told to stop meanwhile. Throws Error for what will not
// pass by itself.
[[nodiscard]] bool start_background(Session& session, const StopSignals& signals, bool discover);

}  // namespace orchestrator
