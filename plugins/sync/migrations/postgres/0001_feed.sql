-- The change feed: one row per record of task-updates, per person, in log order; and how far it reaches.
-- row grows with time, so retention walks it from the lowest; readers come by (person, seq).
CREATE TABLE sync_feed(
  row BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person TEXT NOT NULL,
  seq BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  event TEXT NOT NULL,
  data TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX sync_feed_by_person ON sync_feed(person, seq);
CREATE TABLE sync_progress(
  partition BIGINT PRIMARY KEY,
  seq BIGINT NOT NULL,         -- every record up to here is in the feed
  trimmed BIGINT NOT NULL      -- records up to here may have been deleted
);
