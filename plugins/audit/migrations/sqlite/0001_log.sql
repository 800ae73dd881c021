-- The tamper-evident log. Leaves and payloads are written once, when an event is staged; integration adds small rows.
-- A person's key: the pseudonym is HMAC(secret, person), payloads are encrypted under it. Deleting the row erases them.
CREATE TABLE audit_person(
  person TEXT PRIMARY KEY,
  secret BLOB NOT NULL,
  pseudonym BLOB NOT NULL UNIQUE
) WITHOUT ROWID;
-- Partitions the log reads: a short number each, and the next offset it takes.
CREATE TABLE audit_source(
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  number INTEGER NOT NULL UNIQUE,
  next INTEGER NOT NULL,
  PRIMARY KEY(topic, partition)
) WITHOUT ROWID;
-- Bundles of up to 256 leaves: batch = source number * 2^44 + first offset.
CREATE TABLE audit_leaves(batch INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE audit_payloads(batch INTEGER PRIMARY KEY, data BLOB NOT NULL);
-- What waits for the sequencer, in order of arrival; keys are the index entries its leaves will get.
CREATE TABLE audit_staged(
  seq INTEGER PRIMARY KEY,
  batch INTEGER NOT NULL,
  count INTEGER NOT NULL,
  time_from INTEGER NOT NULL,
  time_to INTEGER NOT NULL,
  keys BLOB NOT NULL
);
-- Integrated bundles: leaf `first` + i of the tree is leaf i of the batch.
CREATE TABLE audit_span(
  first INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  batch INTEGER NOT NULL UNIQUE,
  time_from INTEGER NOT NULL,
  time_to INTEGER NOT NULL,
  integrated INTEGER NOT NULL
);
CREATE INDEX audit_span_by_time ON audit_span(time_to);
-- Posting lists: key = kind and 16 bytes; list = gaps to the leaves behind `first` as LEB128.
CREATE TABLE audit_index(
  key BLOB NOT NULL,
  first INTEGER NOT NULL,
  list BLOB NOT NULL,
  PRIMARY KEY(key, first)
) WITHOUT ROWID;
CREATE TABLE audit_tile(
  level INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY(level, number)
) WITHOUT ROWID;
-- One row: the tree. Replaced only by compare-and-set on (size, epoch); the epoch rises when a process takes over.
CREATE TABLE audit_state(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  size INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  integrated INTEGER NOT NULL
);
INSERT INTO audit_state(id, size, epoch, integrated) VALUES(1, 0, 0, 0);
CREATE TABLE audit_checkpoint(
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL,
  at INTEGER NOT NULL
);
-- Every verifier key that signed, from which tree size on.
CREATE TABLE audit_key(
  vkey TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
-- Requests to make a payload, or all of a person, unreadable: asked by one, approved by another.
CREATE TABLE audit_erasure(
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,        -- event | person
  subject TEXT NOT NULL,     -- batch:ordinal of the event, or the person; emptied when done
  reason TEXT NOT NULL,
  legal_basis TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  approved_by TEXT,
  approved_at INTEGER
) WITHOUT ROWID;
