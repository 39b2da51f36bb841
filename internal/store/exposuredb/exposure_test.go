package exposuredb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

func TestRebelieve(t *testing.T) {
	t.Parallel()
	type row = belief[string]
	held := func(from, to int64, value string) row {
		return row{from: from, to: to, recorded: 1, superseded: sqldb.Forever, value: value}
	}
	wanted := func(from, to int64, value string) row { return row{from: from, to: to, value: value} }
	for _, c := range []struct {
		name             string
		believed, wanted []row
		want             []row
	}{
		{"as_it_was", []row{held(5, sqldb.Forever, "a")}, []row{wanted(5, sqldb.Forever, "a")}, nil},
		{"first", nil, []row{wanted(5, sqldb.Forever, "a")}, []row{{from: 5, to: sqldb.Forever, recorded: 9, superseded: sqldb.Forever, value: "a"}}},
		{
			"changed",
			[]row{held(5, sqldb.Forever, "a")},
			[]row{wanted(5, 7, "a"), wanted(7, sqldb.Forever, "b")},
			[]row{
				{from: 5, to: 7, recorded: 1, superseded: sqldb.Forever, endedAt: 9, value: "a"},
				{from: 7, to: sqldb.Forever, recorded: 9, superseded: sqldb.Forever, value: "b"},
			},
		},
		{
			"was_wrong",
			[]row{held(5, sqldb.Forever, "a")},
			[]row{wanted(6, sqldb.Forever, "a")},
			[]row{
				{from: 6, to: sqldb.Forever, recorded: 9, superseded: sqldb.Forever, value: "a"},
				{from: 5, to: sqldb.Forever, recorded: 1, superseded: 9, value: "a"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, rebelieve(c.believed, c.wanted, 9), cmp.AllowUnexported(row{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
