-- People as identity tells of them, who may see and do what in a project, series of repeating tasks, the last notification.
ALTER TABLE chat_task ADD COLUMN assignee_id TEXT NULL;
CREATE INDEX chat_task_assignee ON chat_task (assignee_id, status, due_sort) WHERE assignee_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE chat_person (
  user_id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  preferences TEXT NOT NULL CHECK (json_valid(preferences)),
  disabled INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX chat_person_email ON chat_person (email) WHERE email <> '';

-- who: a user id, or the address of somebody invited who has no account yet. role: tasks/permissions.hpp.
CREATE TABLE chat_member (
  project_id BLOB NOT NULL,
  who TEXT NOT NULL,
  invited INTEGER NOT NULL,
  email TEXT NOT NULL,
  role INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, who)
) WITHOUT ROWID;

CREATE INDEX chat_member_who ON chat_member (who, project_id);

INSERT INTO chat_member (project_id, who, invited, email, role, added_at) SELECT id, owner, 0, '', 4, created_at FROM chat_project;

-- rule: the recurrence as its tasks carry it, without their place in it. task_id: the task that stands for it now.
CREATE TABLE chat_series (
  id BLOB NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  version INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  rule TEXT NOT NULL CHECK (json_valid(rule)),
  task_id BLOB NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX chat_series_owner ON chat_series (owner, id);

-- One task per occurrence. withdrawn: taken back with its predecessor's completion, comes again with the next one.
CREATE TABLE chat_occurrence (
  series_id BLOB NOT NULL,
  occurrence TEXT NOT NULL,
  task_id BLOB NOT NULL,
  predecessor_id BLOB NULL,
  withdrawn INTEGER NOT NULL,
  PRIMARY KEY (series_id, occurrence)
) WITHOUT ROWID;

CREATE INDEX chat_occurrence_predecessor ON chat_occurrence (predecessor_id) WHERE predecessor_id IS NOT NULL;

CREATE TABLE chat_last_notification (
  owner TEXT NOT NULL PRIMARY KEY,
  notification_id TEXT NOT NULL,
  task_id BLOB NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
