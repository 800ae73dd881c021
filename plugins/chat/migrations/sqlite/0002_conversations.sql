-- Conversations: what was said, and what the next message may refer to.
CREATE TABLE chat_conversation (
  id BLOB NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  title TEXT NOT NULL,
  messages INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  state BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX chat_conversation_owner ON chat_conversation (owner, updated_at);

CREATE TABLE chat_message (
  conversation_id BLOB NOT NULL,
  place INTEGER NOT NULL,
  role TEXT NOT NULL,
  text TEXT NOT NULL,
  intent TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, place)
) WITHOUT ROWID;
