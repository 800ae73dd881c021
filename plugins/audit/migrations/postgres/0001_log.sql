-- The tamper-evident log. Leaves and payloads are written once, when an event is staged; integration adds small rows.
-- A person's key: the pseudonym is HMAC(secret, person), payloads are encrypted under it. Deleting the row erases them.
CREATE TABLE audit_person(
  person TEXT PRIMARY KEY,
  secret BYTEA NOT NULL,
  pseudonym BYTEA NOT NULL UNIQUE
);
-- Partitions the log reads: a short number each, and the next offset it takes.
CREATE TABLE audit_source(
  topic TEXT NOT NULL,
  partition BIGINT NOT NULL,
  number BIGINT NOT NULL UNIQUE,
  next BIGINT NOT NULL,
  PRIMARY KEY(topic, partition)
);
-- Bundles of up to 256 leaves: batch = source number * 2^44 + first offset.
CREATE TABLE audit_leaves(batch BIGINT PRIMARY KEY, data BYTEA NOT NULL);
CREATE TABLE audit_payloads(batch BIGINT PRIMARY KEY, data BYTEA NOT NULL);
-- What waits for the sequencer, in order of arrival; keys are the index entries its leaves will get.
CREATE TABLE audit_staged(
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch BIGINT NOT NULL,
  count BIGINT NOT NULL,
  time_from BIGINT NOT NULL,
  time_to BIGINT NOT NULL,
  keys BYTEA NOT NULL
);
-- Integrated bundles: leaf `first` + i of the tree is leaf i of the batch.
CREATE TABLE audit_span(
  first BIGINT PRIMARY KEY,
  count BIGINT NOT NULL,
  batch BIGINT NOT NULL UNIQUE,
  time_from BIGINT NOT NULL,
  time_to BIGINT NOT NULL,
  integrated BIGINT NOT NULL
);
CREATE INDEX audit_span_by_time ON audit_span(time_to);
-- Posting lists: key = kind and 16 bytes; list = gaps to the leaves behind `first` as LEB128.
CREATE TABLE audit_index(
  key BYTEA NOT NULL,
  first BIGINT NOT NULL,
  list BYTEA NOT NULL,
  PRIMARY KEY(key, first)
);
CREATE TABLE audit_tile(
  level BIGINT NOT NULL,
  number BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY(level, number)
);
-- One row: the tree. Replaced only by compare-and-set on (size, epoch); the epoch rises when a process takes over.
CREATE TABLE audit_state(
  id BIGINT PRIMARY KEY CHECK(id = 1),
  size BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  integrated BIGINT NOT NULL
);
INSERT INTO audit_state(id, size, epoch, integrated) VALUES(1, 0, 0, 0);
CREATE TABLE audit_checkpoint(
  size BIGINT PRIMARY KEY,
  note TEXT NOT NULL,
  at BIGINT NOT NULL
);
-- Every verifier key that signed, from which tree size on.
CREATE TABLE audit_key(
  vkey TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  at BIGINT NOT NULL
);
-- Requests to make a payload, or all of a person, unreadable: asked by one, approved by another.
CREATE TABLE audit_erasure(
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,        -- event | person
  subject TEXT NOT NULL,     -- batch:ordinal of the event, or the person; emptied when done
  reason TEXT NOT NULL,
  legal_basis TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  approved_by TEXT,
  approved_at BIGINT
);
