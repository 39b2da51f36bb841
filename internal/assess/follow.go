package assess

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
)

// Advisories is what a Follower reads of the store.
type Advisories interface {
	// Origin tells one store from another.
	Origin(ctx context.Context) (string, error)
	// ChangedRecords returns the ids of up to limit records that changed after a
	// number, and up to which number it looked.
	ChangedRecords(ctx context.Context, after int64, limit int) (ids []string, last int64, err error)
	Records(ctx context.Context, ids []string) ([]advisory.Record, error)
	RecordsAfter(ctx context.Context, num int64, limit int) (records []advisory.Record, last int64, err error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
}

// Follower compiles the advisories of a store, and what has changed since. It
// knows no files: whoever keeps them hands it bytes and writers.
type Follower struct{ Store Advisories }

// Bounds of a follower: records read at once, and how many changes are a delta.
// What is further behind is compiled anew, without anybody waiting.
const (
	followChunk = 2000
	followMost  = 20_000
)

// Open takes the bytes of a file, unless it is broken or another store's.
func (f Follower) Open(ctx context.Context, file []byte) (*compiled.Index, error) {
	ix, err := compiled.Open(file, match.Rules)
	if err != nil {
		return nil, err
	}
	origin, err := f.Store.Origin(ctx)
	if err != nil {
		return nil, err
	}
	if ix.Mark().Origin != origin {
		return nil, fault.New(fault.Invalid, "the advisory index was made of another store")
	}
	return ix, nil
}

// Compile writes everything that the store has.
func (f Follower) Compile(ctx context.Context, to io.Writer) error {
	// The number first: what changes meanwhile is in the next delta as well.
	_, last, err := f.Store.ChangedRecords(ctx, math.MaxInt64, 1)
	if err != nil {
		return err
	}
	mark, err := f.mark(ctx, last)
	if err != nil {
		return err
	}
	w, err := compiled.NewWriter(to, match.Rules)
	if err != nil {
		return err
	}
	for num := int64(0); ; {
		records, last, err := f.Store.RecordsAfter(ctx, num, followChunk)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return f.close(ctx, w, mark, false)
		}
		if err := addAll(w, records); err != nil {
			return err
		}
		num = last
	}
}

// Merge writes an index of many segments as one.
func (f Follower) Merge(ctx context.Context, ix *compiled.Index, to io.Writer) error {
	w, err := compiled.NewWriter(to, match.Rules)
	if err != nil {
		return err
	}
	if err := w.Copy(ix); err != nil {
		return err
	}
	return f.close(ctx, w, ix.Mark(), false)
}

// Lag says how an index stands to its store.
type Lag int

// An index is as new as the store, a delta behind, or too far behind for one.
const (
	Level Lag = iota
	Behind
	FarBehind
)

// Delta writes what has changed after a number of the stream, something only
// when it is Behind, and returns the number up to which it looked.
func (f Follower) Delta(ctx context.Context, after int64, to io.Writer) (lag Lag, last int64, err error) {
	ids, last, err := f.Store.ChangedRecords(ctx, after, followMost+1)
	switch {
	case err != nil || len(ids) == 0:
		return Level, last, err
	case len(ids) > followMost:
		return FarBehind, after, nil
	}
	records, err := f.Store.Records(ctx, ids)
	if err != nil {
		return Level, after, err
	}
	mark, err := f.mark(ctx, last)
	if err != nil {
		return Level, after, err
	}
	w, err := compiled.NewWriter(to, match.Rules)
	if err != nil {
		return Level, after, err
	}
	if err := addAll(w, records); err != nil {
		return Level, after, err
	}
	return Behind, last, f.close(ctx, w, mark, true)
}

func (f Follower) mark(ctx context.Context, seq int64) (compiled.Mark, error) {
	origin, err := f.Store.Origin(ctx)
	return compiled.Mark{Origin: origin, Seq: seq}, err
}

func (f Follower) close(ctx context.Context, w *compiled.Writer, mark compiled.Mark, delta bool) error {
	feeds, err := f.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	w.Mark = mark
	return w.Close(feeds, delta)
}

func addAll(w *compiled.Writer, records []advisory.Record) error {
	for i := range records {
		if err := w.Add(&records[i]); err != nil {
			return fmt.Errorf("%w: %w", ctem.ErrUnreadable, err)
		}
	}
	return nil
}
