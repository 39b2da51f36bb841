// Package flow answers how the parts of a product interact and what data they
// touch: it infers edges from configuration, joins them with those that were
// seen or written down, and walks them.
//
// The model. Infer resolves the addresses that the configuration of workloads
// names: services of the same cluster to the workloads behind them, the rest to
// data stores, services of somebody else, or addresses. Addresses of a cluster are
// resolved as they were held when the flow was seen. A Graph holds each pair
// of ends once, with everything that is known of it: who says so, how (observed,
// documented, inferred), when last, protocols and classes of data. Reach is the
// blast radius of a node: what can be got at by following edges, with the
// weakest mark that is needed on the way.
//
// Invariants. Pure: no I/O, no clock. The order of what is given changes no
// answer. An edge that was only refused leads nowhere, nor one that has lapsed.
package flow

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// Placed is a workload where it stands.
type Placed struct {
	Scope    string // the environment
	Workload twin.Workload
}

func (p Placed) end() twin.End {
	return twin.End{Kind: twin.KindWorkload, Scope: p.Scope, Name: p.Workload.Service}
}

// Service is a Service of a cluster.
type Service struct {
	Scope, Namespace, Name string
	Selector               map[string]string
	Ports                  []int
	External               string   // externalName: it stands for that host
	Addresses              []string // of the cluster; "None" is none
}

// cluster is the part of the world in which names of services are resolved.
func cluster(scope, namespace string) string {
	if rest, ok := strings.CutSuffix(scope, "/"+namespace); ok && namespace != "" {
		return rest
	}
	return scope
}

// names resolves names of services and hosts.
type names struct {
	services  map[serviceKey]Service
	behind    map[serviceKey][]Placed
	workloads map[serviceKey][]Placed // by their own name
	doors     map[string][]Placed     // by public host
}

type serviceKey struct{ cluster, namespace, name string }

func namesOf(workloads []Placed, services []Service) *names {
	n := &names{
		services: map[serviceKey]Service{}, behind: map[serviceKey][]Placed{},
		workloads: map[serviceKey][]Placed{}, doors: map[string][]Placed{},
	}
	labelled := map[labelKey][]Placed{}
	for _, w := range workloads {
		at := serviceKey{cluster(w.Scope, w.Workload.Namespace), w.Workload.Namespace, w.Workload.Service}
		if w.Workload.Pod != nil {
			for k, v := range w.Workload.Pod.Labels {
				key := labelKey{at.cluster, at.namespace, k, v}
				labelled[key] = append(labelled[key], w)
			}
		}
		n.workloads[at] = append(n.workloads[at], w)
		for _, d := range w.Workload.Doors {
			if host := doorHost(d.Address); d.Public && twin.IsPublicHost(host) {
				n.doors[host] = append(n.doors[host], w)
			}
		}
	}
	for _, s := range services {
		key := serviceKey{cluster(s.Scope, s.Namespace), s.Namespace, s.Name}
		n.services[key] = s
		n.behind[key] = behind(key, s.Selector, labelled)
	}
	return n
}

// labelKey is a label of pods in a namespace.
type labelKey struct{ cluster, namespace, key, value string }

// behind are the workloads that a selector selects, found by its rarest label.
func behind(at serviceKey, selector map[string]string, labelled map[labelKey][]Placed) (out []Placed) {
	var candidates []Placed
	first := true
	for k, v := range selector {
		if list := labelled[labelKey{at.cluster, at.namespace, k, v}]; first || len(list) < len(candidates) {
			candidates, first = list, false
		}
	}
	for _, w := range candidates {
		if selects(selector, w.Workload.Pod) {
			out = append(out, w)
		}
	}
	return out
}

// doorHost is the host of a door's address: HOST/path, HOST:port, URL.
func doorHost(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	address, _, _ = strings.Cut(address, "/")
	host, _ := twin.CutPort(address)
	return strings.ToLower(host)
}

func selects(selector map[string]string, pod *twin.Pod) bool {
	if len(selector) == 0 || pod == nil {
		return false
	}
	for k, v := range selector {
		if have, ok := pod.Labels[k]; !ok || have != v {
			return false
		}
	}
	return true
}

