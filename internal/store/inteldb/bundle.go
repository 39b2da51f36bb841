package inteldb

import "context"

const bundleName = "intel_bundle"

// LastBundle is what NoteBundle was told last; "" when no bundle was loaded.
func (db *Store) LastBundle(ctx context.Context) (text string, err error) {
	err = db.read(ctx, func(t *tx) error {
		_, err := t.Get(`SELECT value FROM meta WHERE name = ?`, []any{bundleName}, &text)
		return err
	})
	return text, err
}

// NoteBundle remembers which bundle of feeds was loaded.
func (db *Store) NoteBundle(ctx context.Context, text string) error {
	return db.write(ctx, func(t *tx) error {
		return t.Insert(`INSERT INTO meta (name, value) VALUES`, 2, []any{bundleName, text}, `ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
	})
}
