-- +goose Up
-- Lists go by these: in their order, with every column that a query filters
-- by, so that a page and its exact total are read from the index alone. The
-- second one is for what counts as not running, whose decision changes when
-- the evidence for that grows old.
CREATE INDEX exposure_rank ON exposure (live, decision DESC, score DESC, id, state, running, reachable, basis,
    place, weakness, locus, fixable, regressions, exploitable, matters);
CREATE INDEX exposure_service ON exposure (service, environment);
CREATE INDEX exposure_rank_lapsed ON exposure (live, lapsed DESC, lapsed_score DESC, id, state, reachable, basis,
    place, weakness, locus, fixable, regressions, exploitable, matters) WHERE running = 2;

-- +goose Down
SELECT 1;
