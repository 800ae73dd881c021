// Persistence of the chat plugin: entities in and out of the current unit of work. ODB stays behind this header.
//
// Threading: a store may be used by any thread; a session lives on one thread and ends before its callback returns.
// Errors: `duplicate` for a key that exists; anything else comes out as ODB's or the SDK's exception and fails the unit.
// Lists with filters are not here but in tasks/list.hpp, as SQL that picks ids.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include <evh/evh.hpp>

#include "plugins/chat/tasks/values.hpp"

namespace chat {

struct duplicate : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct conversation {
  uuid id{};
  std::string owner, title;
  std::int64_t messages = 0;
  std::int64_t created_at = 0, updated_at = 0;
  std::string state;                        // opaque bytes
};

struct message {
  uuid conversation_id{};
  std::int64_t place = 0;
  std::string role, text, intent;
  std::int64_t at = 0;
};

class store {
 public:
  store();
  ~store();
  // Call when the host says that this handle closes. PostgreSQL: see session.
  void forget(void* handle);

  // On PostgreSQL single rows go through evh.store by ODB's mapping, so that the host pipelines them; only lists need the
  // lent handle, which ends that for the rest of the unit.
  class session {
   public:
    session(store& owner, evh::unit& unit);
    ~session();
    session(const session&) = delete;

    std::optional<stored_task> find_task(const uuid& id);   // in the trash, too
    std::vector<stored_task> find_tasks(const std::vector<uuid>& ids);   // in that order; what is not there is left out
    void insert(const stored_task& task, bool new_id = false);   // new_id: made here just now, nobody can have it
    void update(const stored_task& task);

    void insert(const change& change);
    void update(const change& change);
    std::vector<change> changes_of(const std::string& owner, const uuid& group);          // in the order they were made
    std::vector<change> history(const uuid& task_id, std::int64_t below_version, std::size_t limit);   // newest first
    // The newest group an undo would take back; for redo the newest undo, unless something else was done since.
    std::optional<uuid> last_group(const std::string& owner, bool redo);
    std::optional<change> find_change(const uuid& task_id, std::int64_t version);

    std::optional<project> find_project(const uuid& id);
    std::optional<project> find_project(const std::string& owner, const std::string& name);   // without case
    void insert(const project& project);
    void update(const project& project);
    void erase_project(const uuid& id);

    std::optional<conversation> find_conversation(const uuid& id);
    std::vector<conversation> conversations(const std::string& owner, std::int64_t before_updated, const uuid& before_id, std::size_t limit);
    void insert(const conversation& conversation);
    void update(const conversation& conversation);
    void insert(const message& message);
    std::vector<message> messages(const uuid& conversation_id, std::int64_t after_place, std::size_t limit);

   private:
    struct impl;
    std::unique_ptr<impl> impl_;
  };

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

std::string fold(std::string_view name);   // ASCII lower case, how names are compared

}  // namespace chat
