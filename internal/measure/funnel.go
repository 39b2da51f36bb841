package measure

import "github.com/tidemark/tidemark/internal/ctem"

// Count is how many exposures answered a gate in each way.
type Count struct{ Yes, No, Unknown int }

func (c *Count) add(t ctem.Tri, n int) {
	switch t {
	case ctem.Yes:
		c.Yes += n
	case ctem.No:
		c.No += n
	default:
		c.Unknown += n
	}
}

// Funnel counts the live exposures by gate, each gate by itself. ActNow are
// the Act-now exposures that passed all five gates; ActNowOutside are those
// that policy puts there without that. Together they are all Act-now exposures.
type Funnel struct {
	Total                                           int
	Found, Running, Reachable, Exploitable, Matters Count
	ActNow, ActNowOutside                           int
}

// FunnelOf sums the rows.
func FunnelOf(rows []ctem.FunnelRow) Funnel {
	var f Funnel
	for _, r := range rows {
		g := r.Gates
		f.Total += r.Count
		f.Found.add(g.Found, r.Count)
		f.Running.add(g.Running, r.Count)
		f.Reachable.add(g.Reachable, r.Count)
		f.Exploitable.add(g.Exploitable, r.Count)
		f.Matters.add(g.Matters, r.Count)
		if r.Word != ctem.ActNow {
			continue
		}
		if g == (ctem.Gates{Found: ctem.Yes, Running: ctem.Yes, Reachable: ctem.Yes, Exploitable: ctem.Yes, Matters: ctem.Yes}) {
			f.ActNow += r.Count
			continue
		}
		f.ActNowOutside += r.Count
	}
	return f
}
