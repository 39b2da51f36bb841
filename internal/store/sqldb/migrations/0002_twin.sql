-- +goose Up
-- A watch is one source looking at one scope. Names are stored once.
CREATE TABLE watch (
    id     BIGINT NOT NULL PRIMARY KEY,
    source TEXT   NOT NULL,
    scope  TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX watch_name ON watch (source, scope);

-- Evidence is append-only. Its natural key is the source's own counter, else
-- time and ident (the first eight bytes of the hash of kind, subject, snapshot
-- and hash); both indexes grow at their right edge.
CREATE TABLE evidence (
    seq        BIGINT NOT NULL PRIMARY KEY,
    watch      BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    class      TEXT   NOT NULL,
    media      TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    ref        TEXT   NOT NULL,
    epoch      BIGINT NOT NULL,
    source_seq BIGINT NOT NULL,
    snapshot   TEXT   NOT NULL,
    members    BIGINT NOT NULL,
    observed   BIGINT NOT NULL,
    recorded   BIGINT NOT NULL,
    every      BIGINT NOT NULL,
    ident      BIGINT NOT NULL,
    hash       TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX evidence_counted ON evidence (watch, epoch, source_seq) WHERE source_seq > 0;
CREATE UNIQUE INDEX evidence_timed ON evidence (watch, observed, ident) WHERE source_seq = 0;

-- The same key with other content: a forged replay. Kept to be shown.
CREATE TABLE evidence_rejected (
    id       BIGINT NOT NULL PRIMARY KEY,
    watch    BIGINT NOT NULL,
    holds    BIGINT NOT NULL, -- the evidence that has the key
    subject  TEXT   NOT NULL,
    observed BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    hash     TEXT   NOT NULL,
    reason   TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX evidence_rejected_once ON evidence_rejected (watch, holds, hash, observed);

-- The newest state of a watch (subject '': its newest snapshot) or of an artifact's SBOM.
CREATE TABLE evidence_head (
    watch    BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    observed BIGINT NOT NULL,
    hash     TEXT   NOT NULL,
    class    TEXT   NOT NULL,
    snapshot TEXT   NOT NULL,
    PRIMARY KEY (watch, subject)
) /*WITHOUT ROWID*/;

-- Unbroken stretches in which a source kept looking.
CREATE TABLE coverage (
    watch BIGINT NOT NULL,
    class TEXT   NOT NULL,
    since BIGINT NOT NULL,
    seen  BIGINT NOT NULL,
    every BIGINT NOT NULL,
    PRIMARY KEY (watch, class, since)
) /*WITHOUT ROWID*/;

-- What follows is written by resolve.
CREATE TABLE state (
    id    BIGINT NOT NULL PRIMARY KEY,
    hash  TEXT   NOT NULL,
    class TEXT   NOT NULL,
    media TEXT   NOT NULL,
    body  BYTEA  NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX state_hash ON state (hash, class);

CREATE TABLE state_image (
    state   BIGINT NOT NULL,
    digest  TEXT   NOT NULL,
    nametag TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    PRIMARY KEY (state, digest, nametag)
) /*WITHOUT ROWID*/;

-- A place is a service in an environment. Environment '(none)': artifacts of
-- that name that are deployed nowhere.
CREATE TABLE place (
    id          BIGINT NOT NULL PRIMARY KEY,
    service     TEXT   NOT NULL,
    environment TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX place_name ON place (service, environment);

-- Which images a place ever had, and since when.
CREATE TABLE place_image (
    place   BIGINT NOT NULL,
    digest  TEXT   NOT NULL,
    nametag TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    PRIMARY KEY (place, digest, nametag)
) /*WITHOUT ROWID*/;
CREATE INDEX place_image_digest ON place_image (digest, place);
CREATE INDEX place_image_nametag ON place_image (nametag, place);

CREATE TABLE claim (
    id      BIGINT NOT NULL PRIMARY KEY,
    watch   BIGINT NOT NULL,
    subject TEXT   NOT NULL,
    place   BIGINT NOT NULL -- 0: not a workload
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX claim_subject ON claim (watch, subject);
CREATE INDEX claim_place ON claim (place);

-- Facts and marks are what timelines are rebuilt from; they are never dropped.
CREATE TABLE fact (
    claim      BIGINT NOT NULL,
    observed   BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    source_seq BIGINT NOT NULL,
    ord        BIGINT NOT NULL,
    snapshot   BIGINT NOT NULL, -- 0: of none
    state      BIGINT NOT NULL, -- 0: absent
    PRIMARY KEY (claim, observed, epoch, source_seq, ord, snapshot)
) /*WITHOUT ROWID*/;

CREATE TABLE snapshot (
    id       BIGINT NOT NULL PRIMARY KEY,
    watch    BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    known    BIGINT NOT NULL,
    expected BIGINT NOT NULL, -- -1 until the marker has come
    first    BIGINT NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX snapshot_name ON snapshot (watch, name);

CREATE TABLE mark (
    watch      BIGINT NOT NULL,
    observed   BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    source_seq BIGINT NOT NULL,
    ord        BIGINT NOT NULL,
    base       BIGINT NOT NULL,
    PRIMARY KEY (watch, observed, epoch, source_seq, ord, base)
) /*WITHOUT ROWID*/;

CREATE TABLE horizon (
    watch      BIGINT NOT NULL PRIMARY KEY,
    mark_at    BIGINT NOT NULL,
    mark_base  BIGINT NOT NULL,
    fact_at    BIGINT NOT NULL,
    fact_epoch BIGINT NOT NULL,
    fact_seq   BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- Current state and history are apart. A history row was learned at
-- recorded_from as open, and closed at ended_at; recorded_to 0: still believed.
CREATE TABLE claim_current (
    claim         BIGINT NOT NULL PRIMARY KEY,
    state         BIGINT NOT NULL,
    valid_from    BIGINT NOT NULL,
    recorded_from BIGINT NOT NULL
) /*WITHOUT ROWID*/;

CREATE TABLE claim_history (
    claim         BIGINT NOT NULL,
    valid_from    BIGINT NOT NULL,
    recorded_from BIGINT NOT NULL,
    valid_to      BIGINT NOT NULL,
    recorded_to   BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    state         BIGINT NOT NULL,
    PRIMARY KEY (claim, valid_from, recorded_from)
) /*WITHOUT ROWID*/;

-- When each claim of a place was there at all, as known now: what can be
-- counted without reading history. Run-time stretches that follow each other
-- are one row, whatever their states; until is forever while it is there.
CREATE TABLE presence (
    place BIGINT NOT NULL,
    claim BIGINT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    class TEXT   NOT NULL,
    PRIMARY KEY (place, claim, since)
) /*WITHOUT ROWID*/;

-- Contents are stored once for each SBOM document, however often they run.
CREATE TABLE artifact (
    id       BIGINT NOT NULL PRIMARY KEY,
    artifact TEXT   NOT NULL, -- digest, else normalised name:tag
    name     TEXT   NOT NULL,
    tag      TEXT   NOT NULL,
    digest   TEXT   NOT NULL,
    nametag  TEXT   NOT NULL,
    place    BIGINT NOT NULL, -- where it stands while it is deployed nowhere
    recorded BIGINT NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX artifact_identity ON artifact (artifact);
CREATE INDEX artifact_nametag ON artifact (nametag);
CREATE INDEX artifact_place ON artifact (place);

CREATE TABLE sbom (
    id         BIGINT NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL,
    format     TEXT   NOT NULL,
    spec       TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    recorded   BIGINT NOT NULL,
    components BIGINT NOT NULL,
    quality    BYTEA  NOT NULL, -- JSON
    parts      BYTEA  NOT NULL  -- component ids in document order, and the dependency graph
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX sbom_hash ON sbom (hash);

CREATE TABLE listing (
    artifact   BIGINT NOT NULL,
    observed   BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    source_seq BIGINT NOT NULL,
    ord        BIGINT NOT NULL,
    sbom       BIGINT NOT NULL,
    recorded   BIGINT NOT NULL,
    PRIMARY KEY (artifact, observed, epoch, source_seq, ord)
) /*WITHOUT ROWID*/;
CREATE INDEX listing_sbom ON listing (sbom, artifact);

CREATE TABLE component (
    id        BIGINT NOT NULL PRIMARY KEY,
    ident     BYTEA  NOT NULL, -- hash of purl, group, name and version
    purl      TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    namespace TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    version   TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX component_ident ON component (ident);
CREATE INDEX component_purl ON component (purl);
CREATE INDEX component_name ON component (name);

CREATE TABLE content (
    component BIGINT NOT NULL,
    sbom      BIGINT NOT NULL,
    PRIMARY KEY (component, sbom)
) /*WITHOUT ROWID*/;

CREATE TABLE twin_change (
    seq  BIGINT NOT NULL PRIMARY KEY,
    kind TEXT   NOT NULL, -- place | artifact
    ref  BIGINT NOT NULL
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
