-- +goose Up
-- Totals are counted by this one: it is a tenth of the size of the indexes that
-- lists go by.
CREATE INDEX exposure_count ON exposure (live, running, state, basis, decision);

-- +goose Down
SELECT 1;
