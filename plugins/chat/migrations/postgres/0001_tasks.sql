-- Tasks, projects and the history that undo reads. Columns and keys are what the entities in store/*.hxx expect (drift test).
-- COLLATE "C" everywhere: text is ordered by its bytes and folded in ASCII only, as on SQLite, whatever the server's locale.
-- JSON is text as the plugin wrote it; the server does not parse it once more.
CREATE TABLE chat_task (
  id UUID NOT NULL PRIMARY KEY,
  owner TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  status INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  project_id UUID NULL,
  parent_id UUID NULL,
  due_kind INTEGER NOT NULL,
  due_text TEXT COLLATE "C" NOT NULL,
  due_tz TEXT COLLATE "C" NOT NULL,
  due_sort BIGINT NOT NULL,
  reminders TEXT COLLATE "C" NOT NULL,
  recurrence TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  completed_at BIGINT NULL,
  deleted_at BIGINT NULL
);

CREATE INDEX chat_task_created ON chat_task (owner, created_at) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_due ON chat_task (owner, status, due_sort) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_updated ON chat_task (owner, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_priority ON chat_task (owner, status, priority DESC, due_sort) WHERE deleted_at IS NULL;
CREATE INDEX chat_task_project ON chat_task (project_id, status, due_sort) WHERE project_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX chat_task_trash ON chat_task (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE chat_project (
  id UUID NOT NULL PRIMARY KEY,
  owner TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  name_folded TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  archived BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX chat_project_name ON chat_project (owner, name_folded);

CREATE TABLE chat_history (
  task_id UUID NOT NULL,
  version BIGINT NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  group_id UUID NOT NULL,
  place INTEGER NOT NULL,
  action INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  before TEXT COLLATE "C" NOT NULL,
  after TEXT COLLATE "C" NOT NULL,
  restores BIGINT NULL,
  undoes UUID NULL,
  undone BOOLEAN NOT NULL,
  PRIMARY KEY (task_id, version)
);

CREATE INDEX chat_history_group ON chat_history (owner, group_id);
