-- +goose Up
-- A weakness is a group of names. Its first name never changes, so neither
-- does what hangs on it; merged_into redirects a group that was found to be
-- the same as an older one (0: none).
CREATE TABLE weakness (
    id          BIGINT NOT NULL PRIMARY KEY,
    first_name  TEXT   NOT NULL UNIQUE,
    canonical   TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    merged_into BIGINT NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE weakness_name (
    name     TEXT   NOT NULL PRIMARY KEY,
    weakness BIGINT NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX weakness_name_weakness ON weakness_name (weakness);

-- The records that name some component of ours, with what a timeline needs of
-- them. A fanned-out distribution advisory is about several weaknesses.
CREATE TABLE matched_record (
    id        BIGINT NOT NULL PRIMARY KEY,
    record    TEXT   NOT NULL UNIQUE,
    revision  BIGINT NOT NULL,
    published BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE record_weakness (
    record   BIGINT NOT NULL,
    weakness BIGINT NOT NULL,
    PRIMARY KEY (record, weakness)
) /*WITHOUT ROWID*/;
CREATE INDEX record_weakness_weakness ON record_weakness (weakness);

-- One row for each component that was evaluated: by which rules, what it is.
CREATE TABLE component_eval (
    component BIGINT NOT NULL PRIMARY KEY,
    purl      TEXT   NOT NULL, -- as in the SBOM
    version   TEXT   NOT NULL, -- as in the SBOM
    compared  TEXT   NOT NULL, -- as its ecosystem compares it
    locus     TEXT   NOT NULL,
    ecosystem TEXT   NOT NULL,
    rules     TEXT   NOT NULL
) /*WITHOUT ROWID*/;

CREATE INDEX component_eval_locus ON component_eval (locus);

-- The packages under which advisories may speak of a component.
CREATE TABLE component_package (
    ecosystem TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    component BIGINT NOT NULL,
    PRIMARY KEY (ecosystem, name, component)
) /*WITHOUT ROWID*/;
CREATE INDEX component_package_component ON component_package (component);

CREATE TABLE component_match (
    component BIGINT NOT NULL,
    record    BIGINT NOT NULL,
    detail    TEXT   NOT NULL, -- JSON: fixed versions, reason
    PRIMARY KEY (component, record)
) /*WITHOUT ROWID*/;
CREATE INDEX component_match_record ON component_match (record);

CREATE TABLE component_undecided (
    component BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    PRIMARY KEY (component, reason)
) /*WITHOUT ROWID*/;
CREATE INDEX component_undecided_reason ON component_undecided (reason, component);

-- Places whose exposures must be computed again because matches changed.
CREATE TABLE exposure_dirty (
    place BIGINT NOT NULL PRIMARY KEY
) /*WITHOUT ROWID*/;

-- Locus: a purl without version and qualifiers; name is its last part.
CREATE TABLE locus (
    id   BIGINT NOT NULL PRIMARY KEY,
    purl TEXT   NOT NULL UNIQUE,
    name TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX locus_name ON locus (name);

-- The run-time sources that vouch for a stretch of a timeline, as sorted JSON
-- [[source, scope], …]. Ages are measured here, once for all their exposures.
CREATE TABLE exposure_basis (
    id      BIGINT NOT NULL PRIMARY KEY,
    sources TEXT   NOT NULL UNIQUE
) /*WITHOUT ROWID*/;

-- Current state. Codes: state 1 open, 2 unknown, 3 fixed, 4 retired,
-- 5 withdrawn; running, reachable, exploitable, matters 1 yes, 2 no,
-- 0 unknown; decision, computed, lapsed 4 Act now, 3 Schedule, 2 Watch,
-- 1 No action, 0 not yet decided. live is 1 for open and unknown.
-- prioritize writes the columns from treatment on, nothing else.
CREATE TABLE exposure (
    num              BIGINT NOT NULL PRIMARY KEY,
    live             BIGINT NOT NULL,
    state            BIGINT NOT NULL,
    running          BIGINT NOT NULL,
    reachable        BIGINT NOT NULL,
    basis            BIGINT NOT NULL,
    place            BIGINT NOT NULL,
    weakness         BIGINT NOT NULL,
    locus            BIGINT NOT NULL,
    fixable          BIGINT NOT NULL,
    regressions      BIGINT NOT NULL,
    since            BIGINT NOT NULL,
    first_seen       BIGINT NOT NULL,
    first_from       BIGINT NOT NULL, -- valid time at which it first began
    changed_at       BIGINT NOT NULL, -- record time of the newest revision
    revision         BIGINT NOT NULL,
    valid_from       BIGINT NOT NULL, -- of the current piece of history
    recorded_from    BIGINT NOT NULL,
    body             BYTEA  NOT NULL,
    id               TEXT   NOT NULL UNIQUE,
    service          TEXT   NOT NULL,
    environment      TEXT   NOT NULL,
    treatment        TEXT   NOT NULL DEFAULT 'none',
    decision         BIGINT NOT NULL DEFAULT 0,
    computed         BIGINT NOT NULL DEFAULT 0,
    lapsed           BIGINT NOT NULL DEFAULT 0,
    score            BIGINT NOT NULL DEFAULT 0,
    low              BIGINT NOT NULL DEFAULT 0,
    high             BIGINT NOT NULL DEFAULT 0,
    exploitable      BIGINT NOT NULL DEFAULT 0,
    matters          BIGINT NOT NULL DEFAULT 0,
    deadline         BIGINT NOT NULL DEFAULT 0, -- µs, 0 none
    risk             DOUBLE PRECISION NOT NULL DEFAULT 0,
    decided_revision BIGINT NOT NULL DEFAULT 0, -- of the exposure, 0 not yet decided
    decided_at       BIGINT NOT NULL DEFAULT 0
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX exposure_key ON exposure (place, weakness, locus);
CREATE INDEX exposure_weakness ON exposure (weakness);
CREATE INDEX exposure_locus ON exposure (locus);
CREATE INDEX exposure_from ON exposure (valid_from);

-- Both times of every state. Half-open; an upper bound of 9223372036854775807
-- means "still so". ended_at is the record time at which valid_to was learned.
CREATE TABLE exposure_history (
    exposure      BIGINT NOT NULL,
    valid_from    BIGINT NOT NULL,
    recorded_from BIGINT NOT NULL,
    valid_to      BIGINT NOT NULL,
    recorded_to   BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    since         BIGINT NOT NULL, -- when the state began, over several pieces
    state         BIGINT NOT NULL,
    running       BIGINT NOT NULL,
    reachable     BIGINT NOT NULL,
    basis         BIGINT NOT NULL,
    fixable       BIGINT NOT NULL,
    regressions   BIGINT NOT NULL,
    body          BYTEA  NOT NULL,
    PRIMARY KEY (exposure, valid_from, recorded_from)
) /*WITHOUT ROWID*/;

-- What a piece says in words: instances, advisories, doors, fix, reason. A
-- state that comes back (A → B → A) is stored once.
CREATE TABLE exposure_body (
    exposure BIGINT NOT NULL,
    hash     BYTEA  NOT NULL,
    body     TEXT   NOT NULL,
    PRIMARY KEY (exposure, hash)
) /*WITHOUT ROWID*/;

CREATE TABLE exposure_change (
    seq      BIGINT NOT NULL PRIMARY KEY,
    exposure BIGINT NOT NULL,
    revision BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- Whether a place ran anything, and whether we could look at all of it: both
-- times. basis holds the sources of every class.
CREATE TABLE place_cover (
    place         BIGINT NOT NULL,
    valid_from    BIGINT NOT NULL,
    recorded_from BIGINT NOT NULL,
    valid_to      BIGINT NOT NULL,
    recorded_to   BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    live          BIGINT NOT NULL,
    covered       BIGINT NOT NULL,
    basis         BIGINT NOT NULL,
    PRIMARY KEY (place, valid_from, recorded_from)
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
