package sqldb

import (
	"context"
	"crypto/rand"
)

// Origin tells this store from any other, also from one that once stood at the
// same address: a word drawn when it is first asked for. What is made of a
// store and kept elsewhere carries it.
func (db *DB) Origin(ctx context.Context) (origin string, err error) {
	read := func(t *Tx) error {
		_, err := t.Get(`SELECT value FROM meta WHERE name = 'origin'`, nil, &origin)
		return err
	}
	if err := db.Read(ctx, read); err != nil || origin != "" {
		return origin, err
	}
	err = db.Write(ctx, func(t *Tx) error {
		err := t.Insert(`INSERT INTO meta (name, value) VALUES`, 2, []any{"origin", rand.Text()}, `ON CONFLICT DO NOTHING`)
		if err != nil {
			return err
		}
		return read(t)
	})
	return origin, err
}
