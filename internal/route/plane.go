package route

import (
	"net/netip"
	"strconv"
)

// Plane is a compiled network: it answers what reaches what.
type Plane struct {
	net     Network
	all     bitset
	hosts   bitset    // pods in the host's network
	ingress [][]int32 // by pod: the sides that select it
	egress  [][]int32
	sides   []side // each direction of each policy
}

// side is one direction of a policy, its peers resolved to pods.
type side struct {
	name     string // "shop/allow-web ingress"
	egress   bool
	selected bitset
	rules    []rule
}

type rule struct {
	name     string
	everyone bool
	beyond   bool   // some peer is about other namespaces
	pods     bitset // selected by labels
	vague    bitset // perhaps selected: the labels of their namespace are not known
	inBlocks bitset // in a block of addresses, or perhaps: where nobody says their addresses
	passing         // what of both is sure, and what is not
	blocks   []Block
	ports    []PortMatch
}

// Compile resolves what the policies select.
func Compile(n Network) *Plane {
	p := &Plane{
		net: n, all: full(len(n.Pods)), hosts: newBitset(len(n.Pods)),
		ingress: make([][]int32, len(n.Pods)), egress: make([][]int32, len(n.Pods)),
	}
	x := newLabels(n)
	for i := range n.Pods {
		if n.Pods[i].HostNetwork {
			p.hosts.add(i)
		}
	}
	for i := range n.Policies {
		policy := &n.Policies[i]
		selected := x.within(policy.Namespace, policy.Pods)
		p.take(x, policy, side{name: policy.Namespace + "/" + policy.Name + " ingress", selected: selected}, policy.Ingress)
		p.take(x, policy, side{name: policy.Namespace + "/" + policy.Name + " egress", selected: selected, egress: true}, policy.Egress)
	}
	return p
}

// take files one direction of a policy, if it says something of it.
func (p *Plane) take(x *labels, policy *Policy, to side, said *Side) {
	if said == nil {
		return
	}
	of, at := p.ingress, int32(len(p.sides))
	if to.egress {
		of = p.egress
	}
	for i, r := range said.Rules {
		c := rule{name: to.name + "[" + strconv.Itoa(i) + "]", everyone: len(r.Peers) == 0, ports: r.Ports}
		p.resolve(x, policy, r.Peers, &c)
		to.rules = append(to.rules, c)
	}
	p.sides = append(p.sides, to)
	to.selected.each(func(pod int) { of[pod] = append(of[pod], at) })
}

// resolve finds the pods that a rule is about.
func (p *Plane) resolve(x *labels, policy *Policy, peers []Peer, to *rule) {
	to.pods, to.vague, to.inBlocks = newBitset(x.n), newBitset(x.n), newBitset(x.n)
	for _, peer := range peers {
		if peer.Block != nil {
			to.blocks = append(to.blocks, *peer.Block)
			p.inBlock(to.inBlocks, *peer.Block)
			continue
		}
		sure, vague := x.peer(policy.Namespace, peer)
		to.pods.or(sure)
		to.vague.or(vague)
		to.beyond = to.beyond || peer.Namespaces != nil
	}
	to.open, to.perhaps = to.pods.clone(), to.pods.clone()
	to.open.remove(p.hosts)
	to.perhaps.or(to.vague)
	to.perhaps.or(to.inBlocks)
	if to.everyone {
		to.open, to.perhaps = p.all, p.all
	}
}

// inBlock adds the pods whose addresses are in a block, and those of which
// nobody says an address.
func (p *Plane) inBlock(to bitset, b Block) {
	for i := range p.net.Pods {
		if mayContain(b, p.net.Pods[i].Addresses) {
			to.add(i)
		}
	}
}

func mayContain(b Block, list []netip.Addr) bool {
	for _, a := range list {
		if b.Contains(a) {
			return true
		}
	}
	return len(list) == 0
}

// labels finds pods by their labels.
type labels struct {
	n          int
	namespaces map[string]bitset
	pairs      map[[2]string]bitset
	keys       map[string]bitset
	net        Network
}

func newLabels(n Network) *labels {
	x := &labels{n: len(n.Pods), namespaces: map[string]bitset{}, pairs: map[[2]string]bitset{}, keys: map[string]bitset{}, net: n}
	for i := range n.Pods {
		put(x.namespaces, n.Pods[i].Namespace, i, x.n)
		for k, v := range n.Pods[i].Labels {
			put(x.pairs, [2]string{k, v}, i, x.n)
			put(x.keys, k, i, x.n)
		}
	}
	return x
}

func put[K comparable](to map[K]bitset, key K, i, n int) {
	b, ok := to[key]
	if !ok {
		b = newBitset(n)
		to[key] = b
	}
	b.add(i)
}

// within are the pods of a namespace that a selector selects.
func (x *labels) within(namespace string, s Selector) bitset {
	out := newBitset(x.n)
	out.or(x.namespaces[namespace])
	x.narrow(out, s)
	return out
}

// narrow keeps what a selector selects.
func (x *labels) narrow(b bitset, s Selector) {
	for k, v := range s.Labels {
		b.and(x.pairs[[2]string{k, v}])
	}
	for _, r := range s.Expressions {
		switch r.Operator {
		case Exists:
			b.and(x.keys[r.Key])
		case DoesNotExist:
			b.remove(x.keys[r.Key])
		case In:
			b.and(x.any(r))
		case NotIn:
			b.remove(x.any(r))
		default:
			clear(b)
		}
	}
}

// any are the pods that have one of a requirement's values.
func (x *labels) any(r Requirement) bitset {
	out := newBitset(x.n)
	for _, v := range r.Values {
		out.or(x.pairs[[2]string{r.Key, v}])
	}
	return out
}

// peer are the pods that a peer of labels stands for, and those of which it is
// not known.
func (x *labels) peer(own string, peer Peer) (sure, vague bitset) {
	sure, vague = newBitset(x.n), newBitset(x.n)
	if peer.Namespaces == nil {
		sure.or(x.namespaces[own])
	} else {
		for name, pods := range x.namespaces {
			switch {
			case x.net.Vague[name] && !peer.Namespaces.byName():
				vague.or(pods)
			case peer.Namespaces.Matches(x.net.Namespaces[name]):
				sure.or(pods)
			}
		}
	}
	if peer.Pods != nil {
		x.narrow(sure, *peer.Pods)
		x.narrow(vague, *peer.Pods)
	}
	return sure, vague
}
