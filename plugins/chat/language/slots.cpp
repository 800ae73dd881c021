// The typed command as JSON slots, in a fixed order and with the REST API's field names.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

namespace json = boost::json;

const char* spell(priority p) {
  static constexpr const char* names[] = {"low", "medium", "high", "critical"};
  return names[static_cast<std::size_t>(p)];
}

const char* spell(sort_key key) {
  static constexpr const char* names[] = {"due", "priority", "created", "updated", "title"};
  return names[static_cast<std::size_t>(key)];
}

// A filter without conditions means the open tasks.
std::string printed(const filter::expression& where) { return filter::empty(where) ? "open" : filter::print(where); }

json::array strings(const std::vector<std::string>& values) {
  json::array out;
  for (const auto& value : values) out.emplace_back(value);
  return out;
}

json::array reminders_json(const std::vector<reminder>& values) {
  json::array out;
  for (const auto& value : values) out.push_back(to_json(value));
  return out;
}

json::value target_json(const target& t) {
  switch (t.what) {
    case target::kind::title: return t.project ? json::value{{"title", t.title}, {"project", *t.project}} : json::value(json::string_view{t.title});
    case target::kind::references: {
      json::array places;
      for (const int place : t.references) places.emplace_back(place);
      return json::object{{"refs", std::move(places)}, {"of", "last_list"}};
    }
    case target::kind::last_entity: return json::object{{"ref", "last_entity"}};
    case target::kind::last_list: return json::object{{"ref", "last_list"}};
    case target::kind::filter: return json::object{{"filter", filter::print(*t.where)}};
  }
  return nullptr;
}

struct writer {
  json::object& slots;

  void put(const char* name, json::value value) { slots.emplace(name, std::move(value)); }
  void put(const char* name, const std::string& value) { slots.emplace(name, json::string_view{value}); }
  void put(const char* name, const char* value) { slots.emplace(name, value); }
  void target_slot(const target& t) {
    if (t.what == target::kind::title && t.title.empty()) return;
    if (t.what == target::kind::references) {
      const json::value value = target_json(t);
      put("refs", value.as_object().at("refs"));
      put("of", "last_list");
    } else if (t.what == target::kind::filter) {
      put("filter", filter::print(*t.where));
    } else if (t.what == target::kind::title) {
      put("target", t.title);
      if (t.project) put("in_project", *t.project);
    } else {
      put("ref", t.what == target::kind::last_entity ? "last_entity" : "last_list");
    }
  }

  void operator()(const unknown&) {}
  void operator()(const batch&) {}
  void operator()(const smalltalk& c) {
    static constexpr const char* names[] = {"greeting", "thanks", "farewell", "help"};
    put("kind", names[static_cast<std::size_t>(c.what)]);
  }
  void operator()(const unsupported& c) {
    if (!slots.contains("what")) put("what", c.what);
  }
  void operator()(const create_task& c) {
    if (!c.title.empty()) put("title", c.title);
    if (c.due) put("due", to_json(*c.due));
    if (c.instant) put("instant", calendar::format_instant(*c.instant));
    if (c.priority) put("priority", spell(*c.priority));
    if (c.project) put("project", *c.project);
    if (!c.tags.empty()) put("tags", strings(c.tags));
    if (c.parent) put("parent", target_json(*c.parent));
    if (c.description) put("description", *c.description);
    if (!c.reminders.empty()) put("reminders", reminders_json(c.reminders));
  }
  void operator()(const list_tasks& c) {
    put("filter", printed(c.where));
    put("sort", spell(c.sort));
    if (c.descending) put("descending", true);
    if (c.limit) put("limit", c.limit);
  }
  void operator()(const query_tasks& c) {
    static constexpr const char* names[] = {"count", "completed", "due"};
    put("metric", names[static_cast<std::size_t>(c.what)]);
    if (c.what == query_tasks::metric::count) put("filter", printed(c.where));
    if (c.which) target_slot(*c.which);
    if (c.from) put("from", calendar::format_date(*c.from));
    if (c.to) put("to", calendar::format_date(*c.to));
  }
  void operator()(const complete_tasks& c) { target_slot(c.which); }
  void operator()(const reopen_tasks& c) { target_slot(c.which); }
  void operator()(const remove_tasks& c) { target_slot(c.which); }
  void operator()(const update_task& c) {
    target_slot(c.which);
    if (c.title) put("title", *c.title);
    if (c.priority) put("priority", spell(*c.priority));
    if (c.clear_priority) put("priority", json::value{});
    if (!c.tags_add.empty() || !c.tags_remove.empty()) {
      json::object tags;
      if (!c.tags_add.empty()) tags["add"] = strings(c.tags_add);
      if (!c.tags_remove.empty()) tags["remove"] = strings(c.tags_remove);
      put("tags", std::move(tags));
    }
    if (c.project) put("project", c.project->empty() ? json::value(nullptr) : json::value(json::string_view{*c.project}));
    if (c.description) put("description", c.description->empty() ? json::value(nullptr) : json::value(json::string_view{*c.description}));
    if (!c.reminders_add.empty()) put("reminders", json::object{{"add", reminders_json(c.reminders_add)}});
    if (c.clear_reminders) put("reminders", json::value{});
  }
  void operator()(const reschedule_tasks& c) {
    target_slot(c.which);
    if (c.to.due) put("due", to_json(*c.to.due));
    if (c.to.date) {
      put("date", calendar::format_date(*c.to.date));
      put("keep_time", true);
    }
    if (c.to.time) put("time", calendar::format_time(*c.to.time));
    if (c.to.tz && !c.to.due) put("tz", *c.to.tz);
    if (c.to.shift) put("shift", calendar::format_period(*c.to.shift));
    if (c.to.clear) put("due", json::value{});
  }
  void operator()(const undo_last& c) { put("n", c.count); }
  void operator()(const answer& c) {
    static constexpr const char* names[] = {"yes", "no", "choice", "count"};
    put("answer", names[static_cast<std::size_t>(c.what)]);
    if (c.what == answer::kind::choice) put("choice", c.number);
    if (c.what == answer::kind::count) put("count", c.number);
  }
};

}  // namespace

json::value to_json(const calendar::due& value) {
  struct printer {
    json::value operator()(const calendar::civil_date& d) const { return json::object{{"date", calendar::format_date(d)}}; }
    json::value operator()(const calendar::floating& f) const { return json::object{{"local", calendar::format_local(f.local)}}; }
    json::value operator()(const calendar::zoned& z) const { return json::object{{"local", calendar::format_local(z.local)}, {"tz", z.tz}}; }
    json::value operator()(const calendar::instant& i) const { return json::object{{"instant", calendar::format_instant(i)}}; }
  };
  return std::visit(printer{}, value);
}

json::value to_json(const reminder& value) {
  if (value.at) return json::object{{"at", to_json(*value.at)}};
  json::object out{{"offset", calendar::format_period(value.offset)}};
  if (value.time) out["time"] = calendar::format_time(*value.time);
  return out;
}

void fill_slots(understanding& out) {
  std::visit(writer{out.slots}, out.command);
  for (auto& part : out.parts) fill_slots(part);
}

}  // namespace chat::language
