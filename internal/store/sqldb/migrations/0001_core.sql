-- +goose Up
-- One row for each stream: its last number and last record time (µs). Taking
-- a number locks the row until commit, so numbers become visible in order.
CREATE TABLE stream (
    name     TEXT   NOT NULL PRIMARY KEY,
    seq      BIGINT NOT NULL,
    recorded BIGINT NOT NULL
) /*WITHOUT ROWID*/;
INSERT INTO stream (name, seq, recorded) VALUES
    ('evidence', 0, 0), ('twin', 0, 0), ('advisory', 0, 0), ('exposure', 0, 0),
    ('decision', 0, 0), ('action', 0, 0), ('audit', 0, 0);

-- Integer ids are given in blocks, so that both engines give the same ones.
CREATE TABLE sequence (
    name TEXT   NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE cursor (
    step   TEXT   NOT NULL,
    stream TEXT   NOT NULL,
    seq    BIGINT NOT NULL,
    PRIMARY KEY (step, stream)
) /*WITHOUT ROWID*/;

CREATE TABLE lease (
    name    TEXT   NOT NULL PRIMARY KEY,
    owner   TEXT   NOT NULL,
    fence   BIGINT NOT NULL,
    expires BIGINT NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE quarantine (
    step     TEXT   NOT NULL,
    stream   TEXT   NOT NULL,
    from_seq BIGINT NOT NULL,
    to_seq   BIGINT NOT NULL,
    reason   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (step, stream, from_seq)
) /*WITHOUT ROWID*/;

-- Bodies are stored once by the SHA-256 of their content.
CREATE TABLE body (
    hash    TEXT   NOT NULL PRIMARY KEY,
    size    BIGINT NOT NULL,
    stored  BIGINT NOT NULL,
    packing TEXT   NOT NULL,
    data    BYTEA
) /*WITHOUT ROWID*/;

CREATE TABLE audit (
    seq    BIGINT NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    actor  TEXT   NOT NULL,
    verb   TEXT   NOT NULL,
    object TEXT   NOT NULL,
    detail TEXT   NOT NULL,
    prev   TEXT   NOT NULL,
    hash   TEXT   NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
