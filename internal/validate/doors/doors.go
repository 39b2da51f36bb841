// Package doors works out what the network policies, roles and declarations of a
// cluster mean: who reaches which workload through which door, what each service
// account may do, and what a workload may do to its host.
//
// The model. A world is what all sources say of a cluster, or of an environment
// that is none, at one moment. Where an agent looks at the cluster, the objects
// that it sees count, and those that only manifests declare do not. One pod stands
// for all of a workload. Engine route answers; this room turns what sources say
// into what route asks for, and its answers into proofs.
//
// A door is policy-denied only where its traffic is denied from every address
// that it may come with: that of the caller, of a node, of a load balancer, and
// where it is carried by a proxy, from the pods of that proxy. Of a proxy whose
// pods nobody knows it counts as unknown what pods of other namespaces may do.
// Nothing is denied where it is not known that the cluster's network applies
// policies.
//
// Invariants. Pure: no I/O, no clock. The order of stands changes no proof. What
// no policy selects is not told pair by pair: a proof about workloads or addresses
// is there only where it differs from "all may".
package doors

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

// Rules is the version of everything that a proof follows from.
const Rules = "doors 1.0.0"

// Prover works worlds out. What it has read of a state it keeps for the next time.
type Prover struct {
	read map[int64]any
}

// maxRead bounds what is kept: the specs of the objects of a large cluster.
const maxRead = 50_000

// Prove returns all that is so in a world at a moment, by key.
func (p *Prover) Prove(w *ctem.World, at time.Time) []ctem.Proof {
	v := p.look(w, at)
	var out []ctem.Proof
	for _, pl := range v.places {
		out = append(out, entrances{v}.doors(pl)...)
		out = append(out, entrances{v}.sealed(pl)...)
		out = append(out, v.host(pl)...)
	}
	out = append(out, senders{v}.outside()...)
	out = append(out, senders{v}.inside()...)
	out = append(out, holders{v}.accounts()...)
	slices.SortFunc(out, func(a, b ctem.Proof) int { return CompareKeys(&a.ProofKey, &b.ProofKey) })
	return out
}

// CompareKeys orders proofs.
func CompareKeys(a, b *ctem.ProofKey) int {
	return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Check, b.Check), cmp.Compare(a.About, b.About))
}

// view is a world at a moment.
type view struct {
	world    string
	places   []*place // by environment and service
	pods     []*pod   // by namespace and name
	things   things
	plane    *route.Plane
	proxies  []int
	observed bool   // an agent says which objects there are
	unread   string // a policy that cannot be read
	network  string // what says whether policies are applied
	enforced ctem.Tri
}

// The questions about a view, by what they are about: what comes in from outside,
// what workloads send each other, who may do what, and what is asked about two ends.
type (
	entrances struct{ *view }
	senders   struct{ *view }
	holders   struct{ *view }
	asking    struct{ *view }
)

// place is a service in an environment with its pods and doors.
type place struct {
	id                   int64
	service, environment string
	pods                 []int
	doors                []twin.Door
	sources              []ctem.SourceScope
}

// pod stands for all pods of a workload.
type pod struct {
	place     *place
	kind      string
	namespace string
	name      string // of the workload
	is        *twin.Pod
	claim     *twin.Workload
}

// title names the workload: "Deployment/shop/front".
func (p *pod) title() string { return p.kind + "/" + p.namespace + "/" + p.name }

// key names the workload as others do: "shop/front".
func (p *pod) key() string { return p.namespace + "/" + p.name }

// proof begins a proof about a place.
func (v *view) proof(pl *place, check ctem.Check, about string) ctem.Proof {
	return ctem.Proof{
		ProofKey: ctem.ProofKey{Scope: pl.environment, Kind: twin.KindWorkload, Name: pl.service, Check: check, About: about},
		Place:    pl.id, Body: ctem.ProofBody{Rules: Rules, Sources: pl.sources},
	}
}

// look sees what holds in a world at a moment.
func (p *Prover) look(w *ctem.World, at time.Time) *view {
	v := &view{world: w.Name}
	for i := range w.Stands {
		s := &w.Stands[i]
		v.observed = v.observed || s.Resource != nil && s.Class == twin.Observed && s.ValidAt(at)
	}
	v.things = p.things(w, at, v.observed)
	v.settle(w, at)
	v.enforced, v.network = v.enforcement()
	n := route.Network{
		Namespaces: map[string]map[string]string{}, Vague: map[string]bool{}, Policies: v.things.policies, Enforced: v.enforced,
	}
	if v.unread = v.things.unread; v.unread != "" && n.Enforced == ctem.Yes {
		n.Enforced = ctem.Unknown
	}
	for _, x := range v.pods {
		n.Pods = append(n.Pods, x.route())
		v.label(&n, x.namespace)
	}
	v.plane = route.Compile(n)
	for i, x := range v.pods {
		if isProxy(x) {
			v.proxies = append(v.proxies, i)
		}
	}
	return v
}

