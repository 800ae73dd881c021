-- What followed each completed task of a series, and the zone of people who set one.
CREATE TABLE recurring_progress(
  predecessor TEXT NOT NULL,
  occurrence TEXT NOT NULL,      -- of the successor, civil; empty: none followed
  owner TEXT NOT NULL,
  series TEXT NOT NULL,
  successor TEXT NOT NULL,
  skipped BIGINT NOT NULL,      -- occurrences that passed without a task
  at_ms BIGINT NOT NULL,
  outcome TEXT NOT NULL,         -- created | withdrawn | ended | paused
  PRIMARY KEY(predecessor, occurrence)
);
CREATE INDEX recurring_progress_by_series ON recurring_progress(series, at_ms);
CREATE INDEX recurring_progress_by_age ON recurring_progress(at_ms);
CREATE TABLE recurring_people(
  person TEXT NOT NULL PRIMARY KEY,
  tz TEXT NOT NULL
);
