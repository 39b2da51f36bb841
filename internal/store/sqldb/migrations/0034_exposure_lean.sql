-- +goose Up
-- Each new exposure, and each new decision on one, is written to every index of
-- the table. These went: exposure_action begins with the service too; lists of one
-- owner's are read by exposure_rank.
DROP INDEX exposure_service;
DROP INDEX exposure_owner;

-- One row: no exposure's current piece of history begins later. It took an index
-- to know. A piece that was corrected to an earlier time leaves it as it is.
DROP INDEX exposure_from;
CREATE TABLE exposure_newest (
    id         BIGINT NOT NULL PRIMARY KEY,
    valid_from BIGINT NOT NULL
) /*WITHOUT ROWID*/;
INSERT INTO exposure_newest (id, valid_from) SELECT 1, COALESCE(MAX(valid_from), 0) FROM exposure;

-- +goose Down
SELECT 1;
