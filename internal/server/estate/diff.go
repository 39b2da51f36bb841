package estate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/lineage"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Diff says how the twin differs between a time and the time of the query:
// workloads, the artifacts that they run, and things.
func (d placing) Diff(ctx context.Context, from time.Time, q api.Query) (api.Diff, error) {
	ask, err := d.List(api.Query{Query: q.Query, AsOf: q.AsOf, KnownAt: q.KnownAt})
	if err != nil {
		return api.Diff{}, err
	}
	from = from.UTC().Truncate(time.Microsecond)
	doc := api.Diff{
		Schema: api.SchemaDiff, From: from, To: ask.Time(), KnownAt: reply.When(ask.KnownAt), Query: q.Query, Counts: []api.DiffCount{}, Items: []api.DiffItem{},
	}
	if from.After(ask.Time()) {
		return doc, fault.New(fault.Invalid, "the earlier time %s is after the later one %s", from.Format(time.RFC3339), ask.Time().Format(time.RFC3339)).
			WithHint("exchange them")
	}
	if doc.Computed, err = d.Computed(ctx); err != nil {
		return doc, err
	}
	x := differing{placing: d, from: from}
	if err := x.divide(ask); err != nil {
		return doc, err
	}
	for _, part := range []func(context.Context) error{x.workloads, x.things} {
		if err := part(ctx); err != nil {
			return doc, err
		}
	}
	slices.SortFunc(x.items, func(a, b difference) int { return strings.Compare(a.key(), b.key()) })
	doc.Counts = x.counts()
	var page api.List[difference]
	if err := reply.Window(&page, x.items, q, (*difference).key); err != nil {
		return doc, err
	}
	doc.Total, doc.Truncated, doc.Next = page.Total, page.Truncated, page.Next
	doc.Items, err = x.tell(ctx, page.Items)
	return doc, err
}

// difference is one that differs, before its fields are told.
type difference struct {
	api.DiffItem
	before, after  []byte  // of a workload or an artifact
	states, become []int64 // of a thing
}

func (x *difference) key() string { return strings.Join([]string{x.Kind, x.ID, x.Scope}, "\x00") }

// differing is a diff on its way.
type differing struct {
	placing
	from          time.Time
	ask, thingAsk ctem.ListQuery
	kinds         []string // asked for; none: all
	noThings      bool     // what is asked of services is not asked of things
	items         []difference
}

// divide gives each part of the twin its terms: kind to all, services, products
// and owners to workloads alone, and then no thing is compared.
func (x *differing) divide(ask ctem.ListQuery) error {
	x.ask, x.thingAsk = ask, ask
	x.ask.Terms, x.thingAsk.Terms = nil, nil
	for _, t := range ask.Terms {
		switch t.Key {
		case "kind":
			if t.Negate || t.Op != ":" {
				return fault.New(fault.Invalid, "a diff takes the kinds that it shows").WithHint("as kind:Workload,Artifact,Service")
			}
			x.kinds = append(x.kinds, t.Values...)
		case "service", "svc", "product", "owner":
			x.noThings = true
			x.ask.Terms = append(x.ask.Terms, t)
		case "env", "environment", ctem.TextKey:
			x.ask.Terms, x.thingAsk.Terms = append(x.ask.Terms, t), append(x.thingAsk.Terms, t)
		default:
			return ctem.UnknownKey(t.Key, []string{"kind", "service", "product", "owner", "environment"})
		}
	}
	return nil
}

func (x *differing) wants(kind string) bool {
	return len(x.kinds) == 0 || slices.Contains(x.kinds, kind)
}

// workloads compares what runs, and which artifacts do.
func (x *differing) workloads(ctx context.Context) error {
	if !x.wants(twin.KindWorkload) && !x.wants(twin.KindArtifact) {
		return nil
	}
	earlier := x.ask
	earlier.At = x.from
	before, err := x.Estate.Workloads(ctx, earlier)
	if err != nil {
		return err
	}
	after, err := x.Estate.Workloads(ctx, x.ask)
	if err != nil {
		return err
	}
	if x.wants(twin.KindWorkload) {
		if err := x.places(before.Items, after.Items); err != nil {
			return err
		}
	}
	if x.wants(twin.KindArtifact) {
		return x.artifacts(ctx, before.Items, after.Items)
	}
	return nil
}

