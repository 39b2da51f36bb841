-- +goose Up
-- Signed documents as they were received, with how they were judged last: a changed
-- trust judges them again.
CREATE TABLE testimony (
    source   TEXT   NOT NULL,
    document TEXT   NOT NULL, -- the hash by which its attestation is known
    place    TEXT   NOT NULL, -- where it was found
    notes    TEXT   NOT NULL, -- JSON: annotations of its layer
    artifact TEXT   NOT NULL, -- that it was attached to
    trust    TEXT   NOT NULL, -- the hash of the trust that judged it last
    state    TEXT   NOT NULL,
    verdict  TEXT   NOT NULL, -- the hash of what was told
    told     BIGINT NOT NULL, -- from when that is so
    given    BIGINT NOT NULL, -- when it was given last
    size     BIGINT NOT NULL,
    packed   BIGINT NOT NULL,
    packing  TEXT   NOT NULL,
    data     BYTEA  NOT NULL,
    PRIMARY KEY (source, document)
);
CREATE INDEX testimony_trust ON testimony (trust, source, document, size);
CREATE INDEX testimony_document ON testimony (document, source);
CREATE INDEX testimony_room ON testimony (state, given, packed);

-- The newest change of the trust that was noticed.
CREATE TABLE trust_turn (
    id     BIGINT NOT NULL PRIMARY KEY, -- 1
    trust  TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    passed TEXT   NOT NULL,
    swept  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE trust_turn;
DROP TABLE testimony;
