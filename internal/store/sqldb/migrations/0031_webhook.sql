-- +goose Up
-- Addresses that are told of events, and how far each has been told.
CREATE TABLE webhook (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    url        TEXT   NOT NULL,
    secret     TEXT   NOT NULL, -- what is sent is signed with it
    kinds      TEXT   NOT NULL, -- JSON; [] is all
    private    BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    told       BIGINT NOT NULL, -- the last event that it was told of, or that is not for it
    delivered  BIGINT NOT NULL,
    last_at    BIGINT NOT NULL, -- 0 never
    failures   BIGINT NOT NULL, -- in a row
    last_error TEXT   NOT NULL,
    next_at    BIGINT NOT NULL  -- not before; 0 at once
) /*WITHOUT ROWID*/;

-- +goose Down
DROP TABLE webhook;
