-- +goose Up
-- The owner in force of a place stands on it, so that lists in the order of owners
-- are read from an index: that of place_owner, else of its service by the scope, else ''.
ALTER TABLE place ADD COLUMN owner TEXT NOT NULL DEFAULT '';
UPDATE place SET owner = COALESCE((SELECT o.owner FROM place_owner o WHERE o.place = place.id), (SELECT MIN(s.owner) FROM scope_service s WHERE s.service = place.service), '');
CREATE INDEX place_in_force ON place (owner, service, environment);
-- The same lists the other way round: services stay in their order.
CREATE INDEX place_in_force_back ON place (owner DESC, service, environment);
CREATE INDEX place_environment_back ON place (environment DESC, service);

-- +goose Down
DROP INDEX place_environment_back;
DROP INDEX place_in_force_back;
DROP INDEX place_in_force;
ALTER TABLE place DROP COLUMN owner;
