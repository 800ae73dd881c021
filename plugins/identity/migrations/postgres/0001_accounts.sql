-- Accounts, their passwords, sessions and preferences, as migrations/sqlite has them. Columns and types are what
-- store/account_rows.hxx binds. Ids are text: the subject of a token is one, whoever made it.
CREATE TABLE identity_user (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  name TEXT NOT NULL,
  image TEXT NOT NULL,
  email_verified BOOLEAN NOT NULL,
  roles TEXT NOT NULL,
  disabled_at BIGINT NULL,
  disabled_reason TEXT NOT NULL,
  tokens_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX identity_user_email ON identity_user (email_folded);
CREATE INDEX identity_user_created ON identity_user (created_at, id);

-- Argon2id in libsodium's text form. Accounts made by an operator have none.
CREATE TABLE identity_credential (
  user_id TEXT PRIMARY KEY,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- token_hash: SHA-256 of the token, in hexadecimal; the token itself is kept nowhere.
CREATE TABLE identity_session (
  token_hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  ip_address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX identity_session_user ON identity_session (user_id, created_at);
CREATE INDEX identity_session_expires ON identity_session (expires_at);

CREATE TABLE identity_preferences (
  user_id TEXT PRIMARY KEY,
  body TEXT NOT NULL CHECK (body::json IS NOT NULL),
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
