-- +goose Up
-- Declarations are counted apart from what is seen to run.
CREATE INDEX presence_declared ON presence (place, since, until) WHERE class <> 'observed';

-- +goose Down
SELECT 1;
