-- +goose Up
-- What a change of the advisory stream was, for those that somebody may want to
-- hear of: did is '' for all others, and for those from before this was told.
-- exposures_at and decisions_at are the record times of those streams when the
-- change was stored: what was so before anything could follow from it.
ALTER TABLE advisory_change ADD COLUMN did TEXT NOT NULL DEFAULT '';
ALTER TABLE advisory_change ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE advisory_change ADD COLUMN feed TEXT NOT NULL DEFAULT '';
ALTER TABLE advisory_change ADD COLUMN said BIGINT NOT NULL DEFAULT 0;
ALTER TABLE advisory_change ADD COLUMN was DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE advisory_change ADD COLUMN score DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE advisory_change ADD COLUMN exposures_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE advisory_change ADD COLUMN decisions_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX advisory_change_loaded ON advisory_change (feed, seq) WHERE kind = 'loaded';

-- What changed in the world and concerns something here.
CREATE TABLE event (
    seq      BIGINT NOT NULL PRIMARY KEY,
    recorded BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    subject  TEXT   NOT NULL, -- the canonical name, or the feed
    weakness BIGINT NOT NULL, -- 0 for a feed
    cause    BIGINT NOT NULL, -- in the advisory stream: the first of them
    known    BIGINT NOT NULL, -- when we learned it
    said     BIGINT NOT NULL, -- when the source says that it was; 0 it does not
    feed     TEXT   NOT NULL,
    revision BIGINT NOT NULL, -- of the record; 0 for others
    detail   TEXT   NOT NULL,
    was      DOUBLE PRECISION NOT NULL,
    score    DOUBLE PRECISION NOT NULL,
    records  TEXT   NOT NULL  -- JSON
) /*WITHOUT ROWID*/;
CREATE UNIQUE INDEX event_cause ON event (cause, kind, subject);
CREATE INDEX event_feed ON event (feed, cause);

-- What an event concerns, when it was written: for each service in an
-- environment. raised and lowered count decisions, act_now those that became so.
CREATE TABLE event_place (
    event       BIGINT NOT NULL,
    service     TEXT   NOT NULL,
    environment TEXT   NOT NULL,
    env_kind    TEXT   NOT NULL, -- production, …; '' nobody has said
    workloads   BIGINT NOT NULL, -- that run
    live        BIGINT NOT NULL, -- exposures
    opened      BIGINT NOT NULL,
    closed      BIGINT NOT NULL,
    raised      BIGINT NOT NULL,
    lowered     BIGINT NOT NULL,
    act_now     BIGINT NOT NULL,
    PRIMARY KEY (event, service, environment)
) /*WITHOUT ROWID*/;

INSERT INTO stream (name, seq, recorded) VALUES ('event', 0, 0);

-- +goose Down
SELECT 1;
