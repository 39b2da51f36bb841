-- +goose Up
-- What sensors raised at run time, as resolve folded it from evidence.
CREATE TABLE detection (
    id       BIGINT NOT NULL PRIMARY KEY,
    watch    BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    body     TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX detection_subject ON detection (watch, subject);
CREATE INDEX detection_last ON detection (last_at);

-- By what a detection's place is found: d: digest, i: name:tag, n: name of the service.
CREATE TABLE detection_clue (
    clue      TEXT   NOT NULL,
    detection BIGINT NOT NULL,
    PRIMARY KEY (clue, detection)
) /*WITHOUT ROWID*/;
CREATE INDEX detection_clue_of ON detection_clue (detection);

CREATE TABLE detection_change (
    seq       BIGINT NOT NULL PRIMARY KEY,
    detection BIGINT NOT NULL
) /*WITHOUT ROWID*/;
INSERT INTO stream (name, seq, recorded) VALUES ('detection', 0, 0);

-- Whether an attack was seen here: 0 none, 1 on the workload, 2 that names the weakness.
ALTER TABLE decision ADD COLUMN attack BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exposure ADD COLUMN attack BIGINT NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
