-- +goose Up
-- One action for each component (locus) in a service; seq is its newest row of
-- history, which holds what lists show.
CREATE TABLE action (
    num     BIGINT NOT NULL PRIMARY KEY,
    seq     BIGINT NOT NULL,
    created BIGINT NOT NULL,
    id      TEXT   NOT NULL UNIQUE,
    locus   TEXT   NOT NULL,
    service TEXT   NOT NULL,
    basis   TEXT   NOT NULL  -- what the target was computed from
) /*WITHOUT ROWID*/;

-- The stream of changes and the audit of each action: as it was from
-- recorded_at until its next row. word as in the table decision.
CREATE TABLE action_history (
    seq         BIGINT NOT NULL PRIMARY KEY,
    action      BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    word        BIGINT NOT NULL,
    score       BIGINT NOT NULL,
    due         BIGINT NOT NULL, -- µs, 0 none
    open_count  BIGINT NOT NULL,
    fixed_count BIGINT NOT NULL,
    reopened    BIGINT NOT NULL,
    risk        DOUBLE PRECISION NOT NULL,
    removed     DOUBLE PRECISION NOT NULL,
    state       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    target      TEXT   NOT NULL,
    body        TEXT   NOT NULL  -- JSON: its exposures and environments then
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX action_history_action ON action_history (action, seq);
CREATE INDEX action_history_recorded ON action_history (recorded_at);

-- What an action counts: in_round 1, it was open since the action was last opened.
CREATE TABLE action_exposure (
    action   BIGINT NOT NULL,
    exposure BIGINT NOT NULL,
    in_round BIGINT NOT NULL,
    open     BIGINT NOT NULL,
    risk     DOUBLE PRECISION NOT NULL, -- r while it was last open
    PRIMARY KEY (action, exposure)
) /*WITHOUT ROWID*/;
CREATE INDEX action_exposure_exposure ON action_exposure (exposure);

-- All exposures of an action.
CREATE INDEX exposure_action ON exposure (service, locus);

-- +goose Down
SELECT 1;
