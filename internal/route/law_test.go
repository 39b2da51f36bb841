package route

import (
	"fmt"
	"math/rand"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/ctem"
)

// naive evaluates the specification for one pair, sentence by sentence.
func naive(n Network, from, to End, port Port) ctem.Tri {
	if from.Pod >= 0 && from.Pod == to.Pod {
		return ctem.Yes
	}
	out := naiveSide(n, from, to, to, port, func(p Policy) *Side { return p.Egress })
	in := naiveSide(n, to, from, to, port, func(p Policy) *Side { return p.Ingress })
	for _, a := range []ctem.Tri{ctem.No, ctem.Unknown} {
		if out == a || in == a {
			return a
		}
	}
	return ctem.Yes
}

func naiveSide(n Network, end, other, receiver End, port Port, side func(Policy) *Side) ctem.Tri {
	if end.Pod < 0 || n.Enforced == ctem.No {
		return ctem.Yes
	}
	pod := n.Pods[end.Pod]
	selected, best := false, ctem.No
	for _, policy := range n.Policies {
		s := side(policy)
		if s == nil || policy.Namespace != pod.Namespace || !policy.Pods.Matches(pod.Labels) {
			continue
		}
		selected = true
		for _, r := range s.Rules {
			if !naivePorts(n, r.Ports, receiver, port) {
				continue
			}
			switch naivePeers(n, policy.Namespace, r.Peers, other) {
			case ctem.Yes:
				return ctem.Yes
			case ctem.Unknown:
				best = ctem.Unknown
			case ctem.No:
			}
		}
	}
	host := pod.HostNetwork || other.Pod >= 0 && n.Pods[other.Pod].HostNetwork
	switch {
	case !selected:
		return ctem.Yes
	case host || n.Enforced == ctem.Unknown:
		return ctem.Unknown
	}
	return best
}

func naivePorts(n Network, ports []PortMatch, receiver End, port Port) bool {
	if len(ports) == 0 {
		return true
	}
	for _, m := range ports {
		protocol := m.Protocol
		if protocol == "" {
			protocol = TCP
		}
		if protocol != port.Protocol {
			continue
		}
		if m.Name == "" && m.First == 0 {
			return true
		}
		if m.Name == "" && (port.Number == m.First || port.Number >= m.First && port.Number <= m.End) {
			return true
		}
		if m.Name != "" && receiver.Pod >= 0 {
			for _, c := range n.Pods[receiver.Pod].Ports {
				if c.Name == m.Name && c.Number == port.Number && c.Protocol == protocol {
					return true
				}
			}
		}
	}
	return false
}

func naivePeers(n Network, own string, peers []Peer, other End) ctem.Tri {
	if len(peers) == 0 {
		return ctem.Yes
	}
	best := ctem.No
	for _, peer := range peers {
		answer := ctem.No
		switch {
		case peer.Block != nil && other.Pod < 0:
			answer, _ = outside([]Block{*peer.Block}, other.Address)
		case peer.Block != nil:
			pod := n.Pods[other.Pod]
			inside := len(pod.Addresses) == 0
			for _, a := range pod.Addresses {
				inside = inside || peer.Block.Contains(a)
			}
			if inside {
				answer = ctem.Unknown
			}
		case other.Pod >= 0:
			pod := n.Pods[other.Pod]
			vague := peer.Namespaces != nil && n.Vague[pod.Namespace] && !peer.Namespaces.byName()
			if vague && (peer.Pods == nil || peer.Pods.Matches(pod.Labels)) {
				answer = ctem.Unknown
				break
			}
			same := !vague && (peer.Namespaces == nil && pod.Namespace == own || peer.Namespaces != nil && peer.Namespaces.Matches(n.Namespaces[pod.Namespace]))
			if same && (peer.Pods == nil || peer.Pods.Matches(pod.Labels)) {
				answer = ctem.Yes
				if pod.HostNetwork {
					answer = ctem.Unknown
				}
			}
		}
		if answer == ctem.Yes {
			return ctem.Yes
		}
		if answer == ctem.Unknown {
			best = ctem.Unknown
		}
	}
	return best
}

// draws makes small networks in which much coincides.
type draws struct{ t *rapid.T }

func (d draws) one(of ...string) string { return rapid.SampledFrom(of).Draw(d.t, "word") }

func (d draws) labels() map[string]string {
	out := map[string]string{}
	for _, k := range []string{"app", "tier"} {
		if v := d.one("", "a", "b"); v != "" {
			out[k] = v
		}
	}
	return out
}

func (d draws) selector() Selector {
	s := Selector{Labels: d.labels()}
	if rapid.Bool().Draw(d.t, "expression") {
		r := Requirement{Key: d.one("app", "tier", "none"), Operator: Operator(d.one("In", "NotIn", "Exists", "DoesNotExist", "Odd"))}
		if r.Operator == In || r.Operator == NotIn {
			r.Values = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 2).Draw(d.t, "values")
		}
		s.Labels, s.Expressions = nil, []Requirement{r}
	}
	return s
}

