package twindb

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// at makes a time of a small number of hours.
func at(h int64) time.Time { return time.UnixMicro(h * 3_600_000_000).UTC() }

func spanOf(from, to, state int64) twin.Span {
	s := twin.Span{From: at(from), State: state}
	if to > 0 {
		s.To = at(to)
	}
	return s
}

func heldOf(from, to, state int64) twin.Held {
	return twin.Held{Span: spanOf(from, to, state), RecordedFrom: at(from)}
}

func TestTwinDiff(t *testing.T) {
	t.Parallel()
	us := func(h int64) int64 { return at(h).UnixMicro() }
	const now = 99
	for _, c := range []struct {
		name   string
		before []twin.Held
		after  []twin.Span
		want   twinDiff
	}{
		{"first", nil, []twin.Span{spanOf(1, 0, 7)}, twinDiff{current: []currentRow{{1, 7, us(1), now}}}},
		{"an_ordinary_change_is_one_row", []twin.Held{heldOf(1, 0, 7)}, []twin.Span{spanOf(1, 5, 7), spanOf(5, 0, 8)}, twinDiff{
			history: []historyRow{{1, us(1), us(1), us(5), 0, now, 7}}, current: []currentRow{{1, 8, us(5), now}},
		}},
		{"end", []twin.Held{heldOf(1, 0, 7)}, []twin.Span{spanOf(1, 5, 7)}, twinDiff{
			history: []historyRow{{1, us(1), us(1), us(5), 0, now, 7}}, gone: []int64{1},
		}},
		{"mend", []twin.Held{heldOf(1, 5, 7), heldOf(5, 0, 8)}, []twin.Span{spanOf(1, 3, 7), spanOf(3, 5, 9), spanOf(5, 0, 8)}, twinDiff{
			history:    []historyRow{{1, us(1), now, us(3), 0, now, 7}, {1, us(3), now, us(5), 0, now, 9}},
			superseded: []supersede{{1, us(1), us(1)}},
		}},
		{"wrong_current", []twin.Held{heldOf(5, 0, 8)}, []twin.Span{spanOf(3, 0, 8)}, twinDiff{
			history: []historyRow{{1, us(5), us(5), sqldb.Forever, now, sqldb.Forever, 8}}, current: []currentRow{{1, 8, us(3), now}},
		}},
		{"same", []twin.Held{heldOf(1, 5, 7)}, []twin.Span{spanOf(1, 5, 7)}, twinDiff{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d twinDiff
			d.add(twin.ClaimChange{Claim: 1, Before: c.before, After: c.after}, now)
			opt := cmp.AllowUnexported(twinDiff{}, historyRow{}, currentRow{}, supersede{})
			if diff := cmp.Diff(c.want, d, opt); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
