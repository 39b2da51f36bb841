package host

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/server"
)

// nothing is a store of which nothing is known, and that fails so many times.
type nothing struct {
	fails int
	kept  map[string]int64
}

func (*nothing) Things(context.Context, ctem.ListQuery) (ctem.Page[ctem.Thing], error) {
	return ctem.Page[ctem.Thing]{}, nil
}

func (n *nothing) NoteLeft(_ context.Context, source string, counts map[string]int64, _ time.Time) error {
	if n.fails--; n.fails >= 0 {
		return errors.New("the disk is full")
	}
	for _, count := range counts {
		n.kept[source] += count
	}
	return nil
}

// What was left out is counted, though the store failed, or the server stops before
// it was due.
func TestLeftOutIsKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	store := &nothing{fails: 1, kept: map[string]int64{}}
	s := &spans{in: &discover.Ingest{Left: store}, known: store, now: func() time.Time { return now }}
	for range 3 { // the first fails, and the others wait
		if _, err := s.Traces(t.Context(), server.Spans{Source: "otlp", Body: []byte("{")}); err == nil {
			t.Error("no spans, and no word of it")
		}
	}
	if diff := cmp.Diff(map[string]int64{}, store.kept); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if err := s.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int64{"otlp": 3}, store.kept); diff != "" {
			t.Error(diff)
		}
	}
}
