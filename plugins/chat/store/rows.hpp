// Rows to values and back. Private to the store target.
#pragma once

#include "plugins/chat/store/store.hpp"

#include "conversation_row.hxx"
#include "history_row.hxx"
#include "project_row.hxx"
#include "task_row.hxx"

namespace chat::rows {

void fill(task_row& row, const stored_task& from);
void fill(history_row& row, const change& from);
void fill(project_row& row, const project& from);
void fill(conversation_row& row, const conversation& from);
void fill(message_row& row, const message& from);

stored_task value_of(const task_row& row);
change value_of(const history_row& row);
project value_of(const project_row& row);
conversation value_of(const conversation_row& row);
message value_of(const message_row& row);

}  // namespace chat::rows
