-- +goose Up
-- A proof answers one question about one thing: checked and about say which.
-- world is what it is worked out with: a cluster, or a scope by itself.
CREATE TABLE proof (
    id      BIGINT NOT NULL PRIMARY KEY,
    world   TEXT   NOT NULL,
    scope   TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    checked TEXT   NOT NULL,
    about   TEXT   NOT NULL,
    place   BIGINT NOT NULL -- of a workload; 0
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX proof_key ON proof (scope, kind, name, checked, about);
CREATE INDEX proof_world_of ON proof (world);
CREATE INDEX proof_place ON proof (place, checked);

-- Both times of every answer. Half-open; 9223372036854775807 means "still so" and
-- "still believed". ended_at is the record time at which valid_to was learned.
-- finding: 1 policy-allowed, 2 policy-denied, 3 unknown, 4 yes, 5 no.
CREATE TABLE proof_history (
    proof         BIGINT NOT NULL,
    valid_from    BIGINT NOT NULL,
    recorded_from BIGINT NOT NULL,
    valid_to      BIGINT NOT NULL,
    recorded_to   BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    finding       BIGINT NOT NULL,
    body          BYTEA  NOT NULL,
    PRIMARY KEY (proof, valid_from, recorded_from)
) /*WITHOUT ROWID*/;

-- What answers say beside their word, stored once: much of a cluster is alike.
CREATE TABLE proof_body (
    hash BYTEA NOT NULL PRIMARY KEY,
    body TEXT  NOT NULL
) /*WITHOUT ROWID*/;

-- place: whose door was closed or opened by it; 0: nobody's.
CREATE TABLE proof_change (
    seq   BIGINT NOT NULL PRIMARY KEY,
    proof BIGINT NOT NULL,
    place BIGINT NOT NULL
) /*WITHOUT ROWID*/;
INSERT INTO stream (name, seq, recorded) VALUES ('proof', 0, 0);

-- Worlds that are to be worked out anew, from a time on.
CREATE TABLE proof_left (
    world TEXT   NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- Up to which record time the twin was followed.
CREATE TABLE proof_read (
    step     TEXT   NOT NULL PRIMARY KEY,
    recorded BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- +goose Down
DROP TABLE proof_read;
DROP TABLE proof_left;
DELETE FROM stream WHERE name = 'proof';
DROP TABLE proof_change;
DROP TABLE proof_body;
DROP TABLE proof_history;
DROP TABLE proof;
