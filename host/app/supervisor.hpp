// evhost run --supervise: a small parent that restarts the host when it crashes, and only then.
//
// The parent runs this binary again without --supervise and waits. Killed by a signal, or exit 70 (bug): restart after
// a backoff (100 ms doubling to 5 s, forgotten after a minute of life). Any other exit code is the host's own decision
// and is passed on. SIGTERM and SIGINT are forwarded; the child dies with its parent (PR_SET_PDEATHSIG).
#pragma once

namespace evhost::app {

// Never called with threads running. Returns the exit code of the process.
int supervise(int argc, char** argv);

}  // namespace evhost::app
