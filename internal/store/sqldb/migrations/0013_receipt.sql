-- +goose Up
-- What came in over HTTP, and by whom. Only what is needed to say later what
-- became of it: seq is the last number of the evidence stream when it was
-- stored, computed the record time at which all of that was computed (0: not yet).
CREATE TABLE receipt (
    id       TEXT   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    about    TEXT   NOT NULL, -- JSON: an artifact's id, or environments
    seq      BIGINT NOT NULL, -- 0: begun, and not known to be stored
    computed BIGINT NOT NULL,
    body     TEXT   NOT NULL  -- JSON: the receipts of the inputs
) /*WITHOUT ROWID*/;
CREATE INDEX receipt_at ON receipt (at, id);
CREATE INDEX receipt_open ON receipt (computed, seq);

-- The answers that are given again to who asks again with the same key.
CREATE TABLE answer (
    actor    TEXT   NOT NULL,
    name     TEXT   NOT NULL, -- the Idempotency-Key
    begun    BIGINT NOT NULL,
    request  TEXT   NOT NULL, -- hash of what was asked; '' while it is being done
    status   BIGINT NOT NULL, -- 0 while it is being done
    media    TEXT   NOT NULL,
    location TEXT   NOT NULL,
    body     BYTEA  NOT NULL,
    PRIMARY KEY (actor, name)
) /*WITHOUT ROWID*/;
CREATE INDEX answer_begun ON answer (begun);

-- +goose Down
SELECT 1;
