-- Conversations: what was said, and what the next message may refer to.
CREATE TABLE chat_conversation (
  id UUID NOT NULL PRIMARY KEY,
  owner TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  messages BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  state BYTEA NOT NULL
);

CREATE INDEX chat_conversation_owner ON chat_conversation (owner, updated_at);

CREATE TABLE chat_message (
  conversation_id UUID NOT NULL,
  place BIGINT NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  intent TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, place)
);
