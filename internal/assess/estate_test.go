package assess

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/twin"
)

// estate drives a store with assess behind it, a twin of its own in memory,
// and a clock of its own.
type estate struct {
	t    testing.TB
	ctx  context.Context
	db   *store.DB
	twin *fakeTwin
	now  time.Time

	shelf Shelf
}

func newEstate(t testing.TB, db *store.DB) *estate {
	return &estate{t: t, ctx: context.Background(), db: db, now: day(20), twin: &fakeTwin{
		artifacts: map[string]twin.Artifact{}, components: map[int64]twin.Component{}, ids: map[string]int64{}, places: map[int64]*twin.Place{},
	}}
}

// fakeTwin holds places and artifacts, and numbers every change of a place.
type fakeTwin struct {
	places     map[int64]*twin.Place
	artifacts  map[string]twin.Artifact
	components map[int64]twin.Component
	ids        map[string]int64 // purl → component
	changes    []int64          // places, by number - 1
}

func (f *fakeTwin) TwinChanges(_ context.Context, after int64, limit int) (places []int64, last int64, err error) {
	last = after
	for last < int64(len(f.changes)) && int(last-after) < limit {
		if p := f.changes[last]; !slices.Contains(places, p) {
			places = append(places, p)
		}
		last++
	}
	return places, last, nil
}

func (f *fakeTwin) Places(_ context.Context, ids []int64) (out []twin.Place, err error) {
	for _, id := range ids {
		out = append(out, *f.places[id])
	}
	return out, nil
}

func (f *fakeTwin) Artifacts(_ context.Context, ids []string) (map[string]twin.Artifact, error) {
	out := map[string]twin.Artifact{}
	for _, id := range ids {
		if a, ok := f.artifacts[id]; ok {
			out[id] = a
		}
	}
	return out, nil
}

func (f *fakeTwin) ArtifactsByNameTag(_ context.Context, tags []string) (map[string][]twin.Artifact, error) {
	out := map[string][]twin.Artifact{}
	for _, a := range f.artifacts {
		if slices.Contains(tags, a.NameTag) {
			out[a.NameTag] = append(out[a.NameTag], a)
		}
	}
	return out, nil
}

func (f *fakeTwin) Components(_ context.Context, ids []int64) (map[int64]twin.Component, error) {
	out := map[int64]twin.Component{}
	for _, id := range ids {
		out[id] = f.components[id]
	}
	return out, nil
}

// memory is the store with the fake twin's places.
type memory struct {
	*store.DB
	places []int64
}

func (m memory) PlacesWithComponents(context.Context, []int64) ([]int64, error) { return m.places, nil }

func (e *estate) step() *Step {
	places := make([]int64, 0, len(e.twin.places))
	for id := range e.twin.places {
		places = append(places, id)
	}
	slices.Sort(places)
	return &Step{Twin: e.twin, Intel: e.db, Matches: memory{e.db, places}, Left: e.db, Exposures: e.db, Shelf: e.shelf, Now: func() time.Time { return e.now }}
}

// drain runs the step until quiet, with the clock a second later.
func (e *estate) drain() {
	e.t.Helper()
	e.now = e.now.Add(time.Second)
	s := e.step()
	for {
		n, err := s.Run(e.ctx)
		if err != nil {
			e.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// sbom lists the contents of an artifact from a day on.
func (e *estate) sbom(image string, from int, purls ...string) {
	c := made(from, 0)
	for _, p := range purls {
		id, ok := e.twin.ids[p]
		if !ok {
			id = int64(len(e.twin.ids) + 1)
			e.twin.ids[p] = id
			e.twin.components[id] = twin.Component{Purl: p, Name: twin.LocusName(twin.Locus(p)), Version: twin.PurlVersion(p)}
		}
		c.Components = append(c.Components, id)
	}
	a, ok := e.twin.artifacts[artifact(image).ID]
	if !ok {
		a = artifact(image)
	}
	if n := len(a.Contents); n > 0 {
		a.Contents[n-1].To = c.From
	}
	a.Contents = append(a.Contents, c)
	e.twin.artifacts[a.ID] = a
}

// runs replaces all claims about a service in prod.
func (e *estate) runs(service string, claims ...twin.Claim) {
	id := int64(0)
	for _, p := range e.twin.places {
		if p.Service == service {
			id = p.ID
		}
	}
	if id == 0 {
		id = int64(len(e.twin.places) + 1)
	}
	e.twin.places[id] = &twin.Place{ID: id, Service: service, Environment: "prod", Claims: claims}
	e.twin.changes = append(e.twin.changes, id)
}

// npm is a record about a package up to a fixed version.
func npm(id, name, fixed string, more ...func(*advisory.Record)) advisory.Record {
	r := advisory.Record{ID: id, Modified: day(1), Published: day(1), Affected: []advisory.Affected{{
		Ecosystem: "npm", Name: name,
		Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: fixed}}}},
	}}}
	for _, m := range more {
		m(&r)
	}
	return r
}

func aka(names ...string) func(*advisory.Record) {
	return func(r *advisory.Record) { r.Aliases = names }
}

func changed(d int) func(*advisory.Record) {
	return func(r *advisory.Record) { r.Modified = day(d) }
}

func withdrawn(d int) func(*advisory.Record) {
	return func(r *advisory.Record) { r.Withdrawn, r.Modified = day(d), day(d) }
}

func (e *estate) advise(records ...advisory.Record) {
	e.t.Helper()
	e.now = e.now.Add(time.Second)
	if _, err := e.db.CommitAdvisories(e.ctx, advisory.Batch{Feed: "npm", Records: records, Now: e.now}); err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.db.FinishFeed(e.ctx, advisory.Feed{Kind: advisory.FeedOSV, Name: "npm", LoadedAt: e.now}, nil); err != nil {
		e.t.Fatal(err)
	}
}

// list asks for everything that a query selects and prints one line for each.
func (e *estate) list(at ctem.AsOf, query string) []string {
	e.t.Helper()
	terms, err := ctem.ParseQuery(query)
	if err != nil {
		e.t.Fatal(err)
	}
	if at.Now.IsZero() {
		at.Now = e.now
	}
	page, err := e.db.ListExposures(e.ctx, ctem.ListQuery{AsOf: at, Terms: terms})
	if err != nil {
		e.t.Fatal(err)
	}
	if page.Total != len(page.Items) {
		e.t.Errorf("total %d of %d items", page.Total, len(page.Items))
	}
	var out []string
	for _, x := range page.Items {
		out = append(out, fmt.Sprintf("%s %s %s %s run:%s", x.Weakness.Canonical, twin.LocusName(x.Locus), x.Service, x.State, x.Running))
	}
	slices.Sort(out)
	return out
}

// only returns the one exposure of a service, whatever its state.
func (e *estate) only(service string) ctem.Exposure {
	e.t.Helper()
	page, err := e.db.ListExposures(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}, Terms: []ctem.Term{
		{Key: "service", Op: ":", Values: []string{service}}, {Key: "is", Op: ":", Values: []string{"live", "closed"}},
	}})
	if err != nil {
		e.t.Fatal(err)
	}
	if len(page.Items) != 1 {
		e.t.Fatalf("%s has %d exposures, want 1", service, len(page.Items))
	}
	return page.Items[0]
}
