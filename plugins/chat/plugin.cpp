// The chat plugin's face to the host: what it needs, its tables, its routes.
#include <evh/evh.hpp>

#include <array>

#include "plugins/chat/api/answers.hpp"
#include "plugins/chat/api/consume.hpp"
#include "plugins/chat/tasks/trash.hpp"
#include "chat_migrations.hpp"

namespace {

constexpr std::array<std::string_view, 9> required{EVH_EXT_SUBSCRIBE, EVH_EXT_HTTP, EVH_EXT_PUBLISH, EVH_EXT_SECRET, EVH_EXT_SQL_HANDLE, EVH_EXT_STORE,
                                                   EVH_EXT_UOW, EVH_EXT_LOG, EVH_EXT_TIMER};

// The host stops a read that takes longer than it may.
chat::refusal too_slow() {
  return {503, "query-too-slow", "This list takes too long to find: narrow it down by status, due, project or priority, or sort by created."};
}

class chat_plugin : public evh::plugin {
 public:
  static constexpr evh::about about{.id = "chat",
                                    .version = "0.1.0",
                                    .name = "Todo chat",
                                    .vendor = "evhost",
                                    .text = "Tasks, projects and conversations: REST, a command language in plain English, history and undo.",
                                    .required = required};

  void activate() override {
    app_.host = &host();
    app_.topics = {host().topic("task-events"), host().topic("task-updates"), host().topic("reminders"), host().topic("user-events")};
    // Statements must be gone before the host closes the connection they were made on.
    evh::check(host().sql_handle_api().on_close(
                   host().host(), [](void* user, void* handle) { static_cast<chat::app*>(user)->store.forget(handle); }, &app_),
               "on_close");
    for (const auto table : {chat::task_endpoints(), chat::project_endpoints(), chat::series_endpoints(), chat::undo_endpoints(), chat::chat_endpoints(),
                             chat::conversation_endpoints()})
      for (const auto& each : table) add(each);
    using consumer = void (*)(chat::app&, evh::unit&, const evh::batch&, evh::verdicts);
    for (const auto& [topic, consume] : {std::pair<const char*, consumer>{"user-events", chat::consume_user_events},
                                         {"task-commands", chat::consume_task_commands}, {"notifications", chat::consume_notifications}})
      on_group(topic, [this, consume](evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) { consume(app_, unit, batch, verdicts); });
    timer(std::chrono::minutes(1), std::chrono::hours(1), true,
          [](evh::unit* unit, std::uint64_t) { chat::empty_trash(*unit, chat::now_ns() / 1'000'000); });
  }

  std::span<const evh::migration> migrations(std::int32_t dialect) override {
    if (dialect == EVH_DIALECT_POSTGRESQL) return chat_migrations::postgres;
    return chat_migrations::sqlite;
  }

 private:
  void add(const chat::endpoint& endpoint) {
    route(endpoint.method, endpoint.pattern,
          [this, handle = endpoint.handle](evh::request request) {
            try {
              handle(app_, request);
            } catch (const chat::refusal& why) {
              request.respond(chat::problem_of(why, request.id()));
            } catch (const evh::failure& failed) {
              if (failed.status() != EVH_TIMEOUT) throw;
              request.respond(chat::problem_of(too_slow(), request.id()));
            }
          },
          0, endpoint.cost);
  }

  chat::app app_;
};

}  // namespace

EVH_PLUGIN(chat_plugin)
