// What a conversation remembers between two messages: the last list, the last task, the open question. One compact record
// (cereal) in chat_conversation.state, read by any device and after any restart.
//
// An open question keeps the message it came from with the clock, zone and locale of that moment: understanding is a pure
// function, so the answer replays it and gets the same command, now with its targets settled.
#pragma once

#include "plugins/chat/tasks/values.hpp"
#include "schemas/events/compact.hpp"

namespace chat::talk {

enum class question_kind : std::uint8_t { confirm, count, choose_task, choose_zone, create, choose };

struct open_question {
  std::string id;                          // the confirmation token names it; answered once
  question_kind kind = question_kind::confirm;
  std::string message, tz, locale;         // as understood then
  std::int64_t said_at = 0;                // seconds
  std::int64_t list_count = 0;             // what "2" and "it" could refer to then
  bool had_entity = false;
  std::vector<std::string> ids;            // confirm, count: the targets; choose_task: the candidates
  std::vector<std::int64_t> versions;      // of the targets: a changed one asks again
  std::vector<std::string> options;        // choose_zone, choose: the sentence each option stands for
  std::int64_t expires_ms = 0;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("kind", self.kind);
    visit.required("message", self.message);
    visit.required("tz", self.tz);
    visit.required("locale", self.locale);
    visit.required("said_at", self.said_at);
    visit.required("list_count", self.list_count);
    visit.required("had_entity", self.had_entity);
    visit.required("ids", self.ids);
    visit.required("versions", self.versions);
    visit.required("options", self.options);
    visit.required("expires_ms", self.expires_ms);
  }
};

struct talk_state {
  std::vector<std::string> last_list;
  std::string last_entity;
  std::optional<open_question> pending;
  static constexpr evh_schemas::compact_schema compact{110, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("last_list", self.last_list);
    visit.required("last_entity", self.last_entity);
    visit.optional("pending", self.pending);
  }
};

}  // namespace chat::talk

namespace evh_schemas {
template <> struct enum_names<chat::talk::question_kind> {
  static constexpr std::array<std::string_view, 6> names{"confirm", "count", "choose_task", "choose_zone", "create", "choose"};
};
}  // namespace evh_schemas
