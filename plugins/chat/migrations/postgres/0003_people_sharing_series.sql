-- People as identity tells of them, who may see and do what in a project, series of repeating tasks, the last notification.
ALTER TABLE chat_task ADD COLUMN assignee_id TEXT COLLATE "C" NULL;
CREATE INDEX chat_task_assignee ON chat_task (assignee_id, status, due_sort) WHERE assignee_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE chat_person (
  user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  email TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  preferences TEXT COLLATE "C" NOT NULL,
  disabled BIGINT NOT NULL
);

CREATE INDEX chat_person_email ON chat_person (email) WHERE email <> '';

-- who: a user id, or the address of somebody invited who has no account yet. role: tasks/permissions.hpp.
CREATE TABLE chat_member (
  project_id UUID NOT NULL,
  who TEXT COLLATE "C" NOT NULL,
  invited BIGINT NOT NULL,
  email TEXT COLLATE "C" NOT NULL,
  role BIGINT NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, who)
);

CREATE INDEX chat_member_who ON chat_member (who, project_id);

INSERT INTO chat_member (project_id, who, invited, email, role, added_at) SELECT id, owner, 0, '', 4, created_at FROM chat_project;

-- rule: the recurrence as its tasks carry it, without their place in it. task_id: the task that stands for it now.
CREATE TABLE chat_series (
  id UUID NOT NULL PRIMARY KEY,
  owner TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  task_id UUID NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX chat_series_owner ON chat_series (owner, id);

-- One task per occurrence. withdrawn: taken back with its predecessor's completion, comes again with the next one.
CREATE TABLE chat_occurrence (
  series_id UUID NOT NULL,
  occurrence TEXT COLLATE "C" NOT NULL,
  task_id UUID NOT NULL,
  predecessor_id UUID NULL,
  withdrawn BIGINT NOT NULL,
  PRIMARY KEY (series_id, occurrence)
);

CREATE INDEX chat_occurrence_predecessor ON chat_occurrence (predecessor_id) WHERE predecessor_id IS NOT NULL;

CREATE TABLE chat_last_notification (
  owner TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  notification_id TEXT COLLATE "C" NOT NULL,
  task_id UUID NOT NULL,
  at BIGINT NOT NULL
);
