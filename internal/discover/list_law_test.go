package discover

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// at asks what was so at one hour, as known at another (0: now).
func (e *estate) at(h, known int) string {
	e.t.Helper()
	q := ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}}
	if h > 0 {
		q.At = hour(h)
	}
	if known > 0 {
		q.KnownAt = hour(known)
	}
	page, err := e.db.Workloads(e.ctx, q)
	if err != nil {
		e.t.Fatal(err)
	}
	var out []string
	for _, w := range page.Items {
		out = append(out, w.Service+"="+w.Images[0].String())
	}
	q.Limit = 1
	first, err := e.db.Workloads(e.ctx, q)
	if err != nil {
		e.t.Fatal(err)
	}
	if page.Total != len(out) || first.Total != len(out) {
		e.t.Errorf("%d items of %d, and of %d as the first page counts", len(out), page.Total, first.Total)
	}
	return strings.Join(out, " ")
}

// lawKnownAt: what was so, and what was believed, are two questions.
func lawKnownAt(e *estate) {
	learn := func(h int, list ...twin.Observation) {
		e.now = hour(h)
		e.append(list...)
		e.drain()
	}
	declared := snapshotAt(2, "cart=shop/z", "mail=shop/m", "pay=shop/p")
	declared.Source, declared.Class = "manifests", twin.Declared
	e.now = hour(90)
	e.snapshot(declared)
	ended := tombstoneAt(6, "pay")
	learn(100, deltaAt(1, "cart=shop/a"), deltaAt(3, "pay=shop/p"), ended)
	learn(200, deltaAt(10, "cart=shop/c")) // an ordinary change
	learn(300, deltaAt(5, "cart=shop/b"))  // late: between the two
	learn(400, tombstoneAt(20, "cart"))
	learn(500, deltaAt(15, "cart=shop/d"), deltaAt(25, "cart=shop/a"))
	e.now = hour(600)
	for _, c := range []struct {
		at, known int
		want      string
	}{
		{3, 50, ""},
		{3, 150, "cart=shop/a"},
		{7, 150, "cart=shop/a"},
		{12, 150, "cart=shop/a"},
		{30, 150, "cart=shop/a"},
		{7, 250, "cart=shop/a"},
		{12, 250, "cart=shop/c"},
		{30, 250, "cart=shop/c"},
		{3, 350, "cart=shop/a"},
		{7, 350, "cart=shop/b"},
		{12, 350, "cart=shop/c"},
		{22, 350, "cart=shop/c"},
		{12, 450, "cart=shop/c"},
		{17, 450, "cart=shop/c"},
		{22, 450, ""},
		{30, 450, ""},
		{0, 0, "cart=shop/a"},
		{12, 0, "cart=shop/c"},
		{17, 0, "cart=shop/d"},
		{22, 0, ""},
		{30, 0, "cart=shop/a"},
		{17, 550, "cart=shop/d"},
	} {
		for h := range 30 {
			e.at(h, c.known)
		}
		got, _, _ := strings.Cut(e.at(c.at, c.known), "mail") // mail and pay are there to be counted
		if got = strings.TrimSpace(got); got != c.want {
			e.t.Errorf("at hour %d, known at %d: %q, want %q", c.at, c.known, got, c.want)
		}
	}
}

// lawFloor: before the retention floor there is an error, not an empty list;
// after it everything is as it was, also when late evidence comes.
func lawFloor(e *estate) {
	e.append(deltaAt(1, "cart=shop/a"), deltaAt(5, "cart=shop/b"), deltaAt(9, "cart=shop/c"))
	e.drain()
	if err := e.db.Compact(e.ctx, hour(6), e.now); err != nil {
		e.t.Fatal(err)
	}
	_, err := e.db.Workloads(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{At: hour(3), Now: e.now}})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), hour(6).Format(time.RFC3339)) {
		e.t.Errorf("before the floor: %v", err)
	}
	if got := e.at(7, 0); got != "cart=shop/b" {
		e.t.Errorf("after the floor: %q", got)
	}
	e.wants("prod/cart shop/a 1-5", "prod/cart shop/b 5-9", "prod/cart shop/c 9-")
	e.append(deltaAt(2, "cart=shop/x"), deltaAt(7, "cart=shop/y"))
	e.drain()
	e.wants("prod/cart shop/a 1-2", "prod/cart shop/x 2-5", "prod/cart shop/b 5-7", "prod/cart shop/y 7-9", "prod/cart shop/c 9-")
	if err := e.db.Compact(e.ctx, e.now.Add(time.Hour), e.now); fault.KindOf(err) != fault.Invalid {
		e.t.Errorf("a floor in the future: %v", err)
	}
}

