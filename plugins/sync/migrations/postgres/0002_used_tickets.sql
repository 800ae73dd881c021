-- WebSocket tickets that were used: one row each, made by the process that admits the connection, so that of several
-- processes one admits it. The embedded engine belongs to one process, which remembers them in memory.
CREATE TABLE sync_used_ticket(
  nonce TEXT PRIMARY KEY,
  deadline_ms BIGINT NOT NULL
);
CREATE INDEX sync_used_ticket_deadline ON sync_used_ticket(deadline_ms);
