-- +goose Up
-- What a source says that it cannot see: replaced by what it says next.
CREATE TABLE source_trouble (
    source TEXT   NOT NULL,
    place  TEXT   NOT NULL,
    reason TEXT   NOT NULL,
    since  BIGINT NOT NULL,
    seen   BIGINT NOT NULL,
    PRIMARY KEY (source, place, reason)
) /*WITHOUT ROWID*/;

-- +goose Down
DROP TABLE source_trouble;