func (d draws) block() *Block {
	b := &Block{CIDR: netip.MustParsePrefix(d.one("10.0.0.0/8", "10.0.0.0/31", "0.0.0.0/0", "203.0.113.0/24", "::/0"))}
	if rapid.Bool().Draw(d.t, "except") {
		b.Except = []netip.Prefix{netip.MustParsePrefix(d.one("10.0.0.1/32", "10.1.0.0/16", "203.0.113.128/25"))}
	}
	return b
}

func (d draws) peer() Peer {
	if d.one("block", "pods", "pods") == "block" {
		return Peer{Block: d.block()}
	}
	var p Peer
	if rapid.Bool().Draw(d.t, "pods") {
		s := d.selector()
		p.Pods = &s
	}
	if p.Pods == nil || rapid.Bool().Draw(d.t, "namespaces") {
		s := d.selector()
		p.Namespaces = &s
	}
	return p
}

func (d draws) side() *Side {
	if d.one("none", "some", "some") == "none" {
		return nil
	}
	s := &Side{}
	for range rapid.IntRange(0, 2).Draw(d.t, "rules") {
		var r Rule
		for range rapid.IntRange(0, 2).Draw(d.t, "peers") {
			r.Peers = append(r.Peers, d.peer())
		}
		for range rapid.IntRange(0, 2).Draw(d.t, "ports") {
			m := PortMatch{Protocol: Protocol(d.one("", "TCP", "UDP"))}
			switch d.one("name", "all", "one", "range") {
			case "name":
				m.Name = d.one("http", "dns")
			case "one":
				m.First = 80
			case "range":
				m.First, m.End = 50, uint16(rapid.IntRange(52, 90).Draw(d.t, "end"))
			}
			r.Ports = append(r.Ports, m)
		}
		s.Rules = append(s.Rules, r)
	}
	return s
}

func (d draws) network() Network {
	n := Network{Namespaces: map[string]map[string]string{"x": d.labels(), "y": d.labels()}, Enforced: ctem.Tri(d.one("yes", "yes", "yes", "no", "unknown"))}
	if d.one("known", "known", "vague") == "vague" {
		n.Vague = map[string]bool{"y": true}
	}
	for i := range rapid.IntRange(1, 6).Draw(d.t, "pods") {
		p := Pod{Namespace: d.one("x", "y"), Name: fmt.Sprint(i), Labels: d.labels(), HostNetwork: d.one("no", "no", "no", "yes") == "yes"}
		if d.one("known", "known", "unknown") == "known" {
			p.Addresses = []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
		}
		if rapid.Bool().Draw(d.t, "named") {
			p.Ports = []NamedPort{{"http", TCP, uint16(rapid.SampledFrom([]int{80, 81}).Draw(d.t, "http"))}, {"dns", UDP, 53}}
		}
		n.Pods = append(n.Pods, p)
	}
	for i := range rapid.IntRange(0, 4).Draw(d.t, "policies") {
		n.Policies = append(n.Policies, Policy{Namespace: d.one("x", "y"), Name: fmt.Sprint("p", i), Pods: d.selector(), Ingress: d.side(), Egress: d.side()})
	}
	return n
}

func ports() []Port { return []Port{{TCP, 80}, {TCP, 81}, {UDP, 53}} }

// ends are all pods, an address in each kind of block, and anywhere.
func ends(n Network) []End {
	out := []End{Outside(netip.Addr{}), Outside(netip.MustParseAddr("203.0.113.9")), Outside(netip.MustParseAddr("203.0.113.200")), Outside(netip.MustParseAddr("10.0.0.1"))}
	for i := range n.Pods {
		out = append(out, Inside(i))
	}
	return out
}

// TestAgainstNaive: what is compiled answers as the specification does, one pair
// at a time and all pairs at once, whatever order the policies have.
func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := draws{t}.network()
		shuffled := n
		shuffled.Policies = rapid.Permutation(n.Policies).Draw(t, "order")
		p := Compile(shuffled)
		for _, port := range ports() {
			m := p.Matrix(port)
			for _, from := range ends(n) {
				for _, to := range ends(n) {
					want, got := naive(n, from, to, port), p.Passes(from, to, port)
					if got.Answer != want {
						t.Fatalf("%+v to %+v on %v: %+v, want %s\n%+v", from, to, port, got, want, n)
					}
					if from.Pod >= 0 && to.Pod >= 0 && m.Passes(from.Pod, to.Pod) != want {
						t.Fatalf("%d to %d on %v: %s in the matrix, want %s\n%+v", from.Pod, to.Pod, port, m.Passes(from.Pod, to.Pod), want, n)
					}
				}
			}
		}
	})
}

