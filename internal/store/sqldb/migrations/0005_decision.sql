-- +goose Up
-- What prioritize said about an exposure, from when on. Codes as in the table
-- exposure: word, computed, lapsed 4 Act now, 3 Schedule, 2 Watch, 1 No action;
-- exploitable, matters 1 yes, 2 no, 0 unknown.
CREATE TABLE decision (
    seq         BIGINT NOT NULL PRIMARY KEY,
    exposure    BIGINT NOT NULL,
    revision    BIGINT NOT NULL, -- of the exposure
    valid_from  BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    word        BIGINT NOT NULL,
    computed    BIGINT NOT NULL,
    lapsed      BIGINT NOT NULL,
    score       BIGINT NOT NULL,
    lapsed_score BIGINT NOT NULL,
    low         BIGINT NOT NULL,
    high        BIGINT NOT NULL,
    deadline    BIGINT NOT NULL, -- µs, 0 none
    exploitable BIGINT NOT NULL,
    matters     BIGINT NOT NULL,
    next_change BIGINT NOT NULL, -- µs, 0 never: when time alone will change it
    risk        DOUBLE PRECISION NOT NULL,
    decided_by  TEXT   NOT NULL  -- '': the rules
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX decision_exposure ON decision (exposure, seq);

-- All reasons of a decision as JSON, apart from what lists and measures read.
CREATE TABLE decision_body (
    seq  BIGINT NOT NULL PRIMARY KEY,
    body TEXT   NOT NULL
);

-- The newest decisions that time alone will change, by when.
CREATE TABLE decision_due (
    exposure BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX decision_due_at ON decision_due (at);

-- The score that goes with the decision in "lapsed".
ALTER TABLE exposure ADD COLUMN lapsed_score BIGINT NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
