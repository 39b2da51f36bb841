package main

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/scope"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// TestPicture draws the pages of the demo's company, and holds each number
// against the list that it is a link to while the company goes on.
func TestPicture(t *testing.T) {
	t.Parallel()
	d := stage(t, demoNow)
	shift := &atomic.Int64{}
	shifted := *d.s
	shifted.Now = func() time.Time {
		return d.clock.Now().Add(time.Duration(shift.Load())).UTC().Truncate(time.Microsecond)
	}
	pic := picture.New(shifted.Picture())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- pic.Run(ctx) }()
	p := drawn{d, pic, shift}
	p.agrees(t, "as it was found")
	p.pages(t, reply.Viewer{})
	t.Run("scope", p.scoped)
	p.agrees(t, "with a scope")
	for _, v := range []reply.Viewer{{}, {Products: []string{p.products(t)[0]}}, {Products: []string{}}} {
		p.pages(t, v)
	}
	t.Run("drill", p.drilled)
	t.Run("exposure", p.exposure)
	t.Run("search", p.search)
	t.Run("silence", p.silent)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type drawn struct {
	*staged
	pic   *picture.Picture
	shift *atomic.Int64 // how far the picture's clock is ahead of the company's
}

// now is the time by the picture's clock.
func (p drawn) now() ctem.AsOf {
	return ctem.AsOf{Now: p.clock.Now().Add(time.Duration(p.shift.Load()))}
}

