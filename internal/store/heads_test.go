package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestTheHeadIsARow: a snapshot that repeats the one before takes one row, and
// the numbers that its members would have had are given back. A head beyond the
// last row would look like evidence that no step ever reads.
func TestTheHeadIsARow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db := e.Fresh(t)
		ctx, now := context.Background(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		for i := range 3 {
			at := now.Add(time.Duration(i) * time.Hour)
			snap := twin.Snapshot{Source: "cluster", Scope: "prod", Class: twin.Observed, ObservedAt: at, Every: time.Hour}
			for _, subject := range []string{"a", "b", "c"} {
				snap.Members = append(snap.Members, twin.Observation{Subject: subject, Media: twin.MediaWorkload, Hash: twin.HashBytes([]byte(subject)), Body: []byte(subject)})
			}
			if _, err := db.AppendSnapshot(ctx, []twin.Snapshot{snap}, at); err != nil {
				t.Fatal(err)
			}
		}
		head, _, err := db.Head(ctx, ctem.StreamEvidence)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Evidence(ctx, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 6 || rows[len(rows)-1].Seq != head {
			t.Errorf("%d rows, the last is %d, the head %d", len(rows), rows[len(rows)-1].Seq, head)
		}
	})
}
