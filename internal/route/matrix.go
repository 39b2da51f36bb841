package route

import (
	"net/netip"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Matrix is what passes between all pods on one port.
type Matrix struct {
	rows []passing // by receiver
}

// passing are pods whose traffic is allowed, and those where it is allowed or unknown.
type passing struct{ open, perhaps bitset }

// Passes answers for two pods.
func (m *Matrix) Passes(from, to int) ctem.Tri {
	switch {
	case m.rows[to].open.has(from):
		return ctem.Yes
	case m.rows[to].perhaps.has(from):
		return ctem.Unknown
	}
	return ctem.No
}

// Matrix answers for every two pods at once, on a port of the receivers.
func (p *Plane) Matrix(port Port) *Matrix {
	m := &Matrix{rows: make([]passing, len(p.net.Pods))}
	at := p.At(port)
	for to := range m.rows {
		m.rows[to] = at.row(to)
	}
	return m
}

// AtPort answers who reaches a pod at one port, pod by pod.
type AtPort struct {
	plane *Plane
	port  Port
	out   outward
}

// At prepares what the senders' policies say of a port, once for all receivers.
func (p *Plane) At(port Port) *AtPort { return &AtPort{p, port, p.outward(port)} }

func (a *AtPort) row(to int) passing {
	row, sent := a.plane.received(to, a.port), a.out.to(a.plane, to)
	row.open.and(sent.open)
	row.perhaps.and(sent.perhaps)
	row.open.add(to)
	row.perhaps.add(to)
	return row
}

// Senders are other pods for which one answer holds: how many, and the first few.
type Senders struct {
	Answer ctem.Tri
	Total  int
	First  []int
}

// Senders groups all other pods by their answer: at most so many of each are
// named. Where every pod may reach this one there are no groups.
func (a *AtPort) Senders(to, most int) []Senders {
	row := a.row(to)
	if slices.Equal(row.open, a.plane.all) {
		return nil
	}
	denied := a.plane.all.clone()
	denied.remove(row.perhaps)
	row.perhaps.remove(row.open)
	own := newBitset(len(a.plane.net.Pods))
	own.add(to)
	row.open.remove(own)
	var out []Senders
	for _, x := range []struct {
		answer ctem.Tri
		set    bitset
	}{{ctem.Yes, row.open}, {ctem.No, denied}, {ctem.Unknown, row.perhaps}} {
		if n := x.set.count(); n > 0 {
			out = append(out, Senders{x.answer, n, x.set.first(most)})
		}
	}
	return out
}

// received is from whom the policies of a receiver let traffic in.
func (p *Plane) received(to int, port Port) passing {
	l := p.ingress[to]
	if len(l) == 0 || p.net.Enforced == ctem.No {
		return passing{p.all.clone(), p.all.clone()}
	}
	row := passing{newBitset(len(p.net.Pods)), newBitset(len(p.net.Pods))}
	for _, i := range l {
		for j := range p.sides[i].rules {
			if r := &p.sides[i].rules[j]; p.onPort(r, Inside(to), port) {
				row.open.or(r.open)
				row.perhaps.or(r.perhaps)
			}
		}
	}
	p.relax(row, to)
	return row
}

// relax turns denials into unknowns where policies may not hold.
func (p *Plane) relax(row passing, to int) {
	row.perhaps.or(row.open)
	if p.hosts.has(to) || p.net.Enforced != ctem.Yes {
		row.perhaps.or(p.all)
		return
	}
	row.perhaps.or(p.hosts)
}

// outward is what the policies of senders let out on a port.
type outward struct {
	free  bitset // senders that no policy binds
	rules []sending
}

// sending is one rule of senders: whom it binds, and whom it lets them reach.
type sending struct {
	from bitset
	passing
}

func (p *Plane) outward(port Port) outward {
	out := outward{free: p.all.clone()}
	if p.net.Enforced == ctem.No {
		return out
	}
	named, always := p.byName(port), newBitset(len(p.net.Pods))
	for i := range p.sides {
		s := &p.sides[i]
		if !s.egress {
			continue
		}
		out.free.remove(s.selected)
		for j := range s.rules {
			to, ok := p.reached(&s.rules[j], port, named)
			switch {
			case ok && slices.Equal(to.open, p.all):
				always.or(s.selected)
			case ok:
				out.rules = append(out.rules, sending{s.selected, to})
			}
		}
	}
	out.free.or(always) // what reaches all is not asked for each receiver
	return out
}

// byName are the receivers for which a name stands for the port.
func (p *Plane) byName(port Port) map[string]bitset {
	out := map[string]bitset{}
	for i := range p.net.Pods {
		for _, n := range p.net.Pods[i].Ports {
			if n.Protocol == port.Protocol && n.Number == port.Number {
				put(out, n.Name, i, len(p.net.Pods))
			}
		}
	}
	return out
}

// reached are the receivers of a rule: all of its peers when it has the port by
// number, else those for which one of its names is the port.
func (p *Plane) reached(r *rule, port Port, named map[string]bitset) (passing, bool) {
	if p.onPort(r, Outside(netip.Addr{}), port) {
		return passing{r.open, r.perhaps}, true
	}
	have := newBitset(len(p.net.Pods))
	some := false
	for _, m := range r.ports {
		if m.Name != "" && m.protocol() == port.Protocol && named[m.Name] != nil {
			have.or(named[m.Name])
			some = true
		}
	}
	to := passing{r.open.clone(), r.perhaps.clone()}
	to.open.and(have)
	to.perhaps.and(have)
	return to, some
}

// to is from whom traffic is let out to a receiver.
func (o outward) to(p *Plane, to int) passing {
	row := passing{o.free.clone(), o.free.clone()}
	for i := range o.rules {
		if o.rules[i].open.has(to) {
			row.open.or(o.rules[i].from)
		}
		if o.rules[i].perhaps.has(to) {
			row.perhaps.or(o.rules[i].from)
		}
	}
	p.relax(row, to)
	return row
}
