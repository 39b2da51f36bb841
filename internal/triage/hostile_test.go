package triage

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// FuzzQuery: whatever is asked is answered, or refused as the asker's fault;
// the pages of a token or of a window never lie outside of the list.
func FuzzQuery(f *testing.F) {
	for _, s := range sampleTerms() {
		f.Add(s, "-score,service", "")
	}
	f.Add("text:\"\"", "due", "eyJzIjoiIn0")
	f.Add("first:<99999999999d epss:NaN score:>-1", "age,first", "bnVsbA")
	f.Add("epss:>=Inf id:\"\" purl:pkg:/@ purl:@ fix:\"\"", "-epss", "!")
	x := New()
	x.Put(estate(50, 1))
	f.Fuzz(func(t *testing.T, query, order, after string) {
		terms, err := ctem.ParseQuery(query)
		if err != nil {
			return
		}
		sort, err := ParseSort(order)
		if err != nil {
			sort = nil
		}
		q := Query{Terms: terms, Sort: sort, Now: testNow(), Limit: 3}
		page, err := x.Find(q)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v is not the asker's fault", query, err)
			}
			return
		}
		back, err := ctem.ParseQuery(QueryText(terms))
		if err != nil || cmp.Diff(terms, back) != "" {
			t.Fatalf("%q is written as %q: %v %s", query, QueryText(terms), err, cmp.Diff(terms, back))
		}
		q.After = after
		if page, err = x.Find(q); err == nil && page.Start+len(page.Nums) > page.Total {
			t.Fatalf("%q after %q: %d rows at %d of %d", query, after, len(page.Nums), page.Start, page.Total)
		}
	})
}

// TestReadersSeeWholeUpdates: every Put moves all rows of one update from one
// service to another, so each answer finds all of them in one place.
func TestReadersSeeWholeUpdates(t *testing.T) {
	t.Parallel()
	const rows = 300
	x := New()
	move := func(round int) {
		batch := make([]Row, rows)
		for i := range batch {
			batch[i] = Row{
				Num: int64(i), ID: fmt.Sprintf("EXP-%d", i), Revision: int64(round), Place: Place{Service: fmt.Sprintf("svc-%d", round%2)},
				Standing: Standing{State: ctem.Open, Score: (i * round) % 1000},
			}
		}
		x.Put(batch)
	}
	move(1)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				q := ask(t, "")
				q.Limit = 10
				groups, err := x.Groups(q, GroupAsk{By: "service"})
				page, perr := x.Find(q)
				if err != nil || perr != nil || groups.Total != 1 || groups.Items[0].Count != rows || page.Total != rows {
					t.Errorf("a part of an update: %+v %+v %v %v", groups, page, err, perr)
					return
				}
			}
		})
	}
	for round := 2; round < 60; round++ {
		move(round)
		x.Put([]Row{{Num: rows, ID: "EXP-gone", Place: Place{Service: "svc-9"}, Standing: Standing{State: ctem.Fixed}}})
		x.Remove([]int64{rows})
	}
	close(stop)
	readers.Wait()
}

// TestTokensOutliveChanges: a walk goes on behind where it was, though the row
// that it stood on is gone.
func TestTokensOutliveChanges(t *testing.T) {
	t.Parallel()
	x := New()
	x.Put(estate(100, 2))
	q := ask(t, "")
	whole, err := x.Find(q)
	if err != nil {
		t.Fatal(err)
	}
	q.Limit = 10
	first, err := x.Find(q)
	if err != nil {
		t.Fatal(err)
	}
	x.Remove(first.Nums[5:])
	q.After = first.Next
	second, err := x.Find(q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.Nums[10:20], second.Nums); diff != "" || second.Start != 5 {
		t.Errorf("after a page whose end is gone, at %d (-want +got):\n%s", second.Start, diff)
	}
	q.Sort = []SortKey{{"service", false}}
	if _, err = x.Find(q); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a token of another order: %v", err)
	}
	for _, token := range []string{"?", "bnVsbA", strings.Repeat("A", 1000)} {
		q.After = token
		if _, err = x.Find(q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestFacetsOfNamesAreShort(t *testing.T) {
	t.Parallel()
	x := New()
	x.Put(estate(2000, 3))
	q := ask(t, "-svc:svc-00150")
	facets, err := x.Facets(q, []FacetAsk{{Key: "svc", Limit: 5}, {Key: "service", Limit: 500, Search: "SVC-0001"}})
	if err != nil {
		t.Fatal(err)
	}
	short, found := facets[0], facets[1]
	excluded := slices.IndexFunc(short.Values, func(v FacetValue) bool { return v.Excluded })
	if len(short.Values) > 6 || short.More < 100 || excluded < 0 || short.Values[excluded].Value != "svc-00150" {
		t.Errorf("%+v: want the first five and the excluded one", short)
	}
	for _, v := range found.Values {
		if !strings.HasPrefix(v.Value, "svc-0001") && !v.Excluded {
			t.Errorf("%s was not looked for", v.Value)
		}
	}
	if len(found.Values) == 0 || len(found.Values) > 11 {
		t.Errorf("%d found", len(found.Values))
	}
	if _, err = x.Facets(q, []FacetAsk{{Key: "colour"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown facet: %v", err)
	}
}