func (x *differing) places(before, after []ctem.Workload) error {
	type pair struct{ before, after *ctem.Workload }
	pairs := map[twin.End]pair{}
	end := func(w *ctem.Workload) twin.End {
		return twin.End{Kind: twin.KindWorkload, Scope: w.Environment, Name: w.Service}
	}
	for i := range before {
		pairs[end(&before[i])] = pair{before: &before[i]}
	}
	for i := range after {
		p := pairs[end(&after[i])]
		p.after = &after[i]
		pairs[end(&after[i])] = p
	}
	for e, p := range pairs {
		a, err := lineage.Spoken(p.before)
		if err != nil {
			return err
		}
		b, err := lineage.Spoken(p.after)
		if err != nil {
			return err
		}
		if string(a) == string(b) {
			continue
		}
		now := p.after
		if now == nil {
			now = p.before
		}
		item := api.DiffItem{
			Kind: e.Kind, ID: e.Name, Scope: e.Scope, Change: string(ctem.ChangeOf(p.before != nil, p.after != nil)), Sources: reply.List(now.Sources), Owner: now.Owner,
		}
		if p.after != nil {
			item.At = reply.When(lineage.Newest(p.after))
		}
		x.items = append(x.items, difference{DiffItem: item, before: a, after: b})
	}
	return nil
}

// artifacts compares which artifacts run, and what is known to be in those that do.
func (x *differing) artifacts(ctx context.Context, before, after []ctem.Workload) error {
	ran, runs := lineage.Running(before), lineage.Running(after)
	ids := map[string]bool{}
	for id := range ran {
		ids[id] = true
	}
	for id := range runs {
		ids[id] = true
	}
	known, err := x.Twin.Artifacts(ctx, reply.SortedKeys(ids))
	if err != nil {
		return err
	}
	for id := range ids {
		a := known[id]
		was, is := lineage.ContentsAt(&a, x.from), lineage.ContentsAt(&a, x.ask.Time())
		item := api.DiffItem{Kind: twin.KindArtifact, ID: id, Change: string(ctem.ChangeOf(ran[id] != "", runs[id] != "")), Sources: []string{}}
		b, c := lineage.ArtifactState(ran[id], was), lineage.ArtifactState(runs[id], is)
		if string(b) != string(c) {
			x.items = append(x.items, difference{DiffItem: item, before: b, after: c})
		}
	}
	return nil
}

// things compares what is no workload.
func (x *differing) things(ctx context.Context) error {
	if x.noThings {
		return nil
	}
	ask := x.thingAsk
	if kinds := slices.DeleteFunc(slices.Clone(x.kinds), func(k string) bool { return k == twin.KindWorkload || k == twin.KindArtifact }); len(kinds) > 0 {
		ask.Terms = append(ask.Terms, ctem.Term{Key: "kind", Op: ":", Values: kinds})
	} else if len(x.kinds) > 0 {
		return nil
	}
	list, err := x.Twin.ThingChanges(ctx, ask, x.from)
	for i := range list {
		c := &list[i]
		x.items = append(x.items, difference{
			DiffItem: api.DiffItem{Kind: c.End.Kind, ID: c.End.Name, Scope: c.End.Scope, Change: string(c.Change()), At: reply.When(c.At), Sources: reply.List(c.Sources)},
			states:   c.Before, become: c.After,
		})
	}
	return err
}

func (x *differing) counts() []api.DiffCount {
	out := []api.DiffCount{}
	for i := range x.items {
		item := &x.items[i]
		if n := len(out); n == 0 || out[n-1].Kind != item.Kind {
			out = append(out, api.DiffCount{Kind: item.Kind})
		}
		c := &out[len(out)-1]
		switch ctem.ChangeWord(item.Change) {
		case ctem.ChangeAdded:
			c.Added++
		case ctem.ChangeRemoved:
			c.Removed++
		case ctem.ChangeChanged:
			c.Changed++
		}
	}
	return out
}

// tell adds to the items of a page what changed in them.
func (x *differing) tell(ctx context.Context, list []difference) ([]api.DiffItem, error) {
	var states []int64
	for i := range list {
		states = append(append(states, list[i].states...), list[i].become...)
	}
	bodies, err := x.Twin.States(ctx, states)
	if err != nil {
		return nil, err
	}
	out := make([]api.DiffItem, 0, len(list))
	for i := range list {
		item := &list[i]
		if len(item.states)+len(item.become) > 0 {
			item.before, item.after = lineage.Joined(bodies, item.states), lineage.Joined(bodies, item.become)
		}
		item.Changes = []api.FieldChange{}
		if item.Change == string(ctem.ChangeChanged) {
			item.Changes, item.More = fieldItems(lineage.Fields(item.before, item.after))
		}
		out = append(out, item.DiffItem)
	}
	return out, nil
}
