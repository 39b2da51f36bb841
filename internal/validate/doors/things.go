package doors

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

// object names an object of a namespace.
type object struct{ namespace, name string }

// things are the objects of a world by what they are asked for.
type things struct {
	policies   []route.Policy
	inputs     map[string]ctem.ProofInput   // of policies by NAMESPACE/NAME
	namespaces map[string]map[string]string // name → labels
	services   map[object]service
	ways       map[object]ways // of Ingresses and HTTPRoutes by "KIND NAME"
	nodes      []json.RawMessage
	access     route.Access
	// rules are the objects that say who may do what, for the words of a proof.
	rules   map[string]ctem.ProofInput // by KIND NAME
	sources []ctem.SourceScope         // that told of any
	unread  string
}

// service is a Service.
type service struct {
	Selector map[string]string `json:"selector"`
	Ports    []servicePort     `json:"ports"`
	input    ctem.ProofInput
}

type servicePort struct {
	Name     string       `json:"name"`
	Port     int          `json:"port"`
	NodePort int          `json:"nodePort"`
	Protocol string       `json:"protocol"`
	Target   numberOrName `json:"targetPort"`
}

// things gathers the objects that count at a moment, whatever their order.
func (p *Prover) things(w *ctem.World, at time.Time, observed bool) things {
	t := things{inputs: map[string]ctem.ProofInput{}, namespaces: map[string]map[string]string{}, services: map[object]service{}, ways: map[object]ways{}, rules: map[string]ctem.ProofInput{}}
	var stands []*twin.Stand
	for i := range w.Stands {
		s := &w.Stands[i]
		if s.Resource != nil && s.ValidAt(at) && (s.Class == twin.Observed) == observed {
			stands = append(stands, s)
		}
	}
	slices.SortStableFunc(stands, func(a, b *twin.Stand) int {
		return cmp.Or(cmp.Compare(a.Resource.Kind, b.Resource.Kind), cmp.Compare(a.Resource.Namespace, b.Resource.Namespace),
			cmp.Compare(a.Resource.Name, b.Resource.Name), b.From.Compare(a.From), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Revision, b.Revision))
	})
	var last string
	for _, s := range stands {
		id := title(s.Resource)
		if id == last {
			continue // another source says it too: the newest counts
		}
		last = id
		t.sources = append(t.sources, ctem.SourceScope{Source: s.Source, Scope: s.Scope})
		t.take(p, s)
	}
	t.sources = distinctSources(t.sources)
	return t
}

// title names an object: "NetworkPolicy/shop/deny-all".
func title(r *twin.Resource) string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// take files an object. One that cannot be read counts as nothing, but for a
// policy: with it unread nothing is known to be denied.
func (t *things) take(p *Prover, s *twin.Stand) {
	r := s.Resource
	at := object{cmp.Or(r.Namespace, defaultNamespace), r.Name}
	input := ctem.ProofInput{Kind: r.Kind, Name: named(r), Revision: s.Revision}
	switch r.Kind {
	case twin.KindNetworkPolicy:
		x, err := spec(p, s, readPolicy)
		if err != nil {
			t.unread = named(r)
			return
		}
		x.Namespace, x.Name = at.namespace, r.Name
		t.policies = append(t.policies, x)
		t.inputs[x.Namespace+"/"+x.Name] = input
	case twin.KindNamespace:
		x, err := spec(p, s, decode[twin.NamespaceSpec])
		if err == nil {
			t.namespaces[r.Name] = x.Labels
		}
	case twin.KindK8sService:
		x, err := spec(p, s, decode[service])
		if x.input = input; err == nil {
			t.services[at] = x
		}
	case twin.KindIngress, twin.KindHTTPRoute:
		read := readIngress
		if r.Kind == twin.KindHTTPRoute {
			read = readRoute
		}
		x, err := spec(p, s, read)
		if x.input = input; err == nil {
			at.name = r.Kind + " " + r.Name
			t.ways[at] = x
		}
	case twin.KindNode:
		t.nodes = append(t.nodes, r.Spec)
	default:
		t.takeAccess(p, s, input)
	}
}

func named(r *twin.Resource) string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}

func decode[T any](raw json.RawMessage) (out T, err error) {
	if len(raw) == 0 {
		return out, nil
	}
	err = json.Unmarshal(raw, &out)
	return out, err
}
