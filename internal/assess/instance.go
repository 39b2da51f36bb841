package assess

import (
	"cmp"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// open describes the exposure at t when an affected component runs and a
// record about it is in force.
func (w *walk) open(seg *segment, occurs []occurrence, t time.Time) (p ctem.Piece, ok bool) {
	var fixes fixChoice
	ecosystem := ""
	running := ctem.Unknown
	for i := range occurs {
		o := &occurs[i]
		matches := inForce(o.matches, t)
		if len(matches) == 0 {
			continue
		}
		in := instanceOf(o, matches)
		fixes.add(o.comp, matches)
		ecosystem = o.comp.Ecosystem
		if in.Class == twin.Observed && in.Proven {
			running = ctem.Yes
		}
		if o.link.observed() {
			p.Basis.Sources = append(p.Basis.Sources, ctem.SourceScope{Source: o.link.claim.Source, Scope: o.link.claim.Scope})
		}
		p.Instances = append(p.Instances, in)
		for _, m := range matches {
			p.Advisories = append(p.Advisories, m.Record)
		}
	}
	if len(p.Instances) == 0 {
		return p, false
	}
	if w.undeployed {
		running, p.Basis.AnyRuntime = ctem.No, true
	}
	p.State, p.Running, p.Reachable, p.Doors, p.Fix = ctem.Open, running, seg.reachable(), seg.doors, fixes.best()
	tidyPiece(&p, ecosystem)
	return p, true
}

func tidyPiece(p *ctem.Piece, ecosystem string) {
	slices.SortFunc(p.Instances, compareInstances)
	p.Instances = slices.CompactFunc(p.Instances, func(a, b ctem.Instance) bool { return compareInstances(a, b) == 0 })
	slices.SortFunc(p.Advisories, func(a, b string) int { return match.Precedence(ecosystem, a, b) })
	p.Advisories = slices.Compact(p.Advisories)
	p.Basis.Sources = sortedSources(p.Basis.Sources)
}

// inForce keeps the order of the records.
func inForce(matches []*ctem.Match, t time.Time) []*ctem.Match {
	for i, m := range matches {
		if m.InForceAt(t) {
			continue
		}
		kept := slices.Clone(matches[:i])
		for _, m := range matches[i+1:] {
			if m.InForceAt(t) {
				kept = append(kept, m)
			}
		}
		return kept
	}
	return matches
}

// observed reports whether a run-time source says that the link is so.
func (l *link) observed() bool { return l.claim != nil && l.claim.Class == twin.Observed }

func instanceOf(o *occurrence, matches []*ctem.Match) ctem.Instance {
	l := o.link
	in := ctem.Instance{
		Purl: o.comp.Purl, Version: o.comp.Version, Artifact: l.artifact, Image: l.container.Image.String(),
		Container: l.container.Name, Source: twin.SourceSBOM, Class: twin.Content, Proven: l.proven,
		Replicas: l.container.Replicas, Advisory: matches[0].Record, Fixed: fixedOf(matches),
		Qualifiers: o.comp.Qualifiers,
	}
	if l.claim == nil {
		return in
	}
	in.Source, in.Class = l.claim.Source, l.claim.Class
	if in.Replicas == 0 {
		in.Replicas = l.claim.Workload.Replicas
	}
	return in
}

// fixedOf takes the fixed versions of the best record that has some.
func fixedOf(matches []*ctem.Match) []string {
	for _, m := range matches {
		if len(m.Fixed) > 0 {
			return m.Fixed
		}
	}
	return nil
}

// fixChoice finds the smallest version that clears every instance: the
// largest of what each needs.
type fixChoice struct {
	ecosystem string
	need      string
	unknown   bool // an instance has no known fix, or versions cannot be ordered
}

func (f *fixChoice) add(c *ctem.Matched, matches []*ctem.Match) {
	fix := ""
	if fixed := fixedOf(matches); len(fixed) > 0 {
		fix = match.SmallestFix(c.Ecosystem, c.Compared, [][]string{fixed})
	}
	switch {
	case fix == "" || f.need != "" && f.ecosystem != c.Ecosystem:
		f.unknown = true
	case f.need == "":
		f.ecosystem, f.need = c.Ecosystem, fix
	default:
		order, err := match.Compare(c.Ecosystem, fix, f.need)
		f.unknown = f.unknown || err != nil
		if order > 0 {
			f.need = fix
		}
	}
}

func (f *fixChoice) best() string {
	if f.unknown {
		return ""
	}
	return f.need
}

func compareInstances(a, b ctem.Instance) int {
	return cmp.Or(
		cmp.Compare(a.Artifact, b.Artifact), cmp.Compare(a.Image, b.Image), cmp.Compare(a.Container, b.Container),
		cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Class, b.Class), compareBool(a.Proven, b.Proven), cmp.Compare(a.Replicas, b.Replicas),
		cmp.Compare(a.Advisory, b.Advisory), slices.Compare(a.Fixed, b.Fixed),
	)
}

// samePiece reports whether b only carries on what a says.
func samePiece(a, b *ctem.Piece) bool {
	return a.State == b.State && a.Reason == b.Reason && a.Regressions == b.Regressions && a.Running == b.Running &&
		a.Reachable == b.Reachable && a.Fix == b.Fix && a.Basis.AnyRuntime == b.Basis.AnyRuntime &&
		slices.Equal(a.Basis.Sources, b.Basis.Sources) && slices.Equal(a.Doors, b.Doors) &&
		slices.Equal(a.Advisories, b.Advisories) &&
		slices.EqualFunc(a.Instances, b.Instances, func(x, y ctem.Instance) bool { return compareInstances(x, y) == 0 })
}
