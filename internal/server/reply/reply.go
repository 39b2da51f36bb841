// Package reply holds what all questions have in common: their times, who asks and
// may see how much, how far the evidence was computed, and pages.
//
// The model. A Base is a clock, the streams and a viewer. A question becomes a
// ctem.ListQuery that is narrowed to the viewer, and its answer an api.List. Words
// that several answers have are here too.
//
// Invariants. No question forgets its viewer: there is no other way to make one.
// A value that is not known is null or "unknown".
package reply

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Streams says how far the evidence was computed.
type Streams interface {
	Head(ctx context.Context, stream ctem.Stream) (seq int64, at time.Time, err error)
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
}

// Base is what every question needs.
type Base struct {
	Streams Streams
	First   string // the step that reads evidence: how far it is, is how far all is computed
	Now     func() time.Time
	Viewer  Viewer
}

// Viewer is how much somebody may see.
type Viewer struct {
	Products []string // nil: all; empty: none
	Owner    string   // only services of this owner; "": any
}

// Narrow reports whether there may be something that the viewer does not see.
func (v Viewer) Narrow() bool { return v.Products != nil || v.Owner != "" }

// Asks is a question of the viewer about a time, without terms.
func (b *Base) Asks(at ctem.AsOf) ctem.ListQuery {
	return ctem.ListQuery{AsOf: at, Products: b.Viewer.Products, Owner: b.Viewer.Owner}
}

// Time reads the times of a question.
func (b *Base) Time(m api.Moment) ctem.AsOf {
	at := ctem.AsOf{Now: b.Now().UTC().Truncate(time.Microsecond)}
	if m.AsOf != nil {
		at.At = m.AsOf.UTC().Truncate(time.Microsecond)
	}
	if m.KnownAt != nil {
		at.KnownAt = m.KnownAt.UTC().Truncate(time.Microsecond)
	}
	return at
}

// List reads the question for a list.
func (b *Base) List(q api.Query) (ctem.ListQuery, error) {
	terms, err := ctem.ParseQuery(q.Query)
	if err != nil {
		return ctem.ListQuery{}, err
	}
	sort, err := ctem.ParseSort(q.Sort)
	if err != nil {
		return ctem.ListQuery{}, err
	}
	return ctem.ListQuery{
		AsOf: b.Time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}), Terms: terms, Sort: sort, Limit: q.Limit, After: q.Cursor,
		Products: b.Viewer.Products, Owner: b.Viewer.Owner,
	}, nil
}

// Envelope is a list of the present question, still without items.
func Envelope[T any](ctx context.Context, b *Base, q api.Query, schema string) (api.List[T], error) {
	at := b.Time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt})
	out := api.List[T]{Schema: schema, AsOf: at.Time(), KnownAt: When(at.KnownAt), Query: q.Query, Items: []T{}}
	var err error
	out.Computed, err = b.Computed(ctx)
	return out, err
}

// Computed says up to which evidence answers are computed.
func (b *Base) Computed(ctx context.Context) (api.Computed, error) {
	last, recorded, err := b.Streams.Head(ctx, ctem.StreamEvidence)
	if err != nil {
		return api.Computed{}, err
	}
	done, err := b.Streams.Cursor(ctx, b.First, ctem.StreamEvidence)
	return api.Computed{EvidenceAt: When(recorded), Behind: max(0, last-done)}, err
}

// Whole cuts a list that has no pages to the limit.
func Whole[T, N any](out *api.List[T], all []N, limit int, item func(N) T) {
	out.Total = len(all)
	if limit > 0 && len(all) > limit {
		all, out.Truncated = all[:limit], true
	}
	for _, x := range all {
		out.Items = append(out.Items, item(x))
	}
}

// Paged fills a page in.
func Paged[T, N any](out *api.List[T], p ctem.Page[N], item func(N) T) {
	out.Total, out.Truncated, out.Next = p.Total, p.Next != "", Text(p.Next)
	for _, x := range p.Items {
		out.Items = append(out.Items, item(x))
	}
}

// NoPages refuses to continue a list that has none.
func NoPages(q api.Query, kind string) error {
	if q.Cursor == "" {
		return nil
	}
	return fault.New(fault.Invalid, "%s have no pages to continue", kind).WithHint("ask for all of them")
}

// PlainList refuses conditions and orders for a list that has its own alone.
func PlainList(q api.Query, kind string) error {
	if q.Sort != "" {
		return fault.New(fault.Invalid, "%s take no sort", kind).WithHint("leave the sort out")
	}
	return NoQuery(q, kind)
}

// NoQuery refuses conditions for a list that takes none.
func NoQuery(q api.Query, kind string) error {
	if q.Query == "" {
		return nil
	}
	return fault.New(fault.Invalid, "%s take no query yet", kind).WithHint("leave the query out")
}
