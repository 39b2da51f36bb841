package triage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
	"pgregory.net/rapid"
)

func anyTri(rt *rapid.T) ctem.Tri {
	return rapid.SampledFrom([]ctem.Tri{ctem.Yes, ctem.Yes, ctem.Unknown, ctem.No}).Draw(rt, "tri")
}

func pickText(rt *rapid.T, texts ...string) string { return rapid.SampledFrom(texts).Draw(rt, "text") }

func anyTime(rt *rapid.T) time.Time {
	if rapid.IntRange(0, 4).Draw(rt, "none") == 0 {
		return time.Time{}
	}
	return testNow().Add(time.Duration(rapid.IntRange(-20*24, 20*24).Draw(rt, "hours")*20) * time.Hour)
}

func some(rt *rapid.T, texts ...string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(texts), 0, 2, rapid.ID).Draw(rt, "some")
}

func anyWeak(rt *rapid.T) Weak {
	weak := rapid.SampledFrom([]Weak{
		{Name: "CVE-2021-44228", Aliases: []string{"GHSA-JFH8-C2JP-5V3Q"}, Kind: ctem.Vulnerability, Severity: "critical"},
		{Name: "CVE-2026-1", Kind: ctem.Vulnerability, Severity: "low"},
		{Name: "CVE-2026-2", Severity: ""},
		{Name: "MAL-7", Kind: ctem.Malicious, Severity: "high"},
	}).Draw(rt, "weak")
	weak.KEV = anyTri(rt)
	if p := rapid.SampledFrom([]float64{0, 0.1, 0.5, 0.97, 2}).Draw(rt, "epss"); p < 1 {
		weak.EPSS = &p
	}
	return weak
}

func anyRow(rt *rapid.T, num int64) Row {
	return Row{
		Num: num, ID: fmt.Sprintf("EXP-%03d", (num*7)%1000),
		Place: Place{
			Service: pickText(rt, "checkout", "search", "Reports", "a b"), Environment: pickText(rt, "prod", "staging", "(none)"),
			Products: some(rt, "pay", "shop", "data"), Owner: pickText(rt, "", "ann", "bob"),
		},
		Weak: anyWeak(rt),
		Part: Part{
			Locus: pickText(rt, "pkg:npm/lodash", "pkg:npm/%40x/lodash", "pkg:maven/org.apache/log4j-core", ""), Fix: pickText(rt, "", "2.17.1", "3.0"),
			Versions: some(rt, "1.0", "2.14.1"), Images: some(rt, "reg/checkout:1", "reg/search:2"), Digests: some(rt, "sha256:aa", "sha256:ab"),
		},
		Gates: ctem.Gates{
			Found: oneOf(rt, ctem.Yes, ctem.Yes, ctem.No), Running: anyTri(rt), Reachable: anyTri(rt), Exploitable: anyTri(rt), Matters: anyTri(rt),
		},
		Standing: Standing{
			State:    oneOf(rt, ctem.Open, ctem.Open, ctem.StateUnknown, ctem.Fixed, ctem.Retired),
			Decision: oneOf(rt, "", ctem.ActNow, ctem.Schedule, ctem.Watch, ctem.NoAction), Computed: oneOf(rt, ctem.ActNow, ctem.Watch),
			DecidedBy: pickText(rt, "", "", "ann"), Score: rapid.IntRange(0, 8).Draw(rt, "score") * 125,
			Treatment: oneOf(rt, ctem.TreatNone, "", ctem.TreatExcepted), Regressions: rapid.IntRange(0, 1).Draw(rt, "regressions"),
		},
		Clock:  Clock{FirstSeen: anyTime(rt), Since: anyTime(rt), Deadline: anyTime(rt)},
		Origin: Origin{Sources: some(rt, "k8s", "ci"), DataClasses: some(rt, "card", "pii"), Freshness: oneOf(rt, twin.Fresh, twin.Stale, twin.Lapsed)},
	}
}

func oneOf[T any](rt *rapid.T, values ...T) T { return rapid.SampledFrom(values).Draw(rt, "value") }

