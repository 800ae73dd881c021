// GET /api/v1/conversations and their messages: what was said, newest conversation first.
#include "plugins/chat/api/answers.hpp"

namespace chat {

namespace {

struct conversation_item {
  std::string id, title;
  std::int64_t messages = 0;
  instant_ms created_at, updated_at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("title", self.title);
    visit.required("messages", self.messages);
    visit.required("created_at", self.created_at);
    visit.required("updated_at", self.updated_at);
  }
};

struct message_item {
  std::int64_t place = 0;
  std::string role, text, intent;
  instant_ms at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("place", self.place);
    visit.required("role", self.role);
    visit.required("text", self.text);
    visit.optional("intent", self.intent);
    visit.required("at", self.at);
  }
};

void list_conversations(app& app, evh::request& request) {
  const parameters query(request, {"limit", "cursor"});
  const std::size_t limit = query.limit();
  const std::int64_t scope = query.scope("conversations");
  const auto cursor = read_cursor(app, request, query, scope);
  std::vector<conversation_item> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const auto found = session.conversations(std::string(request.subject()), cursor ? cursor->numbers.at(0) : INT64_MAX,
                                             cursor ? parse_uuid(cursor->id).value() : uuid{}, limit + 1);
    for (const auto& each : found) {
      if (items.size() == limit) {
        next = make_cursor(app, request, scope, {items.back().updated_at.value}, "", items.back().id);
        break;
      }
      items.push_back({to_text(each.id), each.title, each.messages, {each.created_at}, {each.updated_at}});
    }
  });
  request.respond(page(items, next));
}

void list_messages(app& app, evh::request& request) {
  const parameters query(request, {"limit", "cursor"});
  const std::size_t limit = query.limit();
  const uuid id = path_id(request, "conversation");
  const std::int64_t scope = digest("messages/" + to_text(id));
  const auto cursor = read_cursor(app, request, query, scope);
  std::vector<message_item> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const auto found = session.find_conversation(id);
    if (!found || found->owner != request.subject()) throw not_found("conversation");
    for (const auto& each : session.messages(id, cursor ? cursor->numbers.at(0) : 0, limit + 1)) {
      if (items.size() == limit) {
        next = make_cursor(app, request, scope, {items.back().place}, "", "");
        break;
      }
      items.push_back({each.place, each.role, each.text, each.intent, {each.at}});
    }
  });
  request.respond(page(items, next));
}

constexpr endpoint table[] = {
    {"GET", "/api/v1/conversations", list_conversations},
    {"GET", "/api/v1/conversations/:id/messages", list_messages},
};

}  // namespace

std::span<const endpoint> conversation_endpoints() { return table; }

}  // namespace chat
