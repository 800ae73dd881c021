// What one person may see and do, inside one unit: the table of rights (permissions.hpp) over the memberships of the database.
//
// Members of a project are read once per unit and kept. A private task needs no look-up at all. Errors: refusal 404 for what
// the person may not read, 403 for what they may read and not do.
#pragma once

#include <deque>

#include "plugins/chat/store/people.hpp"
#include "plugins/chat/store/store.hpp"
#include "plugins/chat/tasks/refusal.hpp"

namespace chat {

class access {
 public:
  access(evh::unit& unit, std::string subject) : unit_(unit), subject_(std::move(subject)) {}

  role in(const uuid& project);                          // none: not a member, or no such project
  role on(const task& value);                            // of a private task: owner or none
  bool may(action what, const task& value);
  // 404 `name` when it may not be read, 403 when it may not be done. `pointer`: the field of the body that named it.
  void require(action what, const task& value, const std::string& pointer = {});
  void require(action what, const uuid& project, const std::string& pointer = {});

  const std::vector<member>& members(const uuid& project);
  bool is_member(const uuid& project, std::string_view user);
  std::vector<std::string> viewers(const task& value);   // who may see it; the owner first
  void forget() { known_.clear(); }                      // memberships changed

  const std::string& subject() const { return subject_; }
  evh::unit& unit() { return unit_; }

 private:
  evh::unit& unit_;
  std::string subject_;
  std::deque<std::pair<uuid, std::vector<member>>> known_;   // what was handed out stays where it is
};

refusal forbidden(action what, role as);

}  // namespace chat
