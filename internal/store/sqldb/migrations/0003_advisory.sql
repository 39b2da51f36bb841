-- +goose Up
-- A record's present revision. It belongs to the feed that gave it; another
-- feed's copy replaces it only when it is newer.
CREATE TABLE advisory (
    num       BIGINT NOT NULL PRIMARY KEY,
    id        TEXT   NOT NULL,
    feed      TEXT   NOT NULL,
    revision  BIGINT NOT NULL,
    modified  BIGINT NOT NULL,
    published BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    recorded  BIGINT NOT NULL,
    hash      TEXT   NOT NULL,
    severity  TEXT   NOT NULL -- JSON; '' where the record has none
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX advisory_id ON advisory (id);

-- The record itself, apart so that scans of the table above stay small.
CREATE TABLE advisory_doc (
    num BIGINT NOT NULL PRIMARY KEY,
    doc BYTEA  NOT NULL
);

-- Every package that a record speaks of, or once did: a component whose
-- package has left a record is assessed again as well.
CREATE TABLE advisory_package (
    ecosystem TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    num       BIGINT NOT NULL,
    PRIMARY KEY (ecosystem, name, num)
) /*WITHOUT ROWID*/;
CREATE INDEX advisory_package_num ON advisory_package (num);

-- The names of a record's weakness. id, alias and upstream (of a record that
-- has just one) name the same weakness; covers is one of several upstreams.
CREATE TABLE advisory_name (
    name TEXT   NOT NULL,
    num  BIGINT NOT NULL,
    kind TEXT   NOT NULL,
    PRIMARY KEY (name, num)
) /*WITHOUT ROWID*/;
CREATE INDEX advisory_name_num ON advisory_name (num);

CREATE TABLE kev (
    cve        TEXT   NOT NULL PRIMARY KEY,
    added      BIGINT NOT NULL,
    due        BIGINT NOT NULL,
    ransomware BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    removed    BIGINT NOT NULL -- when it was found to have left the catalogue; 0 while listed
) /*WITHOUT ROWID*/;

CREATE TABLE epss (
    cve        TEXT             NOT NULL PRIMARY KEY,
    score      DOUBLE PRECISION NOT NULL,
    percentile DOUBLE PRECISION NOT NULL,
    scored     BIGINT           NOT NULL,
    model      TEXT             NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE feed (
    kind      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    data_time BIGINT NOT NULL,
    loaded    BIGINT NOT NULL,
    records   BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    origin    TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    PRIMARY KEY (kind, name)
) /*WITHOUT ROWID*/;

CREATE TABLE advisory_change (
    seq      BIGINT NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    revision BIGINT NOT NULL, -- of an advisory; 0 for kev and epss
    recorded BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
