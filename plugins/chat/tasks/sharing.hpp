// Projects and who may see them, inside one unit of work: rows, rights, and the events that tell everybody concerned.
//
// A project has at least one owner. chat_project.owner is the one whose key its events have and among whose projects its name
// is unique: when that person leaves, another owner takes the place. Errors: refusal 404, 403, 409 last-owner, already-member,
// already-exists, project-not-empty, too-many-members; 412.
#pragma once

#include "plugins/chat/tasks/executor.hpp"

namespace chat {

inline constexpr std::size_t members_max = 200;

// A member as answers show them.
struct member_item {
  std::optional<std::string> user_id;      // none: invited, no account with this address yet
  std::string email, name, role;
  bool invited = false;
  instant_ms added_at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("user_id", self.user_id);
    visit.required("email", self.email);
    visit.required("name", self.name);
    visit.required("role", self.role);
    visit.required("invited", self.invited);
    visit.required("added_at", self.added_at);
  }
};

class sharing {
 public:
  sharing(store::session& session, evh::unit& unit, const topics& topics, const origin& by, executor& commands)
      : session_(session), unit_(unit), topics_(topics), by_(by), commands_(commands) {}

  project create(project made);
  project update(const uuid& id, const project_patch& patch, const precondition& if_match);
  void erase(const uuid& id, const precondition& if_match);

  std::vector<member_item> members(const uuid& project);
  // Somebody with an account, or an address that becomes a member when an account with it appears.
  member_item add(const uuid& project, const std::string& email, const std::string& user_id, role as);
  member_item change(const uuid& project, const std::string& who, role as);
  void remove(const uuid& project, const std::string& who);

 private:
  project load(const uuid& id, action what, const precondition& if_match = {});
  member find(const uuid& project, const std::string& who);
  void keep_an_owner(const uuid& project, const std::string& without);
  void settle_owner(project& of, const std::string& without);
  void tell(std::string_view type, const project& about, const std::optional<member>& who);
  member_item item_of(const member& value);

  store::session& session_;
  evh::unit& unit_;
  const topics& topics_;
  const origin& by_;
  executor& commands_;
};

// What a record of user-events changes here: the directory, invitations that find their person, memberships of who is gone.
void apply_user_event(store::session& session, evh::unit& unit, const topics& topics, std::string_view type, const evh_schemas::user_event& event,
                      std::int64_t now_ns);

}  // namespace chat
