package picture

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/triage"
)

// rower turns exposures into rows of an index.
type rower struct {
	world    World
	business *business
	haveKEV  bool
	weak     map[int64]triage.Weak // of weaknesses that were seen
}

func (d *drawing) rower(ctx context.Context, b *business) (*rower, error) {
	feeds, err := d.World.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	return &rower{
		world: d.World, business: b, weak: map[int64]triage.Weak{},
		haveKEV: slices.ContainsFunc(feeds, func(f advisory.Feed) bool { return f.Kind == advisory.FeedKEV }),
	}, nil
}

// rows turns a batch into rows.
func (r *rower) rows(ctx context.Context, list []ctem.Exposure) ([]triage.Row, error) {
	if err := r.learn(ctx, list); err != nil {
		return nil, err
	}
	out := make([]triage.Row, len(list))
	for i := range list {
		out[i] = r.row(&list[i])
	}
	return out, nil
}

// learn reads what is known of the batch's weaknesses.
func (r *rower) learn(ctx context.Context, list []ctem.Exposure) error {
	var names []string
	fresh := map[int64]ctem.Weakness{}
	for i := range list {
		w := list[i].Weakness
		if _, known := r.weak[w.ID]; known {
			continue
		}
		if _, seen := fresh[w.ID]; !seen {
			fresh[w.ID] = w
			names = append(append(names, w.Canonical), w.Aliases...)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	slices.Sort(names)
	signals, err := r.world.Signals(ctx, slices.Compact(names))
	if err != nil {
		return err
	}
	for id, w := range fresh {
		r.weak[id] = r.weakness(w, signals)
	}
	return nil
}

func (r *rower) weakness(w ctem.Weakness, signals map[string]advisory.Signal) triage.Weak {
	out := triage.Weak{Name: w.Canonical, Aliases: w.Aliases, Kind: w.Kind, KEV: ctem.Unknown}
	if r.haveKEV {
		out.KEV = ctem.No
	}
	for _, name := range append([]string{w.Canonical}, w.Aliases...) {
		s := signals[name]
		if s.KEV != nil {
			out.KEV = ctem.Yes
		}
		if s.EPSS != nil && (out.EPSS == nil || s.EPSS.Score > *out.EPSS) {
			out.EPSS = &s.EPSS.Score
		}
	}
	return out
}

func (r *rower) row(e *ctem.Exposure) triage.Row {
	of := r.business.of(e.Service)
	row := triage.Row{
		Num: e.Num, ID: e.ID, Revision: e.Revision, Weak: r.weak[e.Weakness.ID], Part: partOf(e),
		Place: triage.Place{Service: e.Service, Environment: e.Environment, Products: of.Products, Owner: of.Owner},
		Gates: ctem.Gates{Found: e.State.Found(), Running: e.Running, Reachable: e.Reachable, Exploitable: ctem.Unknown, Matters: ctem.Unknown},
		Standing: triage.Standing{
			State: e.State, Treatment: e.Treatment, Regressions: e.Regressions,
		},
		Clock:  triage.Clock{FirstSeen: e.FirstSeen, Since: e.Since},
		Origin: triage.Origin{Sources: sourcesOf(e), DataClasses: of.Data, Freshness: e.Freshness},
	}
	if e.Decision != nil {
		decided(&row, e.Decision)
	}
	return row
}

// decided puts a decision into a row, with what it was made from.
func decided(row *triage.Row, d *ctem.Decision) {
	s := &row.Standing
	s.Decision, s.Computed, s.DecidedBy, s.Score = d.Word, d.Computed, d.DecidedBy, d.Score
	row.Gates.Exploitable, row.Gates.Matters = d.Gates.Exploitable, d.Gates.Matters
	if d.Word != ctem.NoAction {
		row.Clock.Deadline = d.Deadline
	}
	row.Weak.Severity, row.Weak.Attack = string(d.Severity), d.Attack
	if d.KEV == ctem.Yes || d.KEV == ctem.No {
		row.Weak.KEV = d.KEV
	}
	if d.EPSS != nil {
		row.Weak.EPSS = d.EPSS
	}
	if d.Owner != "" {
		row.Place.Owner = d.Owner
	}
}

func partOf(e *ctem.Exposure) triage.Part {
	p := triage.Part{Locus: e.Locus, Fix: e.Fix}
	add := func(to *[]string, text string) {
		if text != "" && !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
	for _, in := range e.Instances {
		add(&p.Versions, in.Version)
		add(&p.Images, in.Image)
		add(&p.Digests, in.Artifact)
	}
	return p
}

func sourcesOf(e *ctem.Exposure) []string {
	var out []string
	for _, in := range e.Instances {
		if in.Source != "" && !slices.Contains(out, in.Source) {
			out = append(out, in.Source)
		}
	}
	return out
}
