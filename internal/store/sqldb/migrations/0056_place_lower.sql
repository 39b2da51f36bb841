-- +goose Up
-- A workload is asked for by the name of its service, in any case.
CREATE INDEX place_lower ON place (lower(service), environment);

-- +goose Down
DROP INDEX place_lower;
