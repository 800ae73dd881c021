// When the process dies of a signal, one line on stderr says inside which plugin and function the thread was.
//
// Threading: install once, [control], before plugins run. The handler is async-signal-safe and allocates nothing; it
// restores the default action and raises the signal again, so that exit status and core dump stay what they were.
// Left out of sanitizer builds, which bring their own handlers.
#pragma once

namespace evhost::runtime {

void install_crash_note();

}  // namespace evhost::runtime