func lawList(e *estate) {
	declared := snapshotAt(1, "cart=shop/cart:1", "mail=shop/mail:1", "old=shop/old:1")
	declared.Source, declared.Class = "manifests", twin.Declared
	e.snapshot(declared)
	e.snapshot(snapshotAt(2, "cart=shop/cart:2", "old=shop/old:1", "pay=shop/pay:1"))
	e.snapshot(snapshotAt(4, "cart=shop/cart:2", "pay=shop/pay:1"))
	e.append(sbomAt(1, "shop/cart:2", "pkg:npm/x@1 pkg:npm/y@2"), sbomAt(2, "shop/pay:1", "pkg:npm/x@1"))
	e.drain()
	e.now = hour(10)
	ask := func(terms string, limit int, after string) ctem.WorkloadPage {
		parsed, err := ctem.ParseQuery(terms)
		if err != nil {
			e.t.Fatal(err)
		}
		page, err := e.db.Workloads(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}, Terms: parsed, Limit: limit, After: after})
		if err != nil {
			e.t.Fatal(err)
		}
		return page
	}
	var got []string
	for page := ask("", 1, ""); ; page = ask("", 1, page.Next) {
		if page.Total != 3 || len(page.Items) != 1 {
			e.t.Fatalf("page of %d, total %d, want 3", len(page.Items), page.Total)
		}
		w := page.Items[0]
		got = append(got, fmt.Sprintf("%s %s %s %s %s %s %v", w.Service, w.Images[0], w.Class, w.Running, w.Freshness, w.SBOM, w.Sources))
		if page.Next == "" {
			break
		}
	}
	want := []string{
		"cart shop/cart:2 observed yes fresh yes [agent manifests]", "mail shop/mail:1 declared unknown fresh no [manifests]",
		"pay shop/pay:1 observed yes fresh yes [agent]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		e.t.Errorf("-want +got:\n%s", diff)
	}
	if page := ask("class:observed -service:pay", 5, ""); page.Total != 1 || page.Items[0].Service != "cart" {
		e.t.Errorf("the query gave %+v", page)
	}
	e.now = hour(4 + 8*4)
	if page := ask("service:cart", 0, ""); page.Items[0].Running != ctem.Unknown || page.Items[0].Freshness != twin.Stale {
		e.t.Errorf("after a day of silence: %+v", page.Items[0])
	}
	lawCatalogue(e)
}

func lawCatalogue(e *estate) {
	q := ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}, Limit: 1}
	arts, err := e.db.ArtifactsList(e.ctx, q)
	if err != nil || arts.Total != 2 || len(arts.Items) != 1 || arts.Items[0].Components != 2 || !arts.Items[0].Deployed || arts.Next == "" {
		e.t.Errorf("artifacts %+v, %v", arts, err)
	}
	comps, err := e.db.ComponentsList(e.ctx, q)
	if err != nil || comps.Total != 2 || comps.Items[0].Purl != "pkg:npm/x@1" || comps.Items[0].Artifacts != 2 {
		e.t.Errorf("components %+v, %v", comps, err)
	}
	q.After = comps.Next
	if comps, err = e.db.ComponentsList(e.ctx, q); err != nil || comps.Items[0].Purl != "pkg:npm/y@2" || comps.Next != "" {
		e.t.Errorf("components, second page %+v, %v", comps, err)
	}
	services, err := e.db.ServicesList(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}})
	if err != nil || len(services.Items) != 3 || services.Total != 3 || services.Items[0].Name != "cart" {
		e.t.Errorf("services %+v, %v", services, err)
	}
	sources, err := e.db.Sources(e.ctx, ctem.AsOf{Now: e.now})
	if err != nil || len(sources) != 3 {
		e.t.Errorf("sources %+v, %v", sources, err)
	}
}