// sampleTerms are terms with every key, that a query is drawn from.
func sampleTerms() []string {
	return []string{
		"is:open", "is:live", "is:closed", "is:fixed,open", "is:regressed", "is:excepted", "is:new", "is:late", "is:unowned", "is:assigned", "state:unknown", "state:retired", "is:late,fixed",
		"decision:act", "decision:act,undecided", "decision:none", "computed:act", "by:person", "by:rules", "by:ann", "treatment:none", "treatment:excepted",
		"score:>=500", "score:250..750", "score:125,250", "score:<300", "sev:critical,unknown", "sev:low", "running:yes", "running:yes,unknown", "reach:no", "exploit:unknown", "matters:yes",
		"found:no", "passed:yes", "passed:no", "svc:checkout", `svc:"a b",search`, "env:prod", `env:"(none)"`, "product:pay", "product:none", "product:*", "owner:none", "owner:ann,bob", "owner:*",
		"cve:CVE-2021-44228", "cve:cve-2026-1,MAL-7", "weakness:GHSA-JFH8-C2JP-5V3Q", "kind:malicious", "purl:pkg:npm/lodash", "purl:pkg:npm/lodash@1.0", "purl:apache", "locus:pkg:npm/lodash", "component:lodash",
		"version:1.0", "image:checkout", "digest:sha256:a", "digest:sha256:aa", "fix:yes", "fix:no", "fix:2.17.1", "id:exp-007,EXP-014", "kev:yes", "kev:unknown",
		"epss:>=0.1", "epss:none", "epss:0.1..0.6", "first:<7d", "age:>30d", "age:7d..90d", "age:week,older", "since:<=60d", "due:late", "due:none", "due:<7d", "sla:late,due7", "sla:none",
		"source:k8s", "source:none", "data:card", "data:*", "fresh:stale", "fresh:unknown", "lodash", "CHECKOUT", `"checkout prod"`, `"b prod"`, `"a b "`, `" "`, `" stag"`, "2021-44228", "EXP-007",
	}
}

func anyQuery(rt *rapid.T) Query {
	var words []string
	for range rapid.IntRange(0, 3).Draw(rt, "terms") {
		word := rapid.SampledFrom(sampleTerms()).Draw(rt, "term")
		if rapid.IntRange(0, 3).Draw(rt, "negate") == 0 {
			word = "-" + word
		}
		words = append(words, word)
	}
	q := ask(rt, strings.Join(words, " "))
	if rapid.Bool().Draw(rt, "rights") {
		q.Products = append([]string{}, some(rt, "pay", "shop", "unheard of")...)
	}
	if rapid.IntRange(0, 4).Draw(rt, "own") == 0 {
		q.Owner = pickText(rt, "ann", "bob", "nobody")
	}
	for range rapid.IntRange(0, 2).Draw(rt, "keys") {
		q.Sort = append(q.Sort, SortKey{rapid.SampledFrom(sortKeys).Draw(rt, "key"), rapid.Bool().Draw(rt, "desc")})
	}
	return q
}

// filled is an index that had other rows before, and orders made of them.
func filled(rt *rapid.T) (*Index, []Row) {
	x, rows := New(), map[int64]Row{}
	for range rapid.IntRange(1, 3).Draw(rt, "rounds") {
		var batch []Row
		for range rapid.IntRange(0, 25).Draw(rt, "rows") {
			row := anyRow(rt, rapid.Int64Range(1, 60).Draw(rt, "num"))
			batch = append(batch, row)
			rows[row.Num] = row
		}
		x.Put(batch)
		if _, err := x.Find(Query{Now: testNow()}); err != nil {
			rt.Fatal(err)
		}
		if _, err := x.Find(Query{Now: testNow(), Sort: []SortKey{{"service", false}, {"due", true}}}); err != nil {
			rt.Fatal(err)
		}
		gone := rapid.SliceOfN(rapid.Int64Range(1, 60), 0, 5).Draw(rt, "gone")
		x.Remove(gone)
		for _, num := range gone {
			delete(rows, num)
		}
	}
	return x, slices.Collect(maps.Values(rows))
}

func numsOf(rows []Row) []int64 {
	var out []int64
	for _, r := range rows {
		out = append(out, r.Num)
	}
	return out
}

