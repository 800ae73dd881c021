// What chat hears from others: accounts, commands of the recurring plugin, notifications. One batch is one unit.
//
// Lanes: the position moves with the effects, so nothing here remembers anything. Types that are not known are skipped; a payload
// that cannot be read is set aside (dead letter). Errors: whatever the database says fails the unit, and the host tries again.
#pragma once

#include "plugins/chat/api/app.hpp"

namespace chat {

void consume_user_events(app& app, evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts);
void consume_task_commands(app& app, evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts);
void consume_notifications(app& app, evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts);

}  // namespace chat