// agrees waits until the picture's list is that of the store.
func (p drawn) agrees(t *testing.T, when string) {
	t.Helper()
	p.t = t
	terms, err := ctem.ParseQuery("is:live,closed")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for {
		p.pic.Wake()
		want, err := p.s.DB.ListExposures(context.Background(), ctem.ListQuery{AsOf: p.now(), Terms: terms})
		if err != nil {
			t.Fatal(when, err)
		}
		got, err := p.pic.ListExposures(context.Background(), ctem.ListQuery{AsOf: p.now(), Terms: terms})
		if err != nil {
			t.Fatal(when, err)
		}
		if same(got.Items, want.Items) {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s: the picture has %d exposures, the store %d; %s", when, got.Total, want.Total, p.pic.Trouble())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func same(a, b []ctem.Exposure) bool {
	return slices.EqualFunc(a, b, func(x, y ctem.Exposure) bool { return x.ID == y.ID && x.State == y.State && x.Revision == y.Revision })
}

// scoped says what the company's business is, and waits until it is shown.
func (p drawn) scoped(t *testing.T) {
	ctx := context.Background()
	file := []byte(p.said.scopes[len(p.said.scopes)-1])
	if _, err := (scope.Keeper{Store: p.s.DB, Now: p.clock.Now}).Apply(ctx, "test", file); err != nil {
		t.Fatal(err)
	}
	if _, err := p.s.Runner.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for len(p.products(t)) == 0 {
		if time.Since(began) > 20*time.Second {
			t.Fatal("the products do not appear; ", p.pic.Trouble())
		}
		p.pic.Wake()
		time.Sleep(5 * time.Millisecond)
	}
}

func (p drawn) products(t *testing.T) []string {
	t.Helper()
	list, err := p.pic.Products(context.Background(), reply.Viewer{}, api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range list.Items {
		names = append(names, x.Product)
		if list.Total > 0 && (x.Exposures.Count == 0 || len(x.Services) == 0 || x.Score == 0) {
			t.Errorf("the product %+v has nothing", x)
		}
	}
	return names
}

// pages draws every page and follows every link of it.
func (p drawn) pages(t *testing.T, v reply.Viewer) {
	t.Helper()
	ctx := context.Background()
	overview, err := p.pic.Overview(ctx, v, api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %s Trend %s: %s. %s", v, overview.Sentence, overview.Verdict.Word, overview.Verdict.Rule, overview.Standing.Sentence)
	matrix, err := p.pic.Matrix(ctx, v, api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	news, err := p.pic.News(ctx, v, api.Query{}, false)
	if err != nil {
		t.Fatal(err)
	}
	docs := []any{overview, matrix, news}
	for _, x := range p.products(t) {
		if v.Products != nil && !slices.Contains(v.Products, x) {
			if _, err := p.pic.Product(ctx, v, x, api.Moment{}); err == nil {
				t.Errorf("%v sees %s", v, x)
			}
			continue
		}
		product, err := p.pic.Product(ctx, v, x, api.Moment{})
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, product)
	}
	for _, doc := range docs {
		p.follow(t, v, reflect.ValueOf(doc))
	}
}

// follow lists what the links of a document promise.
func (p drawn) follow(t *testing.T, v reply.Viewer, x reflect.Value) {
	t.Helper()
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			p.follow(t, v, x.Elem())
		}
	case reflect.Slice:
		for i := range x.Len() {
			p.follow(t, v, x.Index(i))
		}
	case reflect.Struct:
		link, ok := x.Interface().(api.Link)
		if ok {
			list, err := p.pic.Desk().As(v).Exposures(context.Background(), api.Query{Query: link.Query, Limit: 1})
			if err != nil || list.Total != link.Count {
				t.Errorf("%v: %d, and the list of %q has %d (%v)", v, link.Count, link.Query, list.Total, err)
			}
			return
		}
		for i := range x.NumField() {
			if x.Type().Field(i).IsExported() {
				p.follow(t, v, x.Field(i))
			}
		}
	}
}

// drilled publishes an advisory, and waits until the pages show it.
func (p drawn) drilled(t *testing.T) {
	p.t = t
	drill := p.player.Drill()
	for name, step := range map[string]func(context.Context) error{"published": drill.Publish} {
		before := p.pic.Revision()
		p.step(step)
		p.agrees(t, name)
		if p.pic.Revision() == before {
			t.Errorf("%s: the revision is still %d", name, before)
		}
	}
	p.step(drill.Deploy)
	p.agrees(t, "deployed")
	p.step(drill.Reset)
	p.agrees(t, "reset")
}

// silent lets the sources fall silent: what runs is not known any more, though
// no stream says so.
func (p drawn) silent(t *testing.T) {
	count := func(query string) int {
		list, err := p.pic.Desk().Exposures(context.Background(), api.Query{Query: query, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return list.Total
	}
	before := count("running:yes")
	p.shift.Store(int64(30 * 24 * time.Hour))
	began := time.Now()
	for count("running:yes") > 0 && time.Since(began) < 20*time.Second {
		p.pic.Wake()
		time.Sleep(5 * time.Millisecond)
	}
	if after := count("running:yes"); before == 0 || after > 0 {
		t.Errorf("%d ran, and %d still do after a month of silence", before, after)
	}
	p.agrees(t, "silent")
	p.pages(t, reply.Viewer{})
	doc, err := p.pic.Overview(context.Background(), reply.Viewer{}, api.Query{})
	if err != nil || doc.State != "blind" || doc.Standing.State != "unknown" {
		t.Errorf("a month of silence looks like %q, %+v, %v", doc.State, doc.Standing, err)
	}
}

// exposure draws the page of some exposures.
func (p drawn) exposure(t *testing.T) {
	p.t = t
	items := p.list("is:live,closed").Items
	titled := 0
	for i := 0; i < len(items); i += 29 {
		doc, err := p.pic.ExposurePage(context.Background(), reply.Viewer{}, items[i].ID, api.Moment{})
		if err != nil {
			t.Fatal(items[i].ID, err)
		}
		if len(doc.Rungs) != 5 || doc.Rungs[0].Gate != "present" || slices.ContainsFunc(doc.Rungs, func(r api.Rung) bool { return r.Line == "" || r.Verdict == "" || r.Raw == "" }) {
			t.Errorf("%s: rungs %+v", doc.Exposure.ID, doc.Rungs)
		}
		if !slices.IsSortedFunc(doc.Timeline, func(a, b api.Event) int { return a.At.Compare(b.At) }) || len(doc.Timeline) < 2 {
			t.Errorf("%s: timeline %+v", doc.Exposure.ID, doc.Timeline)
		}
		if items[i].State.Live() && doc.Siblings.Count == 0 {
			t.Errorf("%s has no siblings, not even itself", doc.Exposure.ID)
		}
		p.follow(t, reply.Viewer{}, reflect.ValueOf(doc.Siblings))
		if doc.Title != "" {
			titled++
		}
	}
	if titled == 0 {
		t.Error("no exposure has a title")
	}
	if _, err := p.pic.ExposurePage(context.Background(), reply.Viewer{Products: []string{}}, items[0].ID, api.Moment{}); err == nil {
		t.Error("one who may see nothing sees an exposure")
	}
}

func (p drawn) search(t *testing.T) {
	p.t = t
	first := p.list("").Items[0]
	for text, want := range map[string]string{
		"checkout": "service", first.ID: "exposure", "CVE-2021-44228": "weakness", "log4j": "component", p.products(t)[0]: "product",
		strings.ToLower(first.ID): "exposure", "pkg:npm/x@1": "component",
	} {
		got, err := p.pic.Search(context.Background(), reply.Viewer{}, text)
		if err != nil || !slices.ContainsFunc(got.Items, func(h api.SearchHit) bool { return h.Kind == want && strings.HasPrefix(h.Path, "/") }) {
			t.Errorf("%q finds no %s: %+v, %v", text, want, got.Items, err)
		}
		hidden, err := p.pic.Search(context.Background(), reply.Viewer{Products: []string{}}, text)
		if err != nil || slices.ContainsFunc(hidden.Items, func(h api.SearchHit) bool { return !strings.HasPrefix(h.Label, "Are we affected") }) {
			t.Errorf("one who may see nothing finds %+v, %v", hidden.Items, err)
		}
	}
}
