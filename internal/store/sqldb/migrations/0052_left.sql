-- +goose Up
-- What was left out of what a source gave, by reason: counted, since when and until when.
CREATE TABLE source_left (
    source TEXT   NOT NULL,
    reason TEXT   NOT NULL,
    count  BIGINT NOT NULL,
    since  BIGINT NOT NULL,
    seen   BIGINT NOT NULL,
    PRIMARY KEY (source, reason)
) /*WITHOUT ROWID*/;

-- +goose Down
DROP TABLE source_left;
