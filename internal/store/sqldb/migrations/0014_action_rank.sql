-- +goose Up
-- The order of lists of actions, so that their first page reads its rows alone,
-- and the actions of a product's services.
CREATE INDEX action_history_rank ON action_history (word DESC, score DESC, action, seq);
CREATE INDEX action_service ON action (service, num, seq);

-- +goose Down
DROP INDEX action_service;
DROP INDEX action_history_rank;