func totalOf(rt *rapid.T, x *Index, q Query, text string) int {
	terms, err := ctem.ParseQuery(text)
	if err != nil {
		rt.Fatalf("the link %q: %v", text, err)
	}
	q.Terms = terms
	page, err := x.Find(q)
	if err != nil {
		rt.Fatalf("the link %q: %v", text, err)
	}
	return page.Total
}

// TestListsAgree: total and order are those of the plain loop, and walking by
// token or by window gives the same list.
func TestListsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x, rows := filled(rt)
		q := anyQuery(rt)
		want := numsOf(naive{rows, q}.find())
		page, err := x.Find(q)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, page.Nums, cmpopts.EquateEmpty()); diff != "" || page.Total != len(want) || page.Next != "" {
			rt.Fatalf("%s: total %d, want %d (-want +got):\n%s", QueryText(q.Terms), page.Total, len(want), diff)
		}
		var walked, windows []int64
		for q.Limit = rapid.IntRange(1, 9).Draw(rt, "limit"); ; q.After = page.Next {
			if page, err = x.Find(q); err != nil {
				rt.Fatal(err)
			}
			if page.Start != len(walked) || page.Total != len(want) {
				rt.Fatalf("a page starts at %d of %d, want %d of %d", page.Start, page.Total, len(walked), len(want))
			}
			walked = append(walked, page.Nums...)
			if page.Next == "" {
				break
			}
			window, err := x.Window(q, len(windows), len(page.Nums))
			if err != nil {
				rt.Fatal(err)
			}
			windows = append(windows, window.Nums...)
		}
		if diff := cmp.Diff(want, walked, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("by token (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want[:len(windows)], windows, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("by window (-want +got):\n%s", diff)
		}
	})
}

// TestFacetsAreTotals: a value's count is the total after it is clicked, which
// puts it in place of the query's own terms of that key.
func TestFacetsAreTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x, rows := filled(rt)
		q := anyQuery(rt)
		var asks []FacetAsk
		for _, key := range facetKeys {
			asks = append(asks, FacetAsk{Key: key})
		}
		facets, err := x.Facets(q, asks)
		if err != nil {
			rt.Fatal(err)
		}
		for _, f := range facets {
			sum := 0
			for _, value := range f.Values {
				sum += value.Count
				if f.Key == "product" && q.Products != nil && value.Count > 0 && !slices.Contains(q.Products, value.Value) {
					rt.Fatalf("the product %s is named to one who may see %v", value.Value, q.Products)
				}
				clicked := q
				clicked.Terms = []ctem.Term{{Key: f.Key, Op: ":", Values: []string{value.Value}}}
				for _, term := range q.Terms {
					if !ownTerm(term, f.Key) {
						clicked.Terms = append(clicked.Terms, term)
					}
				}
				page, err := x.Find(clicked)
				if err != nil {
					rt.Fatal(err)
				}
				if page.Total != value.Count {
					rt.Fatalf("%s under %s: facet %d, list %d", f.Key+":"+value.Value, QueryText(q.Terms), value.Count, page.Total)
				}
			}
			rest := naive{rows, q}
			rest.q.Terms = slices.DeleteFunc(slices.Clone(q.Terms), func(t ctem.Term) bool { return ownTerm(t, f.Key) })
			if n := len(rest.find()); f.More > 0 || sum != n && !slices.Contains([]string{"state", "product", "source", "data"}, f.Key) {
				rt.Fatalf("%s: all values have %d rows, want %d", f.Key, sum, n)
			}
		}
	})
}

