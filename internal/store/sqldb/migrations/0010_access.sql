-- +goose Up
-- Who may sign in. Products are JSON: null is all of them. The password is an
-- Argon2id hash in the PHC form, '' when none is set yet.
CREATE TABLE access_user (
    name        TEXT   NOT NULL PRIMARY KEY,
    role        TEXT   NOT NULL,
    team        TEXT   NOT NULL,
    products    TEXT   NOT NULL,
    password    TEXT   NOT NULL,
    disabled    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    preferences TEXT   NOT NULL
) /*WITHOUT ROWID*/;

-- Of secrets only the SHA-256 is kept, in hex.
CREATE TABLE access_session (
    hash       TEXT   NOT NULL PRIMARY KEY,
    user_name  TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    must_set   BIGINT NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX access_session_user ON access_session (user_name);

-- One code for each user at most: a new one ends the one before.
CREATE TABLE access_code (
    user_name TEXT   NOT NULL PRIMARY KEY,
    hash      TEXT   NOT NULL UNIQUE,
    expires   BIGINT NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE access_token (
    id         TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    user_name  TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    team       TEXT   NOT NULL,
    products   TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    prefix     TEXT   NOT NULL,
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    revoked    BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- The log is asked by who did it and what it was done to.
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_object ON audit (object, seq);

-- +goose Down
SELECT 1;
