-- +goose Up
-- What takes longer than a request. One that runs says so again and again: holds
-- is until when it is believed.
CREATE TABLE job (
    id       TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    object   TEXT   NOT NULL,
    actor    TEXT   NOT NULL,
    owner    TEXT   NOT NULL, -- the process that runs it
    state    TEXT   NOT NULL,
    began    BIGINT NOT NULL,
    ended    BIGINT NOT NULL, -- 0: not yet
    holds    BIGINT NOT NULL,
    progress TEXT   NOT NULL, -- JSON
    result   TEXT   NOT NULL, -- JSON: the document that came of it
    fault    TEXT   NOT NULL  -- JSON: the problem document
) /*WITHOUT ROWID*/;
CREATE INDEX job_state ON job (state, began);

-- +goose Down
DROP TABLE job;
