-- What the notification plugin keeps. Times are milliseconds since 1970 UTC; texts are '' rather than NULL when absent.

-- People as user-events tell of them. Seconds of the day are -1 when not set; channels: words joined by spaces, '' = default.
CREATE TABLE notification_user(
  user_id TEXT PRIMARY KEY,
  email TEXT NOT NULL DEFAULT '',
  tz TEXT NOT NULL DEFAULT '',
  day_time_s BIGINT NOT NULL DEFAULT -1,
  quiet_from_s BIGINT NOT NULL DEFAULT -1,
  quiet_to_s BIGINT NOT NULL DEFAULT -1,
  channels TEXT NOT NULL DEFAULT '',
  disabled BIGINT NOT NULL DEFAULT 0,
  stale_after TEXT                        -- tasks above this id still have fire times of older preferences; NULL: none
);
CREATE INDEX notification_user_stale ON notification_user(user_id) WHERE stale_after IS NOT NULL;

-- The newest version seen of each task; scheduled is '' once its reminders were cancelled (a tombstone).
CREATE TABLE notification_task(
  task_id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  task_version BIGINT NOT NULL,
  title TEXT NOT NULL,
  priority TEXT NOT NULL,
  scheduled TEXT NOT NULL,                -- {due, reminders} as JSON
  correlation_id TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX notification_task_by_owner ON notification_task(owner, task_id);
CREATE INDEX notification_task_tombstones ON notification_task(at_ms) WHERE scheduled = '';

-- The due index: what is still to fire. due_ms is when to look at it: fire_ms, or the end of quiet hours.
CREATE TABLE notification_due(
  task_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  fire_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  snooze_of TEXT NOT NULL,
  PRIMARY KEY(task_id, reminder_id)
);
CREATE INDEX notification_due_at ON notification_due(due_ms);
CREATE INDEX notification_due_by_owner ON notification_due(owner, fire_ms, task_id, reminder_id);

-- The delivery ledger: one row per reminder, fire time and channel (in_app, email, webhook:<id>), whatever happens.
CREATE TABLE notification_ledger(
  task_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  fire_ms BIGINT NOT NULL,
  channel TEXT NOT NULL,
  notification_id TEXT NOT NULL,
  status TEXT NOT NULL,                   -- delivered | missed | pending | failed
  attempts BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY(task_id, reminder_id, fire_ms, channel)
);
CREATE INDEX notification_ledger_at ON notification_ledger(at_ms);

CREATE TABLE notification_inbox(
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  task_id TEXT NOT NULL,
  task_version BIGINT NOT NULL,
  reminder_id TEXT NOT NULL,
  title TEXT NOT NULL,
  priority TEXT NOT NULL,
  fire_ms BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,                  -- when it was put here: delivered, or found missed
  late BIGINT NOT NULL,
  status TEXT NOT NULL,                   -- unread | read | snoozed | missed
  snoozed_ms BIGINT NOT NULL DEFAULT 0,
  channels TEXT NOT NULL,
  correlation_id TEXT NOT NULL
);
CREATE INDEX notification_inbox_by_owner ON notification_inbox(owner, at_ms, id);
CREATE INDEX notification_inbox_by_status ON notification_inbox(owner, status, at_ms, id);
CREATE INDEX notification_inbox_by_task ON notification_inbox(task_id, status);
CREATE INDEX notification_inbox_at ON notification_inbox(at_ms);

CREATE TABLE notification_webhook(
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  events TEXT NOT NULL,                   -- words joined by spaces
  secret TEXT NOT NULL,
  old_secret TEXT NOT NULL DEFAULT '',
  old_secret_until_ms BIGINT NOT NULL DEFAULT 0,
  status TEXT NOT NULL,                   -- active | disabled
  disabled_reason TEXT NOT NULL DEFAULT '',
  version BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL
);
CREATE INDEX notification_webhook_by_owner ON notification_webhook(owner, created_ms, id);

-- One row per way out (webhook:<id>, email:<user>): its lease makes sending serial per endpoint, across replicas too.
CREATE TABLE notification_endpoint(
  endpoint TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                     -- webhook | email
  owner TEXT NOT NULL,
  next_ms BIGINT NOT NULL,                -- when its earliest job may go
  lease_ms BIGINT NOT NULL DEFAULT 0,     -- taken until then
  claimed_by TEXT NOT NULL DEFAULT '',
  failures BIGINT NOT NULL DEFAULT 0     -- in a row
);
CREATE INDEX notification_endpoint_next ON notification_endpoint(kind, next_ms);
CREATE INDEX notification_endpoint_by_owner ON notification_endpoint(owner);

-- One job per notification and endpoint; its id is the webhook-id and the left side of the Message-ID, on every try.
CREATE TABLE notification_job(
  id TEXT PRIMARY KEY,
  endpoint TEXT NOT NULL,
  owner TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,                  -- the notification event
  attempts BIGINT NOT NULL DEFAULT 0,
  next_ms BIGINT NOT NULL,
  status TEXT NOT NULL,                   -- pending | delivered | failed
  response BIGINT NOT NULL DEFAULT 0,    -- status code of the last try; 0: none came
  error TEXT NOT NULL DEFAULT '',
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL
);
CREATE INDEX notification_job_next ON notification_job(endpoint, status, next_ms, id);
CREATE INDEX notification_job_log ON notification_job(endpoint, created_ms, id);
CREATE INDEX notification_job_pending ON notification_job(next_ms) WHERE status = 'pending';
CREATE INDEX notification_job_at ON notification_job(created_ms);
