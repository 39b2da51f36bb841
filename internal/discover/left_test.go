package discover

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// What is left out of a document is counted at its source, and bounded.
func TestWhatIsLeftOutIsShownAtItsSource(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		a.now = hour(2)
		in := a.ingest()
		in.Left = a.db
		counts := map[string]int64{"spans without a peer": 3}
		in.Readers = map[string]Reader{"x": func(context.Context, DocumentInput, time.Time) (Reading, error) {
			return Reading{Told: []Told{{Source: "otlp", Scope: "prod", Class: twin.Observed, Things: []twin.Resource{edge(t, "a", "b")}}}, Left: counts}, nil
		}}
		for range 2 {
			if _, err := in.IngestDocument(a.ctx, DocumentInput{Kind: "x", Name: "f"}); err != nil {
				t.Fatal(err)
			}
			a.now = a.now.Add(time.Hour)
		}
		lives := func(at time.Time) []twin.LeftOut {
			t.Helper()
			got, err := a.db.SourceLives(a.ctx, ctem.AsOf{At: at, Now: a.now}, hour(0))
			if err != nil {
				t.Fatal(err)
			}
			if got["otlp"] == nil {
				return nil
			}
			return got["otlp"].Left
		}
		want := []twin.LeftOut{{Reason: "spans without a peer", Count: 6, Since: hour(2), Seen: hour(3)}}
		if diff := cmp.Diff(want, lives(hour(4))); diff != "" {
			t.Error(diff)
		}
		if got := lives(hour(1)); len(got) > 0 {
			t.Errorf("before it began: %v", got)
		}
		many := map[string]int64{}
		for i := range 500 {
			many[fmt.Sprintf("reason %03d", i)] = 1
		}
		if err := a.db.NoteLeft(a.ctx, "otlp", many, hour(4)); err != nil {
			t.Fatal(err)
		}
		got := lives(hour(5))
		if len(got) > 202 || got[0].Reason != "other reasons" || got[0].Count != 301 {
			t.Errorf("%d reasons, the first %+v", len(got), got[0])
		}
	})
}
