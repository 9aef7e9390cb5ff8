// The continuous discovery of a program that runs until it is told to stop.
#pragma once

namespace orchestrator {

class Session;
class Signals;

// Opens the backend and, if `discover`, starts the continuous discovery; while the backend is not available,
// logs why and tries again every few seconds. Returns when the process is to end, with Session::begin_to_end
// called. Until then it reads the configuration again whenever it is told to; what is wrong with it is
// logged, and all stays as it was. Throws Error for what will not pass by itself.
void run_until_stopped(Session& session, const Signals& signals, bool discover);

}  // namespace orchestrator
