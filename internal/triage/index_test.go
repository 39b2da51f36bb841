package triage

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// testingT is a test, or one run of a property.
type testingT interface {
	Helper()
	Fatal(args ...any)
}

func testNow() time.Time { return time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC) }

func ask(t testingT, query string) Query {
	t.Helper()
	terms, err := ctem.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return Query{Terms: terms, Now: testNow()}
}

func TestRowsAreReplacedAndRemoved(t *testing.T) {
	t.Parallel()
	x := New()
	row := Row{Num: 7, ID: "EXP-7", Revision: 2, Place: Place{Service: "checkout"}, Standing: Standing{State: ctem.Open, Decision: ctem.ActNow, Score: 900}}
	x.Put([]Row{row})
	old := row
	old.Revision, old.Place.Service = 1, "old"
	x.Put([]Row{old})
	page, err := x.Find(ask(t, "svc:checkout"))
	if err != nil || page.Total != 1 {
		t.Fatalf("%+v %v: an older revision replaced a newer one", page, err)
	}
	row.Place.Service = "search"
	x.Put([]Row{row})
	if page, _ = x.Find(ask(t, "svc:checkout")); page.Total != 0 {
		t.Errorf("%+v: the row is still where it was", page)
	}
	x.Remove([]int64{7, 8})
	if page, _ = x.Find(ask(t, "")); page.Total != 0 || x.Len() != 0 {
		t.Errorf("%+v, %d rows after the last was removed", page, x.Len())
	}
	x.Put([]Row{{Num: 9, ID: "EXP-9", Standing: Standing{State: ctem.Open}}})
	page, _ = x.Find(ask(t, ""))
	if diff := cmp.Diff([]int64{9}, page.Nums); diff != "" {
		t.Errorf("a used slot: %s", diff)
	}
}

func TestQueryRefuses(t *testing.T) {
	t.Parallel()
	hints := map[string]string{
		"sevrity:high":      `did you mean "severity"?`,
		"sevrity:>high":     `did you mean "severity"?`,
		"is:nothing":        "use open, unknown, fixed, retired, withdrawn, live, closed, regressed, excepted, new, late, unowned or assigned",
		"state:late":        "use open, unknown, fixed, retired, withdrawn, live, closed, regressed, excepted, new, late, unowned or assigned",
		"decision:maybe":    "use act, schedule, watch, none or undecided",
		"reach:perhaps":     "use yes, no or unknown",
		"sev:urgent":        "use critical, high, medium, low, none or unknown",
		"score:high":        "the value is a number",
		"svc:>a":            "the key takes no comparison",
		"due:<soon":         "the value is a date (2026-12-31) or a number of days (7d) or hours (12h)",
		"first:2026-01-01":  "compare with a date or a number of days, as first:<7d or due:<=2026-12-31",
		"passed:sometimes":  "use yes or no",
		"first:<99999999d":  "the value is a date (2026-12-31) or a number of days (7d) or hours (12h)",
		"epss:none,unknown": "the value is a number",
	}
	x := New()
	for query, hint := range hints {
		_, err := x.Find(ask(t, query))
		if fault.KindOf(err) != fault.Invalid || fault.HintOf(err) != hint {
			t.Errorf("%s: %v, hint %q, want %q", query, err, fault.HintOf(err), hint)
		}
	}
	many := Query{Now: testNow()}
	for range maxSearches + 1 {
		many.Terms = append(many.Terms, ctem.Term{Key: "text", Op: ":", Values: []string{"a"}})
	}
	if _, err := x.Find(many); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%d texts to look for: %v", len(many.Terms), err)
	}
}

// An answer that is kept is that of the rows, the asker and the time: whatever
// was asked before.
func TestKeptAnswersFollow(t *testing.T) {
	t.Parallel()
	x := New()
	rows := estate(300, 7)
	x.Put(rows)
	queries := []string{"env:staging", "-env:staging", "product:product-1", "-product:product-1", "is:late", "is:new", "sla:late", "decision:act -sev:high"}
	count := func(x *Index, text string, now time.Time, products []string) int {
		terms, err := ctem.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := x.Counts([]Query{{Terms: terms, Now: now, Products: products}})
		if err != nil {
			t.Fatal(err)
		}
		return counts[0]
	}
	check := func() {
		t.Helper()
		for range 2 {
			for _, products := range [][]string{nil, {"product-2"}, {"product-1", "product-3"}} {
				for _, now := range []time.Time{testNow(), testNow().AddDate(0, 2, 0)} {
					for _, text := range queries {
						alone := New()
						alone.Put(rows)
						if got, want := count(x, text, now, products), count(alone, text, now, products); got != want {
							t.Errorf("%s for %v at %v: %d, want %d", text, products, now, got, want)
						}
					}
				}
			}
		}
	}
	check()
	for i := range rows {
		rows[i].Revision, rows[i].Place.Environment, rows[i].Standing.Decision = 2, "staging", ctem.ActNow
	}
	x.Put(rows)
	check()
	x.Remove([]int64{1, 2, 3})
	rows = rows[3:]
	check()
}