// TestDoorsAgainstPassing: what comes in through a door is denied only where
// every address outside is, on every port where none is named, and allowed where
// anywhere is. What a proxy carries in is never less open than what comes straight.
func TestDoorsAgainstPassing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := draws{t}.network()
		p := Compile(n)
		for to := range n.Pods {
			for _, port := range ports() {
				enters, any := p.Enters(to, &port).Answer, p.Enters(to, nil).Answer
				if anywhere := p.Passes(Outside(netip.Addr{}), Inside(to), port).Answer; (enters == ctem.Yes) != (anywhere == ctem.Yes) || anywhere == ctem.Unknown && enters == ctem.No {
					t.Fatalf("into %d on %v: %s, from anywhere %s\n%+v", to, port, enters, anywhere, n)
				}
				for _, from := range ends(n)[1:4] {
					if got := p.Passes(from, Inside(to), port).Answer; got == ctem.Yes && enters == ctem.No || got == ctem.Yes && any == ctem.No {
						t.Fatalf("%+v into %d on %v passes, but doors are %s and %s\n%+v", from, to, port, enters, any, n)
					}
				}
				if carried := p.Carried(to, &port).Answer; rank(carried) < rank(enters) || rank(any) < rank(enters) {
					t.Fatalf("into %d on %v: straight %s, carried %s, on any port %s", to, port, enters, carried, any)
				}
			}
		}
	})
}

// rank orders answers by how open they are.
func rank(a ctem.Tri) int { return slices.Index([]ctem.Tri{ctem.No, ctem.Unknown, ctem.Yes}, a) }

// TestOneMorePolicy: what was denied stays denied only for those that it selects,
// and what it does not select in a direction is as it was.
func TestOneMorePolicy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := draws{t}.network()
		n.Enforced = ctem.Yes
		more := n
		deny := Policy{Namespace: "x", Name: "deny", Ingress: &Side{}}
		more.Policies = append(slices.Clone(n.Policies), deny)
		before, after := Compile(n), Compile(more)
		for from := range n.Pods {
			for to := range n.Pods {
				a, b := before.Passes(Inside(from), Inside(to), ports()[0]).Answer, after.Passes(Inside(from), Inside(to), ports()[0]).Answer
				if a != b && (n.Pods[to].Namespace != "x" || a == ctem.No || b == ctem.Yes) {
					t.Fatalf("%d to %d: %s, then %s", from, to, a, b)
				}
			}
		}
	})
}

// crowd is a cluster of some size: services of ten pods in fifty namespaces.
func crowd(pods, policies int) Network {
	n := Network{Namespaces: map[string]map[string]string{}, Enforced: ctem.Yes}
	r := rand.New(rand.NewSource(1))
	for i := range pods {
		ns := fmt.Sprint("ns", i%50)
		n.Namespaces[ns] = map[string]string{"name": ns, "zone": fmt.Sprint(i % 5)}
		n.Pods = append(n.Pods, Pod{
			Namespace: ns, Name: fmt.Sprint("pod", i), Labels: map[string]string{"app": fmt.Sprint("app", i/10), "tier": fmt.Sprint(i % 3)},
			Addresses: []netip.Addr{netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})}, Ports: []NamedPort{{"http", TCP, 8080}},
		})
	}
	for i := range policies {
		p := n.Pods[r.Intn(len(n.Pods))]
		peer := n.Pods[r.Intn(len(n.Pods))]
		rules := []Rule{
			{Peers: []Peer{{Pods: &Selector{Labels: map[string]string{"app": peer.Labels["app"]}}, Namespaces: &Selector{Labels: map[string]string{"zone": "1"}}}}, Ports: []PortMatch{{Name: "http"}}},
			{Peers: []Peer{{Block: &Block{CIDR: netip.MustParsePrefix("10.0.0.0/16"), Except: []netip.Prefix{netip.MustParsePrefix("10.0.4.0/22")}}}}},
		}
		policy := Policy{Namespace: p.Namespace, Name: fmt.Sprint("p", i), Pods: Selector{Expressions: []Requirement{{Key: "tier", Operator: NotIn, Values: []string{p.Labels["tier"]}}}}, Ingress: &Side{Rules: rules}}
		if i%2 == 0 {
			policy.Egress = &Side{Rules: rules}
		}
		n.Policies = append(n.Policies, policy)
	}
	return n
}

// BenchmarkMatrix: all pairs of a cluster on one port, compiled anew.
func BenchmarkMatrix(b *testing.B) {
	for _, size := range [][2]int{{500, 50}, {5000, 500}} {
		n := crowd(size[0], size[1])
		b.Run(fmt.Sprintf("%d pods %d policies", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				Compile(n).Matrix(Port{TCP, 8080})
			}
		})
	}
}
