-- Tasks, projects and the history that undo reads. Columns and keys are what the entities in store/*.hxx expect (drift test).
-- WITHOUT ROWID: one tree instead of two per insert; ids are time-ordered, so inserts stay at the end of it.
CREATE TABLE chat_task (
  id BLOB NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  status INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  tags TEXT NOT NULL CHECK (json_valid(tags)),
  project_id BLOB NULL,
  parent_id BLOB NULL,
  due_kind INTEGER NOT NULL,
  due_text TEXT NOT NULL,
  due_tz TEXT NOT NULL,
  due_sort INTEGER NOT NULL,
  reminders TEXT NOT NULL CHECK (json_valid(reminders)),
  recurrence TEXT NOT NULL CHECK (recurrence = '' OR json_valid(recurrence)),
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER NULL,
  deleted_at INTEGER NULL
) WITHOUT ROWID;

CREATE INDEX chat_task_created ON chat_task (owner, created_at) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_due ON chat_task (owner, status, due_sort) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_updated ON chat_task (owner, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_priority ON chat_task (owner, status, priority DESC, due_sort) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_project ON chat_task (project_id, status, due_sort) WHERE project_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX chat_task_trash ON chat_task (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE chat_project (
  id BLOB NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  description TEXT NOT NULL,
  archived INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX chat_project_name ON chat_project (owner, name_folded);

CREATE TABLE chat_history (
  task_id BLOB NOT NULL,
  version INTEGER NOT NULL,
  owner TEXT NOT NULL,
  group_id BLOB NOT NULL,
  place INTEGER NOT NULL,
  action INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  restores INTEGER NULL,
  undoes BLOB NULL,
  undone INTEGER NOT NULL,
  PRIMARY KEY (task_id, version)
) WITHOUT ROWID;

CREATE INDEX chat_history_group ON chat_history (owner, group_id);
