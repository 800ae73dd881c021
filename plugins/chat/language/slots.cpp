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

const char* spell(recurrence::anchored a) { return a == recurrence::anchored::completion ? "completion" : "schedule"; }

const char* spell(recurrence::missed m) {
  static constexpr const char* names[] = {"skip_to_future", "keep", "pile_up"};
  return names[static_cast<std::size_t>(m)];
}

const char* spell(member_role r) {
  static constexpr const char* names[] = {"viewer", "commenter", "editor", "owner"};
  return names[static_cast<std::size_t>(r)];
}

const char* spell(series_scope s) {
  static constexpr const char* names[] = {"this", "following", "all"};
  return names[static_cast<std::size_t>(s)];
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

  void day(const char* name, const std::optional<calendar::civil_date>& value) {
    if (value) put(name, calendar::format_date(*value));
  }
  void time(const char* name, const std::optional<calendar::time_of_day>& value) {
    if (value) put(name, calendar::format_time(*value));
  }
  void rule(const recurrence& r) {
    put("recurrence", r.rrule);
    put("anchor", spell(r.anchor));
    if (r.catch_up) put("catch_up", spell(*r.catch_up));
  }
  void first(const calendar::due& at) {
    if (const auto* date = std::get_if<calendar::civil_date>(&at)) put("dtstart", calendar::format_date(*date));
    else if (const auto* floating = std::get_if<calendar::floating>(&at)) put("dtstart", calendar::format_local(floating->local));
    else if (const auto* zoned = std::get_if<calendar::zoned>(&at)) {
      put("dtstart", calendar::format_local(zoned->local));
      put("tz", zoned->tz);
    }
  }

  void operator()(const unknown&) {}
  void operator()(const batch&) {}
  void operator()(const smalltalk& c) {
    static constexpr const char* names[] = {"greeting", "thanks", "farewell", "help"};
    put("kind", names[static_cast<std::size_t>(c.what)]);
  }
  void operator()(const create_task& c) {
    if (!c.title.empty()) put("title", c.title);
    if (c.repeat) {
      rule(*c.repeat);
      if (c.due) first(*c.due);
    } else if (c.due) {
      put("due", to_json(*c.due));
    }
    if (c.instant) put("instant", calendar::format_instant(*c.instant));
    if (c.priority) put("priority", spell(*c.priority));
    if (c.project) put("project", *c.project);
    if (!c.tags.empty()) put("tags", strings(c.tags));
    if (c.parent) put("parent", target_json(*c.parent));
    if (c.description) put("description", *c.description);
    if (!c.reminders.empty()) put("reminders", reminders_json(c.reminders));
    if (c.assignee) put("assignee", *c.assignee);
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
    if (c.assignee) put("assignee", c.assignee->empty() ? json::value(nullptr) : json::value(json::string_view{*c.assignee}));
    if (c.repeat) rule(*c.repeat);
    day("from", c.repeat_from);
    time("time", c.repeat_at);
    if (c.clear_repeat) put("recurrence", json::value{});
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
  void operator()(const series_skip& c) {
    target_slot(c.which);
    day("from", c.from);
    day("to", c.to);
  }
  void operator()(const series_pause& c) {
    target_slot(c.which);
    day("until", c.until);
  }
  void operator()(const series_resume& c) { target_slot(c.which); }
  void operator()(const series_update& c) {
    target_slot(c.which);
    put("scope", spell(c.scope));
    if (c.repeat) rule(*c.repeat);
    day("from", c.from);
    time("time", c.time);
  }
  void operator()(const share_project& c) {
    if (!c.project.empty()) put("project", c.project);
    if (!c.person.empty()) put(c.person.find('@') == std::string::npos ? "person" : "email", c.person);
    if (c.remove) put("remove", true);
    else put("role", spell(c.role));
  }
  void operator()(const snooze& c) {
    if (c.which) target_slot(*c.which);
    else put("ref", "last_notification");
    if (c.until != calendar::instant{}) put("until", calendar::format_local(c.local));
  }
  void operator()(const set_preferences& c) {
    if (c.quiet_hours) put("quiet_hours", json::array{calendar::format_time(c.quiet_hours->from), calendar::format_time(c.quiet_hours->to)});
    if (c.clear_quiet_hours) put("quiet_hours", json::value{});
    if (c.digest) put("digest", json::object{{"channel", c.digest->channel}, {"recurrence", c.digest->rrule}, {"time", calendar::format_time(c.digest->time)}});
    if (c.clear_digest) put("digest", json::value{});
    if (c.tz) put("tz", *c.tz);
    if (c.locale) put("locale", *c.locale);
    if (c.week_start) {
      static constexpr const char* names[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
      put("week_start", names[c.week_start->c_encoding() % 7]);
    }
    if (c.default_reminder) put("default_reminder", calendar::format_period(*c.default_reminder));
    if (c.clear_default_reminder) put("default_reminder", json::value{});
    time("morning", c.morning);
    time("afternoon", c.afternoon);
    time("evening", c.evening);
    time("tonight", c.tonight);
    time("eod", c.eod);
    if (!c.channels_add.empty() || !c.channels_remove.empty()) {
      json::object channels;
      if (!c.channels_add.empty()) channels["add"] = strings(c.channels_add);
      if (!c.channels_remove.empty()) channels["remove"] = strings(c.channels_remove);
      put("channels", std::move(channels));
    }
  }
  void operator()(const query_history& c) {
    if (c.which) target_slot(*c.which);
    if (!c.action.empty()) put("action", c.action);
    day("from", c.from);
    day("to", c.to);
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
