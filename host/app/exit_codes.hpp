// What the process tells its caller by its exit code (the values of sysexits.h where they fit; docs/operating.md).
#pragma once

namespace evhost::app {

enum exit_code : int {
  exit_ok = 0,
  exit_usage = 64,        // wrong command line
  exit_data = 65,         // input or a plugin was refused; a damaged database
  exit_not_found = 66,    // a named plugin, topic or file does not exist
  exit_unavailable = 69,  // the port is taken, or a service it needs is not there
  exit_bug = 70,          // something that must not happen; a supervisor restarts
  exit_directory = 73,    // the data directory cannot be made or written
  exit_io = 74,           // disk full or failing
  exit_locked = 75,       // another host uses the data directory
  exit_config = 78,       // the configuration is wrong
};

}  // namespace evhost::app
