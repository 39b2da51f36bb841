-- +goose Up
-- Edges from a state of a thing or workload to other things. scope '': that of
-- the claim, or none where the kind is the same everywhere.
CREATE TABLE state_link (
    state BIGINT NOT NULL,
    rel   TEXT   NOT NULL,
    kind  TEXT   NOT NULL,
    scope TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    PRIMARY KEY (state, rel, kind, scope, name)
) /*WITHOUT ROWID*/;
CREATE INDEX state_link_end ON state_link (kind, name, scope, state);

-- Things are listed by kind and name across all who speak of them, and found by
-- the states that lead to another thing.
CREATE INDEX claim_about ON claim (subject, watch);
CREATE INDEX claim_current_state ON claim_current (state, claim);
CREATE INDEX claim_history_state ON claim_history (state, claim);

-- +goose Down
DROP INDEX claim_history_state;
DROP INDEX claim_current_state;
DROP INDEX claim_about;
DROP TABLE state_link;
