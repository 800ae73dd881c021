// Target resolution.
#include "plugins/chat/talk/targets.hpp"

#include "plugins/chat/talk/speech.hpp"

namespace chat::talk {

namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (c != ' ') word += c;
    else if (!word.empty()) out.push_back(std::exchange(word, {}));
  }
  // Articles and the like carry nothing when other words are there.
  static constexpr std::array<std::string_view, 8> small{"the", "a", "an", "my", "task", "to", "of", "for"};
  std::vector<std::string> strong;
  for (const auto& each : out)
    if (std::find(small.begin(), small.end(), fold(each)) == small.end()) strong.push_back(each);
  return strong.empty() ? out : strong;
}

}  // namespace

std::vector<task> target_finder::stage(task_list list, wanted_status status) {
  list.sort = sort_by::due;
  list.descending = false;
  list.limit = candidates_max;
  list.status = status == wanted_status::done ? task_status::completed : task_status::pending;
  auto found = load_tasks(session_, list_ids(unit_, list).ids);
  if (status == wanted_status::both || (found.empty() && status == wanted_status::any)) {
    list.status = task_status::completed;
    for (auto& each : load_tasks(session_, list_ids(unit_, list).ids)) found.push_back(std::move(each));
  }
  return found;
}

found_targets target_finder::by_words(const language::target& which, wanted_status status) {
  found_targets out;
  task_list list = base_;
  if (which.project) {
    const auto project = project_named(unit_, base_.owner, *which.project);
    if (!project) return out.problem = "There is no project " + quoted(*which.project) + ".", out;
    list.project = *project;
  }
  const auto matching = [&](auto add) {
    task_list narrowed = list;
    add(narrowed);
    return stage(std::move(narrowed), status);
  };
  out.tasks = matching([&](task_list& l) { l.title = which.title; });
  if (out.tasks.empty() && !which.exact) out.tasks = matching([&](task_list& l) { l.title_words = words_of(which.title); });
  out.ambiguous = out.tasks.size() > 1;
  if (out.tasks.empty())
    out.problem = std::string("There is no ") + (status == wanted_status::open ? "open " : status == wanted_status::done ? "completed " : "") +
                  "task " + quoted(which.title) + ".";
  return out;
}

found_targets target_finder::by_filter(const language::filter::expression& where) {
  found_targets out;
  task_list list = base_;
  list.where = where;
  list.sort = sort_by::due;
  list.descending = false;
  list.limit = bulk_max + 1;
  list.scope = list_scope::own;   // "everything overdue" is never everybody's
  settle_project(unit_, list);
  out.tasks = load_tasks(session_, list_ids(unit_, list).ids);
  if (out.tasks.empty()) out.problem = "No task matches that.";
  if (out.tasks.size() > bulk_max) {
    out.tasks.clear();
    out.problem = "That is more than " + std::to_string(bulk_max) + " tasks: narrow it down.";
  }
  return out;
}

found_targets target_finder::by_ids(const std::vector<std::string>& ids, std::string missing) {
  found_targets out;
  for (const auto& text : ids) {
    const auto id = parse_uuid(text);
    auto found = id ? session_.find_task(*id) : std::nullopt;
    if (!found || found->deleted_at || access(unit_, base_.owner).on(found->value) == role::none) continue;
    out.tasks.push_back(std::move(found->value));
  }
  if (out.tasks.size() < ids.size() || ids.empty()) {
    out.tasks.clear();
    out.problem = std::move(missing);
  }
  return out;
}

found_targets target_finder::find(const language::target& which, wanted_status status) {
  const std::string stale = "That list is not current any more. Ask for it again, then say the number.";
  switch (which.what) {
    case language::target::kind::title: return by_words(which, status);
    case language::target::kind::filter: return by_filter(*which.where);
    case language::target::kind::last_entity:
      return by_ids(state_.last_entity.empty() ? std::vector<std::string>() : std::vector<std::string>{state_.last_entity},
                    "I do not know which task you mean: say its title.");
    case language::target::kind::last_list: return by_ids(state_.last_list, stale);
    case language::target::kind::references: break;
  }
  std::vector<std::string> ids;
  const int count = static_cast<int>(state_.last_list.size());
  for (const int reference : which.references) {
    const int place = reference < 0 ? count : reference;
    if (place < 1 || place > count) {
      found_targets out;
      out.problem = count == 0 ? "There is no list to take a number from. Ask for one first." : "The last list has no number " + std::to_string(place) + ".";
      return out;
    }
    const auto& id = state_.last_list[static_cast<std::size_t>(place - 1)];
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return by_ids(ids, stale);
}

}  // namespace chat::talk
