-- +goose Up
-- What people decided about exposures: never changed, only followed. Codes of
-- word and computed as in the table decision.
CREATE TABLE ruling (
    seq         BIGINT NOT NULL PRIMARY KEY,
    exposure    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    until       BIGINT NOT NULL, -- µs, 0 no end
    word        BIGINT NOT NULL,
    computed    BIGINT NOT NULL,
    answers     BIGINT NOT NULL, -- the request that it is about, 0 none
    undoes      BIGINT NOT NULL, -- the ruling that it takes back, 0 none
    kind        TEXT   NOT NULL,
    owner       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    by_whom     TEXT   NOT NULL,
    approved_by TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX ruling_exposure ON ruling (exposure, seq);

INSERT INTO stream (name, seq, recorded) VALUES ('ruling', 0, 0);

-- What lists filter and show by, in the decision and in the exposure's columns.
-- severity: 5 critical, 4 high, 3 medium, 2 low, 1 none, 0 unknown; kev 1 yes,
-- 2 no, 0 unknown; epss -1 none known.
ALTER TABLE decision ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN owner_rule TEXT NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN treatment TEXT NOT NULL DEFAULT 'none';
ALTER TABLE decision ADD COLUMN severity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE decision ADD COLUMN kev BIGINT NOT NULL DEFAULT 0;
ALTER TABLE decision ADD COLUMN epss DOUBLE PRECISION NOT NULL DEFAULT -1;
ALTER TABLE exposure ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE exposure ADD COLUMN owner_rule TEXT NOT NULL DEFAULT '';
ALTER TABLE exposure ADD COLUMN severity BIGINT NOT NULL DEFAULT 0;
CREATE INDEX exposure_owner ON exposure (owner);

-- Who has to act, and (JSON) what says so and what people did to the action.
ALTER TABLE action_history ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE action_history ADD COLUMN people TEXT NOT NULL DEFAULT '{}';

-- +goose Down
SELECT 1;
