package reply

import (
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// TestWindow goes through a list page by page and meets each item once, whatever
// is added behind the cursor meanwhile.
func TestWindow(t *testing.T) {
	t.Parallel()
	key := func(s *string) string { return *s }
	all := []string{"a", "b", "c", "d", "e"}
	var got []string
	q := api.Query{Limit: 2}
	for n := 0; ; n++ {
		var out api.List[string]
		if err := Window(&out, all, q, key); err != nil {
			t.Fatal(err)
		}
		if out.Total != len(all) || out.Truncated != (out.Next != nil) {
			t.Errorf("page %d: %+v", n, out)
		}
		got = append(got, out.Items...)
		if out.Next == nil {
			break
		}
		if q.Cursor = *out.Next; n == 0 {
			all = append([]string{"0"}, all...)
		}
	}
	if !slices.Equal(got, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("met %q", got)
	}
	for name, bad := range map[string]api.Query{"sort": {Sort: "name"}, "cursor": {Cursor: "%"}} {
		var out api.List[string]
		if err := Window(&out, all, bad, key); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestViewer: every question is narrowed to what its viewer may see.
func TestViewer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b := &Base{Now: func() time.Time { return now }, Viewer: Viewer{Products: []string{"shop"}, Owner: "red"}}
	list, err := b.List(api.Query{Query: "env:prod", Sort: "-owner", Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]struct {
		products []string
		owner    string
	}{"list": {list.Products, list.Owner}, "asks": {b.Asks(list.AsOf).Products, b.Asks(list.AsOf).Owner}} {
		if !slices.Equal(q.products, []string{"shop"}) || q.owner != "red" {
			t.Errorf("%s forgets its viewer: %+v", name, q)
		}
	}
	if list.Limit != 5 || len(list.Terms) != 1 || !list.Sort[0].Descending || !list.AsOf.Time().Equal(now) {
		t.Errorf("got %+v", list)
	}
	if _, err := b.List(api.Query{Query: "env:"}); err == nil {
		t.Error("a broken query was taken")
	}
}
