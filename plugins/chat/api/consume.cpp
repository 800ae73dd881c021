// Batches of events to effects.
#include "plugins/chat/api/consume.hpp"

#include <algorithm>

#include "plugins/chat/api/answers.hpp"
#include "plugins/chat/tasks/sharing.hpp"
#include "schemas/events/notification_events.hpp"

namespace chat {

namespace {

namespace es = evh_schemas;

// Reads each event's payload as T and hands it on with its type.
template <class T, class Use> void each_of(app& app, const evh::batch& batch, evh::verdicts verdicts, std::initializer_list<std::string_view> types, Use use) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const evh::event event = batch[i];
    const std::string_view type = app.host->type_name(event.type());
    if (event.tombstone() || std::find(types.begin(), types.end(), type) == types.end()) continue;
    std::optional<T> value;
    try {
      value = es::from_json<T>(event.payload());
    } catch (const es::payload_error&) {
      verdicts.set(i, evh::verdict::dead_letter);
      continue;
    }
    use(event, type, *value);
  }
}

origin origin_of(const es::actor& actor, const std::string& correlation_id, const evh::event& event, std::int64_t now) {
  origin by;
  by.subject = actor.id;
  by.kind = "system";
  by.source = "recurring";
  by.correlation_id = correlation_id;
  by.causation_id = event.id();
  by.group = new_uuid(now);
  by.now_ms = now / 1'000'000;
  return by;
}

}  // namespace

void consume_user_events(app& app, evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
  store::session session(app.store, unit);
  each_of<es::user_event>(app, batch, verdicts,
                          {es::type::user_created, es::type::user_updated, es::type::user_preferences, es::type::user_disabled, es::type::user_enabled, es::type::user_deleted},
                          [&](const evh::event&, std::string_view type, const es::user_event& event) { apply_user_event(session, unit, app.topics, type, event, now_ns()); });
}

void consume_task_commands(app& app, evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
  store::session session(app.store, unit);
  const auto run = [&](const evh::event& event, const auto& command, auto act) {
    const origin by = origin_of(command.actor, command.correlation_id, event, now_ns());
    executor commands(session, unit, app.topics, by, command.owner);
    act(commands, command);
  };
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const evh::event event = batch[i];
    const std::string_view type = app.host->type_name(event.type());
    if (event.tombstone()) continue;
    try {
      if (type == es::type::create_task)
        run(event, es::from_json<es::create_task_command>(event.payload()), [](executor& to, const auto& command) { to.create_successor(command); });
      else if (type == es::type::withdraw_task)
        run(event, es::from_json<es::withdraw_task_command>(event.payload()), [](executor& to, const auto& command) { to.withdraw(command); });
    } catch (const es::payload_error&) {
      verdicts.set(i, evh::verdict::dead_letter);
    } catch (const refusal&) {
      verdicts.set(i, evh::verdict::dead_letter);   // a task no rule of ours would let through
    }
  }
}

void consume_notifications(app& app, evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
  each_of<es::notification_event>(app, batch, verdicts, {es::type::notification_due, es::type::notification_delivered},
                                  [&](const evh::event&, std::string_view, const es::notification_event& event) {
                                    if (const auto task = parse_uuid(event.task_id))
                                      put_last_notification(unit, event.owner, {event.notification_id, *task, event.fire_at.value});
                                  });
}

}  // namespace chat
