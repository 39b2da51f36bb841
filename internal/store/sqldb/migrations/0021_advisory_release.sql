-- +goose Up
-- The releases of an ecosystem that records speak of, or once did ('': all of
-- them), with the change that did so first. Release '*' stands for the first
-- feed of the ecosystem that was read to its end.
CREATE TABLE advisory_release (
    ecosystem TEXT   NOT NULL,
    release   TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    PRIMARY KEY (ecosystem, release)
) /*WITHOUT ROWID*/;
-- A store with records lists theirs with the next change of an advisory.
INSERT INTO meta (name, value) SELECT 'advisory_releases', 'complete' WHERE NOT EXISTS (SELECT 1 FROM advisory);

-- +goose Down
DROP TABLE advisory_release;