// label says which labels a namespace has; every one has its name.
func (v *view) label(n *route.Network, namespace string) {
	if _, done := n.Namespaces[namespace]; done {
		return
	}
	labels := map[string]string{}
	said, known := v.things.namespaces[namespace]
	for k, x := range said {
		labels[k] = x
	}
	labels[route.NameLabel] = namespace
	n.Namespaces[namespace] = labels
	if !known {
		n.Vague[namespace] = true
	}
}

// settle joins what all sources say of workloads.
func (v *view) settle(w *ctem.World, at time.Time) {
	claims := map[int64][]twin.Claim{}
	first := map[int64]*twin.Stand{}
	var ids []int64
	for i := range w.Stands {
		s := &w.Stands[i]
		if s.Place == 0 {
			continue
		}
		if first[s.Place] == nil {
			ids = append(ids, s.Place)
		}
		if first[s.Place] == nil || first[s.Place].Service == "" {
			first[s.Place] = s
		}
		claims[s.Place] = append(claims[s.Place], s.Claim())
	}
	for _, id := range ids {
		m := twin.MergeClaims(claims[id], at)
		if len(m.Running) == 0 {
			continue
		}
		v.settleOne(&place{id: id, service: first[id].Service, environment: first[id].Scope}, m)
	}
	slices.SortFunc(v.places, func(a, b *place) int {
		return cmp.Or(cmp.Compare(a.environment, b.environment), cmp.Compare(a.service, b.service))
	})
	slices.SortFunc(v.pods, func(a, b *pod) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind), cmp.Compare(a.place.environment, b.place.environment))
	})
	for i, x := range v.pods {
		x.place.pods = append(x.place.pods, i)
	}
}

func (v *view) settleOne(pl *place, m twin.Merged) {
	v.places = append(v.places, pl)
	all := slices.Concat(m.Running, m.Doors)
	for _, c := range all {
		pl.sources = append(pl.sources, ctem.SourceScope{Source: c.Source, Scope: c.Scope})
		for _, d := range c.Workload.Doors {
			d.Closed = ""
			if !slices.Contains(pl.doors, d) {
				pl.doors = append(pl.doors, d)
			}
		}
	}
	pl.sources = distinctSources(pl.sources)
	slices.SortFunc(pl.doors, func(a, b twin.Door) int { return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Via, b.Via)) })
	described := m.Running
	if !slices.ContainsFunc(described, func(c *twin.Claim) bool { return c.Workload.Pod != nil }) {
		described = m.Doors // what is declared is the best that is known of its pods
	}
	seen := map[string]bool{}
	for _, c := range described {
		x := &pod{
			place: pl, kind: c.Workload.Kind, namespace: cmp.Or(c.Workload.Namespace, defaultNamespace), name: pl.service, is: c.Workload.Pod, claim: &c.Workload,
		}
		if x.is != nil && !seen[x.title()] {
			seen[x.title()] = true
			v.pods = append(v.pods, x)
		}
	}
}

// defaultNamespace is that of objects that name none.
const defaultNamespace = "default"

func distinctSources(list []ctem.SourceScope) []ctem.SourceScope {
	slices.SortFunc(list, func(a, b ctem.SourceScope) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Scope, b.Scope))
	})
	return slices.Compact(list)
}

func (p *pod) route() route.Pod {
	out := route.Pod{Namespace: p.namespace, Name: p.name, Labels: p.is.Labels, HostNetwork: p.is.HostNetwork}
	for _, x := range p.is.Ports {
		out.Ports = append(out.Ports, route.NamedPort{Name: x.Name, Protocol: protocolOf(x.Protocol), Number: uint16(x.Number)})
	}
	return out
}

// ports are those that the pod says it listens on, each once.
func (p *pod) ports() (out []route.Port) {
	for _, x := range p.is.Ports {
		at := route.Port{Protocol: protocolOf(x.Protocol), Number: uint16(x.Number)}
		if x.Number > 0 && x.Number <= 65535 && !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

func protocolOf(s string) route.Protocol { return route.Protocol(cmp.Or(strings.ToUpper(s), "TCP")) }

func portTitle(p route.Port) string { return strconv.Itoa(int(p.Number)) + "/" + string(p.Protocol) }

// spec reads what a thing says of itself, once for each state of it.
func spec[T any](p *Prover, s *twin.Stand, read func(json.RawMessage) (T, error)) (T, error) {
	type result struct {
		is  T
		err error
	}
	if r, ok := p.read[s.State].(result); ok && s.State != 0 {
		return r.is, r.err
	}
	var r result
	r.is, r.err = read(s.Resource.Spec)
	if p.read == nil || len(p.read) >= maxRead {
		p.read = map[int64]any{}
	}
	p.read[s.State] = r
	return r.is, r.err
}
