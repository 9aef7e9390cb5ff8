// The continuous discovery of a program that runs until it is told to stop.
#pragma once

namespace orchestrator {

class Session;
class Signals;

// Opens the backend and, if `discover`, starts the continuous discovery; while the backend is not available,
// logs why and tries again every few seconds. False: told to stop meanwhile. Throws Error for what will not
// pass by itself.
[[nodiscard]] bool start_background(Session& session, const Signals& signals, bool discover);

// Returns when the process is to end. Until then it reads the configuration again whenever it is told to;
// what is wrong with it is logged, and all stays as it was.
void wait_for_end(Session& session, const Signals& signals);

}  // namespace orchestrator
