// The subcommands and their options, by CLI11.
#include "host/app/cli.hpp"

#include "host/app/exit_codes.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace evhost::app {
namespace {

void add_common(CLI::App& app, command_line& line) {
  app.add_option("-c,--config", line.config_file, "Configuration file (YAML); also EVH_CONFIG");
  app.add_option("--set", line.assignments, "One key, e.g. --set http.port=9090; may be repeated");
  app.add_option("--plugins", line.plugin_directories, "Directory with plugin libraries; may be repeated; also EVH_PLUGINS");
}

CLI::App& add_command(CLI::App& app, command_line& line, const char* name, const char* text) {
  auto& sub = *app.add_subcommand(name, text);
  add_common(sub, line);
  sub.callback([&line, name] { line.command = name; });
  return sub;
}

CLI::App& add_action(CLI::App& parent, command_line& line, const char* name, const char* text) {
  auto& sub = *parent.add_subcommand(name, text);
  sub.fallthrough();  // --config and --set may stand after the action
  sub.callback([&line, name] { line.action = name; });
  return sub;
}

void add_topics(CLI::App& app, command_line& line) {
  auto& topics = add_command(app, line, "topics", "List, follow and write the records of topics");
  topics.require_subcommand(1);
  auto& list = add_action(topics, line, "list", "Topics with partitions, oldest and next offsets");
  list.add_flag("--json", line.json, "One JSON object per line");
  auto& tail = add_action(topics, line, "tail", "Print records, one JSON object per line");
  tail.add_option("topic", line.name)->required();
  tail.add_option("--from", line.from, "earliest, latest or an offset")->capture_default_str();
  tail.add_option("--partition", line.partition, "Only this partition");
  tail.add_option("-n,--count", line.count, "Stop after so many records");
  tail.add_flag("-f,--follow", line.follow, "Keep waiting for new records (default when --from latest)");
  auto& put = add_action(topics, line, "put", "Write one record");
  put.add_option("topic", line.name)->required();
  put.add_option("payload", line.payload, "The payload; read from stdin when absent");
  put.add_option("--key", line.key, "Ordering and partition key");
  put.add_option("--type", line.type, "CloudEvents type");
  put.add_option("--id", line.id, "CloudEvents id; a UUIDv7 when absent");
}

void add_dead_letters(CLI::App& app, command_line& line) {
  auto& dlq = add_command(app, line, "dlq", "Show the dead letters of a group");
  dlq.add_option("group", line.name, "Group (a plugin id unless it chose another)")->required();
  dlq.add_option("-n,--count", line.count, "At most so many, oldest first");
  dlq.add_option("--discard", line.ids, "Mark these as dealt with instead, by the id that dlq prints");
  auto& replay = add_command(app, line, "replay", "Hand dead letters to their group again, or let it read a topic again");
  replay.add_option("group", line.name)->required();
  auto* ids = replay.add_option("ids", line.ids, "Dead letters by the id that dlq prints");
  auto* all = replay.add_flag("--all", line.all, "Every dead letter of the group that was not replayed before")->excludes(ids);
  auto* topic = replay.add_option("--topic", line.topic, "Set the group's position in this topic instead")->excludes(ids)->excludes(all);
  auto* from = replay.add_option("--from", line.from, "earliest, latest, an offset, or a time like 2026-11-23T09:00:00Z")->needs(topic);
  topic->needs(from);
  replay.add_option("--partition", line.partition, "Only this partition of the topic")->needs(topic);
}

void add_audit(CLI::App& app, command_line& line) {
  auto& audit = add_command(app, line, "audit", "Export the audit log, or verify an export offline");
  audit.require_subcommand(1);
  auto& out = add_action(audit, line, "export", "Write the log of the running host as bundles, checkpoint and key");
  out.add_option("-o,--out", line.name, "Directory")->required();
  out.add_option("--from", line.since, "First leaf")->check(CLI::NonNegativeNumber);
  out.add_option("--to", line.until, "Behind the last leaf; the signed size when absent")->check(CLI::PositiveNumber);
  add_action(audit, line, "verify", "Verify bundles with the public key alone; see evhost audit verify --help");
}

void add_commands(CLI::App& app, command_line& line) {
  auto& run = add_command(app, line, "run", "Serve: load plugins, open the data directory, listen");
  run.add_flag("--supervise", line.supervise, "Restart the host when it crashes, and with a new configuration at SIGHUP");
  auto& validate = add_command(app, line, "validate", "Check plugin files: binary, descriptor, life cycle");
  validate.add_option("file", line.files, "Plugin libraries")->required();
  auto& plugins = add_command(app, line, "plugins", "List the plugins found and why others are refused");
  plugins.add_flag("--json", line.json, "One JSON object per line");
  auto& config = add_command(app, line, "config", "Show the configuration");
  config.require_subcommand(1);
  add_action(config, line, "print", "The effective values with their sources; secrets masked");
  add_action(config, line, "check", "Say whether the configuration is valid");
  add_action(config, line, "schema", "JSON Schema of the file");
  add_action(config, line, "docs", "Reference of every key, Markdown");
  auto& migrate = add_command(app, line, "migrate", "Bring the database to this version, or move all data from an embedded one to PostgreSQL");
  auto* move_from = migrate.add_option("--from", line.move_from, "sqlite:///path of the data to move; no host may run on it");
  auto* move_to = migrate.add_option("--to", line.move_to, "postgresql://... no host has served yet");
  move_from->needs(move_to);
  move_to->needs(move_from);
  add_topics(app, line);
  add_dead_letters(app, line);
  add_audit(app, line);
  auto& token = add_command(app, line, "token", "Print an access token, and nothing else");
  token.add_option("-u,--user", line.name, "Account name")->required();
  token.add_option("--role", line.roles, "Further role, e.g. admin; may be repeated");
  token.add_option_function<std::int64_t>("--lifetime", [&line](std::int64_t s) { line.lifetime = std::chrono::seconds(s); },
                                          "Seconds; default as configured")->check(CLI::Range(1, 86400));
  add_command(app, line, "version", "Print the version");
}

}  // namespace

std::optional<command_line> parse_command_line(int argc, char** argv, int& exit) {
  command_line line;
  CLI::App app("evhost: an event host that serves plugins from one process", "evhost");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  app.footer("Exit codes: 0 done, 64 usage, 65 refused input, 66 not found, 69 unavailable, 70 bug, 73 data directory,\n"
             "74 disk, 75 data directory in use, 78 configuration, 80 and 81 audit verify.");
  add_commands(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    exit = code == 0 ? exit_ok : exit_usage;
    return std::nullopt;
  }
  line.has_key = app.get_subcommand("topics")->get_subcommand("put")->count("--key") > 0;
  return line;
}

}  // namespace evhost::app
