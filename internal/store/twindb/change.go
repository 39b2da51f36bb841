package twindb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/store/estatedb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// TwinChanges returns the places that the twin changes after a number concern,
// and the number up to which they were read.
func (db *Store) TwinChanges(ctx context.Context, after int64, limit int) (places []int64, last int64, err error) {
	moved, last, err := db.TwinMoves(ctx, after, limit)
	return moved.Places, last, err
}

// TwinMoves returns what the twin changes after a number concern, each once, and
// the number up to which they were read.
func (db *Store) TwinMoves(ctx context.Context, after int64, limit int) (moved twin.Moved, last int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		moved, last = twin.Moved{}, after
		var artifacts []int64
		err := t.Query(`SELECT seq, kind, ref FROM twin_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(r sqldb.Scanner) error {
			var ch change
			err := r.Scan(&last, &ch.kind, &ch.ref)
			switch ch.kind {
			case changeArtifact:
				artifacts = append(artifacts, ch.ref)
			case changeThing:
				moved.Things = append(moved.Things, ch.ref)
			default:
				moved.Places = append(moved.Places, ch.ref)
			}
			return err
		}, after, limit)
		if err != nil {
			return err
		}
		more, err := estatedb.PlacesOf(t.Tx, artifacts)
		moved.Places = sorted(append(moved.Places, more...))
		moved.Things = sorted(moved.Things)
		return err
	})
	return moved, last, err
}

func sorted(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
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
	changeThing    = "thing" // a claim about what is no workload
)
