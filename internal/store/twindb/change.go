package twindb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/store/estatedb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// TwinChanges returns the places that the twin changes after a number concern,
// and the number up to which they were read.
func (db *Store) TwinChanges(ctx context.Context, after int64, limit int) (places []int64, last int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		places, last = nil, after
		var artifacts []int64
		err := t.Query(`SELECT seq, kind, ref FROM twin_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(r sqldb.Scanner) error {
			var ch change
			err := r.Scan(&last, &ch.kind, &ch.ref)
			if ch.kind == changeArtifact {
				artifacts = append(artifacts, ch.ref)
				return err
			}
			places = append(places, ch.ref)
			return err
		}, after, limit)
		if err != nil {
			return err
		}
		more, err := estatedb.PlacesOf(t.Tx, artifacts)
		places = append(places, more...)
		slices.Sort(places)
		places = slices.Compact(places)
		return err
	})
	return places, last, err
}

// change is one row of the twin stream.
type change struct {
	kind string
	ref  int64
}

// The kinds of twin changes.
const (
	changePlace    = "place"
	changeArtifact = "artifact"
)
