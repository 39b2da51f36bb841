package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// told is what is said of one subject.
type told struct {
	subject string
	media   string
	kind    string // of the object
	body    json.RawMessage
	since   time.Time // zero: it is not known since when
}

// Media of what is told.
const (
	mediaWorkload = "workload"
	mediaResource = "resource"
)

// view is a namespace as it is told.
type view struct {
	*world
	space  *space
	scope  string
	names  map[*root]string   // the service of each
	behind map[string][]*root // to whom each Service leads
}

// tell writes all that a namespace has, by subject.
func (w *world) tell(namespace string) ([]told, error) {
	s, ok := w.spaces[namespace]
	if !ok {
		return nil, nil
	}
	v := view{world: w, space: s, scope: w.scope(namespace), names: s.names(), behind: s.behind()}
	out, err := v.workloads()
	if err != nil {
		return nil, err
	}
	for _, k := range kinds() {
		if !k.told {
			continue
		}
		for _, o := range s.objects[k.name] {
			t, err := v.resource(o)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b told) int { return strings.Compare(a.subject, b.subject) })
	return out, nil
}

// workloads are the roots of which something runs, by service.
func (v *view) workloads() (out []told, _ error) {
	doors := v.doors()
	bySubject := map[string][]*root{}
	for r := range doors {
		subject := "workload/" + r.kind + "/" + v.space.name + "/" + v.names[r]
		bySubject[subject] = append(bySubject[subject], r)
	}
	for subject, roots := range bySubject {
		body, since := join(roots, v.names[roots[0]], doors)
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", subject, err)
		}
		out = append(out, told{subject: subject, media: mediaWorkload, kind: kindPod, body: raw, since: since})
	}
	return out, nil
}

// resource writes an object that is no workload.
func (v *view) resource(o *object) (told, error) {
	body := api.SeenResource{Kind: o.kind, Namespace: o.Namespace, Name: o.Name, Spec: o.spec, Links: v.links(o)}
	if o.targets != nil {
		spec, err := json.Marshal(v.addresses(o.targets))
		if err != nil {
			return told{}, fmt.Errorf("write %s: %w", o.id(), err)
		}
		body.Spec = spec
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return told{}, fmt.Errorf("write %s: %w", o.id(), err)
	}
	return told{subject: "resource/" + o.kind + "/" + o.Namespace + "/" + o.Name, media: mediaResource, kind: o.kind, body: raw}, nil
}

// maxAddresses bounds the addresses that are told of one EndpointSlice: the cluster
// itself makes none with so many.
const maxAddresses = 2000

// addresses are those of the pods behind a Service, by workload: flows that name an
// address are resolved by them. Whether a pod is ready is not told, so that one that
// wavers is no change.
func (v *view) addresses(t *targets) api.SeenAddresses {
	out := api.SeenAddresses{Service: t.service, Workloads: map[string][]string{}}
	n := 0
	for i, pod := range t.pods {
		r := v.space.byPod[pod]
		if r == nil || v.names[r] == "" {
			continue
		}
		if n += len(t.addresses[i]); n > maxAddresses {
			out.More = true
			break
		}
		out.Workloads[v.names[r]] = append(out.Workloads[v.names[r]], t.addresses[i]...)
	}
	for name, list := range out.Workloads {
		slices.Sort(list)
		out.Workloads[name] = slices.Compact(list)
	}
	return out
}

// maxLinks bounds the edges of one object.
const maxLinks = 5000

// links are the edges from an object.
func (v *view) links(o *object) []api.SeenLink {
	out := slices.Clone(o.links)
	workload := func(rel string, r *root) {
		out = append(out, api.SeenLink{Rel: rel, To: api.SeenEnd{Kind: kindWorkload, Name: v.names[r]}})
	}
	switch {
	case o.kind == kindService:
		for _, r := range v.behind[o.Name] {
			workload("selects", r)
		}
	case o.kind == kindPolicy && o.selector != nil:
		for _, r := range v.space.roots {
			if p := v.space.fold(r); p != nil && o.selector.matches(p.labels) {
				workload("protects", r)
			}
		}
	default:
		for _, x := range o.ways {
			out = append(out, api.SeenLink{Rel: "exposes", To: api.SeenEnd{Kind: kindService, Name: x.to.namespace + "/" + x.to.name}})
		}
	}
	for i := range out {
		if scope := v.scopeOf(out[i].To); scope != v.scope {
			out[i].To.Scope = scope
		}
	}
	slices.SortFunc(out, compareLinks)
	out = slices.Compact(out)
	return out[:min(len(out), maxLinks)]
}

// scopeOf says where the end of an edge is.
func (v *view) scopeOf(e api.SeenEnd) string {
	if e.Kind == kindWorkload {
		return v.scope
	}
	namespace, _, found := strings.Cut(e.Name, "/")
	if !found {
		return v.naming.Cluster
	}
	return v.world.scope(namespace)
}

func compareLinks(a, b api.SeenLink) int {
	return cmp.Or(cmp.Compare(a.Rel, b.Rel), cmp.Compare(a.To.Kind, b.To.Kind), cmp.Compare(a.To.Scope, b.To.Scope), cmp.Compare(a.To.Name, b.To.Name))
}
