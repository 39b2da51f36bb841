package measure

import "github.com/tidemark/tidemark/internal/ctem"

func add(c *ctem.GateCount, t ctem.Tri, n int) {
	switch t {
	case ctem.Yes:
		c.Yes += n
	case ctem.No:
		c.No += n
	default:
		c.Unknown += n
	}
}

// FunnelOf sums the rows.
func FunnelOf(rows []ctem.FunnelRow) ctem.Funnel {
	var f ctem.Funnel
	for _, r := range rows {
		g := r.Gates
		f.Total += r.Count
		add(&f.Found, g.Found, r.Count)
		add(&f.Running, g.Running, r.Count)
		add(&f.Reachable, g.Reachable, r.Count)
		add(&f.Exploitable, g.Exploitable, r.Count)
		add(&f.Matters, g.Matters, r.Count)
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
