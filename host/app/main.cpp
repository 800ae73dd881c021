// evhost: parses the command line, runs one subcommand, turns what went wrong into one sentence and an exit code.
#include "host/app/audit_verify/verify.hpp"
#include "host/app/cli.hpp"
#include "host/app/commands.hpp"
#include "host/app/failure.hpp"
#include "host/app/supervisor.hpp"
#include "host/app/version.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

namespace {

using namespace evhost::app;

int dispatch(const command_line& line) {
  if (line.command == "run") return run_host(line);
  if (line.command == "validate") return validate_files(line);
  if (line.command == "plugins") return list_plugins(line);
  if (line.command == "config") return show_config(line);
  if (line.command == "migrate") return migrate_database(line);
  if (line.command == "topics") return work_on_topics(line);
  if (line.command == "dlq") return show_dead_letters(line);
  if (line.command == "replay") return replay_dead_letters(line);
  if (line.command == "audit") return export_audit(line);
  if (line.command == "token") return print_token(line);
  std::printf("evhost %s\n", version);
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int code = exit_bug;
  // The verifier reads no configuration and has options of its own.
  if (argc > 2 && std::string_view(argv[1]) == "audit" && std::string_view(argv[2]) == "verify")
    return evhost::audit_verify::run({argv + 3, argv + argc});
  const auto line = parse_command_line(argc, argv, code);
  if (!line) return code;
  if (line->command == "run" && line->supervise) return supervise(argc, argv, [&] { return check_reload(*line); });
  try {
    code = dispatch(*line);
  } catch (const failure& f) {
    std::fprintf(stderr, "evhost: %s\n", f.what());
    code = f.code();
  } catch (const evhost::config::config_error& e) {
    std::fprintf(stderr, "evhost: the configuration is wrong\n%s\n", e.what());
    code = exit_config;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "evhost: unexpected: %s\n", e.what());
    code = exit_bug;
  }
  std::fflush(nullptr);
  return code;
}
