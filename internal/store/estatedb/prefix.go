package estatedb

import (
	"context"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// ComponentsByPrefix returns components whose name, or whose purl, begins with a
// text, in their order. It goes by an index, however many there are.
func (db *Store) ComponentsByPrefix(ctx context.Context, prefix string, limit int) (list []ctem.ComponentItem, err error) {
	if err := ctem.PlainText("the beginning of a name", prefix); err != nil || prefix == "" {
		return nil, err
	}
	err = db.read(ctx, func(t *tx) error {
		list = nil
		for _, column := range []string{"name", "purl"} {
			err := t.Query(`SELECT id, purl, type, namespace, name, version, qualifiers FROM component WHERE `+column+` >= ? AND `+column+` < ?
				ORDER BY `+column+`, id LIMIT ?`, func(r sqldb.Scanner) error {
				var c ctem.ComponentItem
				err := r.Scan(&c.ID, &c.Purl, &c.Type, &c.Group, &c.Name, &c.Version, &c.Qualifiers)
				list = append(list, c)
				return err
			}, prefix, prefix+"\U0010FFFF", limit-len(list))
			if err != nil || len(list) == limit {
				return err
			}
		}
		return nil
	})
	return list, err
}
