package flow

import (
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// Anywhere is the scope of a service of which a document does not say where it runs.
const Anywhere = "*"

// Resolve turns the ends of flows that stand for workloads into these: addresses
// and data stores that are services of the cluster, services themselves, and
// workloads of which it is not said where they run. What stands for nothing
// that is known stays as it is.
func Resolve(told []Told, workloads []Placed, services []Service) []Told {
	return resolve(told, workloads, services, book{})
}

func resolve(told []Told, workloads []Placed, services []Service, addresses book) []Told {
	n := namesOf(workloads, services)
	r := resolver{names: n, book: addresses, byEnd: map[twin.End]Placed{}, byName: map[string][]twin.End{}}
	for _, w := range workloads {
		if _, again := r.byEnd[w.end()]; !again {
			r.byEnd[w.end()] = w
			r.byName[w.Workload.Service] = append(r.byName[w.Workload.Service], w.end())
		}
	}
	var out []Told
	for _, t := range told {
		for _, from := range r.begins(t) {
			out = append(out, r.between(from, t)...)
		}
	}
	return out
}

// begins are the workloads that begin a flow.
func (r *resolver) begins(t Told) []twin.End {
	if t.Flow.How == twin.FlowObserved {
		if found := r.addressed(t.Flow.From, t.Flow.To, t.Seen); len(found) > 0 {
			return found
		}
	}
	return r.places(t.Flow.From, t.Flow.To)
}

// between is a flow from a workload to all that its other end stands for.
func (r *resolver) between(from twin.End, t Told) (out []Told) {
	found := []twin.End(nil)
	if t.Flow.How == twin.FlowObserved {
		found = r.addressed(t.Flow.To, t.Flow.From, t.Seen)
	}
	if len(found) == 0 {
		found = r.ends(from, t.Flow)
	}
	for _, to := range found {
		t.Flow.From, t.Flow.To = from, to
		if from != to {
			out = append(out, t)
		}
	}
	return out
}

type resolver struct {
	*names
	book   book
	byEnd  map[twin.End]Placed
	byName map[string][]twin.End
}

// places are the workloads that an end of no place stands for. Beside an end
// that has a place it is the one there.
func (r *resolver) places(e, beside twin.End) []twin.End {
	if e.Kind != twin.KindWorkload || e.Scope != Anywhere || len(r.byName[e.Name]) == 0 {
		return []twin.End{e}
	}
	for _, known := range r.byName[e.Name] {
		if known.Scope == beside.Scope {
			return []twin.End{known}
		}
	}
	return r.byName[e.Name]
}

func (r *resolver) ends(from twin.End, f twin.Flow) []twin.End {
	host, port := "", f.Port
	switch f.To.Kind {
	case twin.KindWorkload:
		return r.places(f.To, from)
	case twin.KindAddress, twin.KindSaaS:
		host = f.To.Name
	case twin.KindDataStore:
		host, port = twin.CutPort(twin.CutStore(f.To.Name).Address)
	case twin.KindK8sService:
		namespace, name, ok := strings.Cut(f.To.Name, "/")
		if !ok {
			namespace, name = "", f.To.Name
		}
		if list := r.behind[serviceKey{cluster(f.To.Scope, namespace), namespace, name}]; len(list) > 0 {
			return ends(list)
		}
	}
	if host == "" {
		return []twin.End{f.To}
	}
	return r.host(from, f.To, host, port)
}

// host resolves a host as the workload sees it that begins the flow.
func (r *resolver) host(from, to twin.End, host string, port int) []twin.End {
	at, ok := r.byEnd[from]
	if !ok {
		at = Placed{Scope: from.Scope, Workload: twin.Workload{Service: from.Name, Namespace: from.Scope[strings.LastIndexByte(from.Scope, '/')+1:]}}
	}
	found, _ := r.targets(at, host, port, "")
	for _, e := range found {
		if e.Kind != twin.KindWorkload {
			return []twin.End{to}
		}
	}
	return found
}
