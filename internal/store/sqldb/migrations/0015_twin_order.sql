-- +goose Up
-- The orders of lists of the twin beside their own.
CREATE INDEX place_environment ON place (environment, service);
CREATE INDEX artifact_name ON artifact (name, artifact);
CREATE INDEX artifact_tag ON artifact (tag, artifact);

-- +goose Down
DROP INDEX artifact_tag;
DROP INDEX artifact_name;
DROP INDEX place_environment;