// Infer returns the flows that the configuration of workloads names, in order.
func Infer(workloads []Placed, services []Service) []twin.Flow {
	n := namesOf(workloads, services)
	flows := map[string]twin.Flow{}
	for _, w := range workloads {
		for _, f := range n.calls(w) {
			name := f.Name()
			if have, ok := flows[name]; ok {
				f.Where = twin.Sorted(append(f.Where, have.Where...))
			}
			flows[name] = f
		}
	}
	out := make([]twin.Flow, 0, len(flows))
	for _, name := range slices.Sorted(maps.Keys(flows)) {
		out = append(out, flows[name])
	}
	return out
}

// calls are all flows of one workload; what two variables name comes twice.
func (n *names) calls(from Placed) []twin.Flow {
	if from.Workload.Pod == nil {
		return nil
	}
	var out []twin.Flow
	for _, call := range from.Workload.Pod.Calls {
		out = append(out, n.call(from, call)...)
	}
	return out
}

// call is what one address that a workload names leads to.
func (n *names) call(from Placed, call twin.Call) []twin.Flow {
	host, port := twin.CutPort(call.Address)
	host = strings.ToLower(host)
	system := systemOf(call, port)
	targets, port := n.targets(from, host, port, system)
	var out []twin.Flow
	for _, to := range targets {
		if to == from.end() {
			continue
		}
		out = append(out, twin.Flow{
			From: from.end(), To: to, Protocol: protocolOf(call, system), Port: port,
			How: twin.FlowInferred, Where: []string{call.Where},
		})
	}
	return out
}

// targets resolves a host; the port is that of the service where nothing else says one.
func (n *names) targets(from Placed, host string, port int, system string) ([]twin.End, int) {
	for _, key := range keysOf(from, host) {
		if s, ok := n.services[key]; ok {
			return n.throughService(s, key, port, system)
		}
	}
	for _, key := range keysOf(from, host) {
		if list := n.workloads[key]; len(list) > 0 {
			return ends(list), port
		}
	}
	if list := n.doors[host]; len(list) > 0 {
		return ends(list), port
	}
	return []twin.End{twin.OutsideEnd(from.Scope, system, host, port)}, port
}

func (n *names) throughService(s Service, key serviceKey, port int, system string) ([]twin.End, int) {
	if port == 0 && len(s.Ports) == 1 {
		port = s.Ports[0]
	}
	if list := n.behind[key]; len(list) > 0 {
		return ends(list), port
	}
	if s.External != "" {
		return []twin.End{twin.OutsideEnd(s.Scope, system, s.External, port)}, port
	}
	return []twin.End{{Kind: twin.KindK8sService, Scope: s.Scope, Name: namespaced(s.Namespace, s.Name)}}, port
}

func namespaced(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

func ends(list []Placed) []twin.End {
	var out []twin.End
	for _, w := range list {
		if !slices.Contains(out, w.end()) {
			out = append(out, w.end())
		}
	}
	return out
}

// keysOf are the services that a host may mean, seen from a workload: NAME,
// NAME.NAMESPACE, and both with .svc and the cluster's domain. In front of a
// service's name may stand that of one of its pods.
func keysOf(from Placed, host string) []serviceKey {
	at := cluster(from.Scope, from.Workload.Namespace)
	parts := strings.Split(host, ".")
	if i := slices.Index(parts, "svc"); i >= 2 {
		return []serviceKey{{at, parts[i-1], parts[i-2]}, {at, "", parts[i-2]}}
	}
	switch len(parts) {
	case 1:
		return []serviceKey{{at, from.Workload.Namespace, host}}
	case 2:
		return []serviceKey{{at, parts[1], parts[0]}, {at, from.Workload.Namespace, parts[1]}}
	case 3:
		return []serviceKey{{at, parts[2], parts[1]}}
	}
	return nil
}

// systemOf is the data system that an address leads to: its scheme says it,
// else its port, else a word in the name of its variable.
func systemOf(call twin.Call, port int) string {
	if call.Scheme != "" {
		return twin.SystemOf(call.Scheme)
	}
	if system := twin.SystemOfPort(port); system != "" {
		return system
	}
	for _, word := range strings.FieldsFunc(call.Where, func(r rune) bool { return strings.ContainsRune(" _-.", r) }) {
		if system := twin.SystemOf(word); system != "" && port == 0 {
			return system
		}
	}
	return ""
}

func protocolOf(call twin.Call, system string) string {
	return cmp.Or(system, call.Scheme)
}
