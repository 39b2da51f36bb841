-- +goose Up
-- What the business has said, version by version. body is the scope as JSON,
-- text the file as it was applied.
CREATE TABLE scope_version (
    version BIGINT NOT NULL PRIMARY KEY,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    by_whom TEXT   NOT NULL,
    hash    TEXT   NOT NULL, -- of the body
    body    TEXT   NOT NULL,
    text    TEXT   NOT NULL
) /*WITHOUT ROWID*/;

-- The services for which a version says something else than the one before.
CREATE TABLE scope_change (
    seq     BIGINT NOT NULL PRIMARY KEY,
    service TEXT   NOT NULL
) /*WITHOUT ROWID*/;

-- The version in force, by which lists are narrowed: a row for each product of
-- a service ('' for one without), with the owner that follows for it.
CREATE TABLE scope_service (
    service TEXT NOT NULL,
    product TEXT NOT NULL,
    owner   TEXT NOT NULL,
    PRIMARY KEY (service, product)
) /*WITHOUT ROWID*/;
CREATE INDEX scope_service_product ON scope_service (product, service);
CREATE INDEX scope_service_owner ON scope_service (owner, service);

INSERT INTO stream (name, seq, recorded) VALUES ('scope', 0, 0);

-- +goose Down
SELECT 1;
