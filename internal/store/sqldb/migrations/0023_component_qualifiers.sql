-- +goose Up
-- What a document says of a package beside its purl, in the words of a purl's
-- qualifiers: its source package, its distribution.
ALTER TABLE component ADD COLUMN qualifiers TEXT NOT NULL DEFAULT '';
ALTER TABLE component_eval ADD COLUMN qualifiers TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE component_eval DROP COLUMN qualifiers;
ALTER TABLE component DROP COLUMN qualifiers;
