-- +goose Up
-- What a changed advisory leaves to be computed: weaknesses (first names) at
-- places, both as JSON. A place in exposure_dirty is computed as a whole.
CREATE TABLE assess_part (
    id         BIGINT NOT NULL PRIMARY KEY,
    weaknesses TEXT   NOT NULL,
    places     TEXT   NOT NULL
);

-- +goose Down
DROP TABLE assess_part;
