// evhost run --supervise: a small parent that restarts the host when it crashes, and with a new configuration at SIGHUP.
//
// The parent runs this binary again without --supervise and waits. Killed by a signal, or exit 70 (bug): restart after
// a backoff (100 ms doubling to 5 s, forgotten after a minute of life). Any other exit code is the host's own decision
// and is passed on. SIGTERM and SIGINT are forwarded; the child dies with its parent (PR_SET_PDEATHSIG).
// SIGHUP: a second child checks configuration and plugin files; only if they are good the host drains, as at SIGTERM, and
// starts again at once. A bad one changes nothing. A SIGHUP of the kernel's own, from a terminal that closed, is a SIGTERM.
#pragma once
#include <functional>

namespace evhost::app {

// Never called with threads running. check: would a host start with what the files say now? 0, or it has said why not; runs
// in a process of its own. Returns the exit code of the process.
int supervise(int argc, char** argv, const std::function<int()>& check);

}  // namespace evhost::app
