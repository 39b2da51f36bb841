package sqldb

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRebelieve(t *testing.T) {
	t.Parallel()
	type row = Belief[string]
	held := func(from, to int64, value string) row {
		return row{From: from, To: to, Recorded: 1, Superseded: Forever, Value: value}
	}
	wanted := func(from, to int64, value string) row { return row{From: from, To: to, Value: value} }
	for _, c := range []struct {
		name             string
		believed, wanted []row
		want             []row
	}{
		{"as_it_was", []row{held(5, Forever, "a")}, []row{wanted(5, Forever, "a")}, nil},
		{"first", nil, []row{wanted(5, Forever, "a")}, []row{{From: 5, To: Forever, Recorded: 9, Superseded: Forever, Value: "a"}}},
		{
			"changed",
			[]row{held(5, Forever, "a")},
			[]row{wanted(5, 7, "a"), wanted(7, Forever, "b")},
			[]row{
				{From: 5, To: 7, Recorded: 1, Superseded: Forever, EndedAt: 9, Value: "a"},
				{From: 7, To: Forever, Recorded: 9, Superseded: Forever, Value: "b"},
			},
		},
		{
			"was_wrong",
			[]row{held(5, Forever, "a")},
			[]row{wanted(6, Forever, "a")},
			[]row{
				{From: 6, To: Forever, Recorded: 9, Superseded: Forever, Value: "a"},
				{From: 5, To: Forever, Recorded: 1, Superseded: 9, Value: "a"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Rebelieve(c.believed, c.wanted, 9)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
