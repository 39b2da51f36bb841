-- +goose Up
-- Who owns a place where something else than the scope's word on its service says
-- so: a rule of ownership, a mark of its workloads, CODEOWNERS. Owner '': nobody,
-- said so.
CREATE TABLE place_owner (
    place BIGINT NOT NULL PRIMARY KEY,
    owner TEXT   NOT NULL,
    rule  TEXT   NOT NULL
) /*WITHOUT ROWID*/;
CREATE INDEX place_owner_owner ON place_owner (owner, place);

-- +goose Down
DROP TABLE place_owner;
