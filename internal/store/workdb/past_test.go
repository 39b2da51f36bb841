package workdb_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// TestPastDecisionsAreThoseThatSaySomethingElse: what only scores otherwise is
// no change, but is what the next change is held against.
func TestPastDecisionsAreThoseThatSaySomethingElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), context.Background()
		noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		list := []struct {
			word  ctem.Word
			score int
			by    string
		}{{ctem.Watch, 300, ""}, {ctem.Watch, 310, ""}, {ctem.ActNow, 700, ""}, {ctem.ActNow, 710, "ann"}, {ctem.Watch, 310, ""}}
		for i, x := range list {
			d := ctem.Decision{Exposure: "EXP-1", Num: 1, Revision: int64(i + 1), Word: x.word, Computed: x.word, Lapsed: x.word, Score: x.score, DecidedBy: x.by, Rules: fmt.Sprint(i)}
			other := d
			other.Num = 2
			adv := ctem.Advance{
				Step: "prioritize", Now: noon.Add(time.Duration(i) * time.Hour),
				Moves: []ctem.Move{{Stream: ctem.StreamExposure, From: int64(i), To: int64(i + 1)}},
			}
			if err := db.CommitDecisions(ctx, adv, []ctem.Decision{other, d}); err != nil {
				t.Fatal(err)
			}
		}
		now := noon.AddDate(0, 0, 7)
		for name, x := range map[string]struct {
			q     ctem.ListQuery
			want  []string
			total int
		}{
			"all":         {ctem.ListQuery{AsOf: ctem.AsOf{Now: now}}, []string{"first 300", "310 to 700", "700 to 710", "710 to 310"}, 4},
			"the newest":  {ctem.ListQuery{AsOf: ctem.AsOf{Now: now}, Limit: 2}, []string{"700 to 710", "710 to 310"}, 4},
			"as of":       {ctem.ListQuery{AsOf: ctem.AsOf{Now: now, At: noon.Add(2 * time.Hour)}}, []string{"first 300", "310 to 700"}, 2},
			"known":       {ctem.ListQuery{AsOf: ctem.AsOf{Now: now, KnownAt: noon.Add(time.Hour)}}, []string{"first 300"}, 1},
			"before them": {ctem.ListQuery{AsOf: ctem.AsOf{Now: now, At: noon.Add(-time.Hour)}}, nil, 0},
		} {
			page, err := db.PastDecisions(ctx, 1, x.q)
			if err != nil {
				t.Fatal(name, err)
			}
			var got []string
			for _, c := range page.Items {
				words := fmt.Sprint("first ", c.Score)
				if c.Before != nil {
					words = fmt.Sprintf("%d to %d", c.Before.Score, c.Score)
				}
				got = append(got, words)
			}
			if d := cmp.Diff(x.want, got); d != "" || page.Total != x.total {
				t.Errorf("%s: total %d, %s", name, page.Total, d)
			}
		}
	})
}