// TestCascadeIsArithmetic: N3, and each number is the total of its query.
func TestCascadeIsArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x, rows := filled(rt)
		q := anyQuery(rt)
		q.Sort = nil
		c, err := x.Cascade(q)
		if err != nil {
			rt.Fatal(err)
		}
		in, outside := c.Total, 0
		if want := len(naive{rows, q}.find()); in != want {
			rt.Fatalf("%d rows, want %d", in, want)
		}
		for _, r := range (naive{rows, q}).find() {
			if r.Standing.Decision == ctem.ActNow && stopped(r) != "" {
				outside++
			}
		}
		for _, b := range c.Bars {
			if b.In != in || b.Yes+b.Unknown+b.No != in {
				rt.Fatalf("%s: %d + %d + %d of %d, want of %d", b.Key, b.Yes, b.Unknown, b.No, b.In, in)
			}
			in = b.Yes + b.Unknown
			for text, want := range map[string]int{b.Queries.In: b.In, b.Queries.Passed: in, b.Queries.Yes: b.Yes, b.Queries.Unknown: b.Unknown, b.Queries.No: b.No} {
				if got := totalOf(rt, x, q, text); got != want {
					rt.Fatalf("%s: %q lists %d, the bar says %d", b.Key, text, got, want)
				}
			}
		}
		if got := totalOf(rt, x, q, c.ActNowOutsideQuery); got != c.ActNowOutside || got != outside {
			rt.Fatalf("outside: bar %d, list %d, want %d", c.ActNowOutside, got, outside)
		}
	})
}

// TestGroupsAreTotals: a group's numbers are those of the list of its query,
// and walking by token gives all groups once.
func TestGroupsAreTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x, rows := filled(rt)
		q := anyQuery(rt)
		q.Sort = nil
		by := rapid.SampledFrom(groupKeys).Draw(rt, "by")
		whole, err := x.Groups(q, GroupAsk{By: by})
		if err != nil {
			rt.Fatal(err)
		}
		all, members := naive{rows, q}.find(), 0
		for _, g := range whole.Items {
			listed := q
			listed.Terms, err = ctem.ParseQuery(g.Query)
			if err != nil {
				rt.Fatalf("%q: %v", g.Query, err)
			}
			got := naive{rows, listed}.find()
			if len(got) != g.Count || len(got) != totalOf(rt, x, q, g.Query) || got[0].Standing.Decision != g.Worst {
				rt.Fatalf("%s: %q lists %d, the group has %d", by, g.Query, len(got), g.Count)
			}
			members += g.Count
		}
		if by != "product" && members != len(all) || whole.Rows != len(all) {
			rt.Fatalf("%s: %d rows in groups, want %d", by, members, len(all))
		}
		var walked []Group
		next := GroupAsk{By: by, Limit: 2}
		for {
			page, err := x.Groups(q, next)
			if err != nil {
				rt.Fatal(err)
			}
			walked = append(walked, page.Items...)
			if next.After = page.Next; next.After == "" {
				break
			}
		}
		if diff := cmp.Diff(whole.Items, walked, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("walked (-whole +walked):\n%s", diff)
		}
	})
}

// TestHeadlinesAreTotals: the headlines and the bars by owner are totals of lists.
func TestHeadlinesAreTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x, _ := filled(rt)
		q := anyQuery(rt)
		base := QueryText(q.Terms)
		totals, err := x.Totals(q)
		if err != nil {
			rt.Fatal(err)
		}
		for text, want := range map[string]int{
			"": totals.All, "decision:act": totals.Words.ActNow, "decision:schedule": totals.Words.Schedule, "decision:watch": totals.Words.Watch,
			"decision:none": totals.Words.NoAction, "decision:undecided": totals.Words.Undecided, "sla:late": totals.Late, "sla:due7": totals.Soon,
			"is:new": totals.New, "is:unowned": totals.Unowned, "is:regressed": totals.Regressed, "by:person": totals.Ruled,
			"is:excepted": totals.Excepted, "reach:unknown": totals.UnknownReach, "fresh:stale,unknown": totals.Aged,
		} {
			if got := totalOf(rt, x, q, joinQuery(base, text)); got != want {
				rt.Fatalf("%q under %q: %d, want %d", text, base, want, got)
			}
		}
		bars, err := x.Sla(q)
		if err != nil {
			rt.Fatal(err)
		}
		for _, b := range bars {
			for text, want := range map[string]int{" sla:late": b.Late, " sla:due7": b.Soon, " sla:later": b.OnTime, " sla:none": b.NoDue, "": b.Late + b.Soon + b.OnTime + b.NoDue} {
				if got := totalOf(rt, x, q, b.Query+text); got != want {
					rt.Fatalf("%q lists %d, the bar says %d", b.Query+text, got, want)
				}
			}
		}
	})
}
