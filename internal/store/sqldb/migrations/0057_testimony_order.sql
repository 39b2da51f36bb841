-- +goose Up
-- The order in which documents make room: what is not verified first, then what was
-- given longest ago.
DROP INDEX testimony_room;
CREATE INDEX testimony_order ON testimony ((CASE WHEN state = 'verified' THEN 1 ELSE 0 END), given, document, source, packed);

-- +goose Down
DROP INDEX testimony_order;
CREATE INDEX testimony_room ON testimony (state, given, packed);
