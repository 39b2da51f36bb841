-- +goose Up
-- The images that run or are configured at each place now.
CREATE TABLE image_use (
    place BIGINT NOT NULL,
    image TEXT   NOT NULL,
    PRIMARY KEY (place, image)
) /*WITHOUT ROWID*/;
CREATE INDEX image_use_image ON image_use (image, place);

-- What registries were asked about images, and when they are asked again.
CREATE TABLE image_look (
    image     TEXT   NOT NULL PRIMARY KEY,
    host      TEXT   NOT NULL,
    next_at   BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    failures  BIGINT NOT NULL,
    error     TEXT   NOT NULL,
    digest    TEXT   NOT NULL,
    said      TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX image_look_due ON image_look (host, next_at);

-- Registries that are not asked before a time: they said so, or are down.
CREATE TABLE registry_pause (
    host     TEXT   NOT NULL PRIMARY KEY,
    until    BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    reason   TEXT   NOT NULL
) /*WITHOUT ROWID*/;

-- Images by their layers in order: what is built upon one begins with its chain.
CREATE TABLE image_chain (
    chain  TEXT   NOT NULL,
    digest TEXT   NOT NULL,
    name   TEXT   NOT NULL,
    layers BIGINT NOT NULL,
    PRIMARY KEY (chain, digest)
) /*WITHOUT ROWID*/;

-- +goose Down
DROP TABLE image_chain;
DROP TABLE registry_pause;
DROP TABLE image_look;
DROP TABLE image_use;
