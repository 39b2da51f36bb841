package assess

import (
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
)

// walk takes one track through time, piece by piece.
type walk struct {
	*track
	undeployed bool
	fixed      bool // it was fixed since it was last open
	out        []ctem.Piece
}

// through walks all segments and returns the pieces.
func (w *walk) through(segs []segment) []ctem.Piece {
	next := 0
	for i := range segs {
		start := next
		for next < len(w.occurs) && w.occurs[next].seg == i {
			next++
		}
		for _, at := range w.spans(&segs[i]) {
			w.step(&segs[i], w.occurs[start:next], at)
		}
	}
	return w.out
}

// span is a stretch inside one segment in which the same records are in force.
type span struct{ from, to time.Time }

func (tr *track) spans(seg *segment) []span {
	bounds := []time.Time{seg.from}
	for _, m := range tr.records {
		for _, t := range [...]time.Time{m.Published, m.Withdrawn} {
			if t.After(seg.from) && (seg.to.IsZero() || t.Before(seg.to)) {
				bounds = append(bounds, t)
			}
		}
	}
	if len(bounds) > 1 {
		slices.SortFunc(bounds, time.Time.Compare)
		bounds = slices.CompactFunc(bounds, time.Time.Equal)
	}
	out := make([]span, len(bounds))
	for i, b := range bounds {
		out[i] = span{b, seg.to}
		if i > 0 {
			out[i-1].to = b
		}
	}
	return out
}

// step adds what is so in the span; the last piece goes on when nothing changed.
func (w *walk) step(seg *segment, occurs []occurrence, at span) {
	var last *ctem.Piece
	if n := len(w.out); n > 0 {
		last = &w.out[n-1]
	}
	p, begun := w.next(last, seg, occurs, at.from)
	if !begun {
		return
	}
	p.From, p.To, p.Since = at.from, at.to, at.from
	if last != nil && last.State == p.State {
		p.Since = last.Since
	}
	if last != nil && samePiece(last, &p) {
		last.To = p.To
		return
	}
	w.out = append(w.out, p)
}

// next says what is so from t on, after what was so until then. An exposure
// begins when it is first open.
func (w *walk) next(last *ctem.Piece, seg *segment, occurs []occurrence, t time.Time) (p ctem.Piece, begun bool) {
	if p, ok := w.open(seg, occurs, t); ok {
		if last != nil {
			p.Regressions = last.Regressions
		}
		if w.fixed {
			p.Regressions++
			w.fixed = false
		}
		return p, true
	}
	if last == nil {
		return p, false
	}
	p = *last
	w.close(&p, seg, t)
	w.fixed = w.fixed || p.State == ctem.Fixed
	return p, true
}

// close turns what was so into what is so at t, where nothing affected runs
// under a record in force.
func (w *walk) close(p *ctem.Piece, seg *segment, t time.Time) {
	switch {
	case w.withdrawnAt(t):
		if p.State.Live() {
			p.State, p.Reason = ctem.Withdrawn, "withdrawn: "+strings.Join(p.Advisories, ", ")
		}
	case !seg.live || w.undeployed && !seg.holds(p.Instances):
		if p.State.Live() {
			p.State, p.Reason = ctem.Retired, w.goneReason()
			p.Running, p.Reachable, p.Doors, p.Basis = seg.goneRunning(), ctem.Unknown, nil, ctem.Basis{}
		}
	case len(seg.gaps) > 0:
		p.State, p.Reason = ctem.StateUnknown, "no SBOM for "+listed(seg.gaps)
		p.Running, p.Reachable, p.Doors, p.Basis = ctem.Unknown, seg.reachable(), seg.doors, ctem.Basis{Sources: seg.observed}
	default:
		if p.State != ctem.Fixed {
			p.Reason = fixedReason(p, seg)
		}
		p.State = ctem.Fixed
		p.Running, p.Reachable, p.Doors, p.Basis = seg.fixedRunning(), seg.reachable(), nil, ctem.Basis{Sources: seg.observed}
	}
}

// withdrawnAt reports whether every record about this exposure was withdrawn.
func (tr *track) withdrawnAt(t time.Time) bool {
	for _, m := range tr.records {
		if m.Withdrawn.IsZero() || m.Withdrawn.After(t) {
			return false
		}
	}
	return true
}

// deployedReason ends the exposures of an artifact that was deployed nowhere.
const deployedReason = "deployed"

func (w *walk) goneReason() string {
	if w.undeployed {
		return deployedReason
	}
	return "workload ended"
}

// holds reports whether one of the artifacts of the instances is still there.
func (s *segment) holds(instances []ctem.Instance) bool {
	for _, l := range s.links {
		for i := range instances {
			if instances[i].Artifact == l.artifact {
				return true
			}
		}
	}
	return len(s.gaps) > 0
}

// goneRunning: a run-time source that saw the end proves that nothing runs.
func (s *segment) goneRunning() ctem.Tri {
	if s.ended {
		return ctem.No
	}
	return ctem.Unknown
}

// fixedRunning is no when run-time sources say, by digest, what runs instead.
func (s *segment) fixedRunning() ctem.Tri {
	for _, l := range s.links {
		if !l.observed() || !l.proven {
			return ctem.Unknown
		}
	}
	return ctem.No
}

// fixedReason says what took the affected component's place.
func fixedReason(p *ctem.Piece, seg *segment) string {
	had := map[string]bool{}
	for _, i := range p.Instances {
		had[i.Artifact] = true
	}
	var by, without []string
	for _, l := range seg.links {
		image := l.container.Image.String()
		if had[l.artifact] {
			without = append(without, image)
			continue
		}
		by = append(by, image)
	}
	if len(without) > 0 {
		return "no longer contained in " + listed(without)
	}
	return "replaced by " + listed(by)
}

// listed names the first few of many, each once.
func listed(names []string) string {
	const few = 3
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + ", …"
}
