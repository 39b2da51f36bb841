-- +goose Up
-- When a single edge was seen, and how much went over it: measured, beside its
-- claim, so that traffic is no history. One row for each stretch without a long
-- silence; the last is moved in place. calls and bytes: at least so many; 0: nobody
-- counted.
CREATE TABLE edge_seen (
    watch   BIGINT NOT NULL,
    subject TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    calls   BIGINT NOT NULL,
    bytes   BIGINT NOT NULL,
    PRIMARY KEY (watch, subject, since)
) /*WITHOUT ROWID*/;

-- +goose Down
DROP TABLE edge_seen;
