-- +goose Up
-- How attackers use a weakness: techniques of ATT&CK, and groups seen to use them.
CREATE TABLE technique (
    cve        TEXT   NOT NULL,
    feed       TEXT   NOT NULL, -- attack, groups
    role       TEXT   NOT NULL,
    technique  TEXT   NOT NULL,
    actor      TEXT   NOT NULL, -- the group's id; '' where there is none
    title      TEXT   NOT NULL,
    actor_name TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    dated      BIGINT NOT NULL,
    PRIMARY KEY (cve, feed, role, technique, actor)
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
