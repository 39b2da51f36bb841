-- +goose Up
-- base is the score since the last jump; -1: not yet told apart from score.
ALTER TABLE epss ADD COLUMN base DOUBLE PRECISION NOT NULL DEFAULT -1;
ALTER TABLE epss ADD COLUMN base_at BIGINT NOT NULL DEFAULT 0;

-- The scores that moved by so much that people want to know.
CREATE TABLE epss_jump (
    cve       TEXT             NOT NULL,
    scored    BIGINT           NOT NULL,
    score     DOUBLE PRECISION NOT NULL,
    was       DOUBLE PRECISION NOT NULL,
    was_at    BIGINT           NOT NULL,
    PRIMARY KEY (cve, scored)
) /*WITHOUT ROWID*/;

CREATE TABLE exploit (
    cve     TEXT   NOT NULL,
    source  TEXT   NOT NULL, -- the index: metasploit, nuclei, poc
    weight  BIGINT NOT NULL, -- 1 mentioned, 2 proven, 3 weaponised
    title   TEXT   NOT NULL,
    entries BIGINT NOT NULL,
    dated   BIGINT NOT NULL, -- of the entry, or when it was first read
    removed BIGINT NOT NULL, -- when it was found to have left the index; 0 while there
    PRIMARY KEY (cve, source)
) /*WITHOUT ROWID*/;

CREATE TABLE ssvc (
    cve          TEXT   NOT NULL PRIMARY KEY,
    exploitation TEXT   NOT NULL,
    automatable  TEXT   NOT NULL,
    impact       TEXT   NOT NULL,
    dated        BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
