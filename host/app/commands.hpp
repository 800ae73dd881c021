// The subcommands. Each returns the process's exit code; failure and config_error end them early, main() prints.
#pragma once
#include "host/app/cli.hpp"
#include "host/config/load.hpp"

namespace evhost::app {

config::loaded load_config(const command_line& line);

int run_host(const command_line& line);          // run
int check_reload(const command_line& line);      // run --supervise at SIGHUP; throws nothing
int validate_files(const command_line& line);    // validate
int list_plugins(const command_line& line);      // plugins
int show_config(const command_line& line);       // config
int migrate_database(const command_line& line);  // migrate
int move_database(const command_line& line);     // migrate --from --to
int work_on_topics(const command_line& line);    // topics
int show_dead_letters(const command_line& line); // dlq
int replay_dead_letters(const command_line& line);  // replay
int export_audit(const command_line& line);      // audit export
int print_token(const command_line& line);       // token

}  // namespace evhost::app
