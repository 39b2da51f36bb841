package kube

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/tidemark/tidemark/api"
)

// Naming says in which environment the workloads of a namespace run.
type Naming struct {
	Cluster     string
	Environment string            // "": CLUSTER/NAMESPACE
	Namespaces  map[string]string // namespace → environment; goes before Environment
}

// world is what is known of the cluster. It is used under the lock of its owner.
type world struct {
	naming   Naming
	spaces   map[string]*space // by namespace; "" is the cluster
	routes   map[*object]bool  // they lead into other namespaces, too
	waiting  map[types.UID]map[key]bool
	dirty    map[string]bool
	complete bool // every kind of door can be read
	circles  map[string]bool
}

// space is a namespace.
type space struct {
	name    string
	objects map[string]map[string]*object // by kind, by name
	roots   map[rootKey]*root
	byPod   map[string]*root
}

func newWorld(n Naming) *world {
	return &world{
		naming: n, spaces: map[string]*space{}, routes: map[*object]bool{}, waiting: map[types.UID]map[key]bool{},
		dirty: map[string]bool{}, circles: map[string]bool{},
	}
}

func (w *world) space(namespace string) *space {
	s, ok := w.spaces[namespace]
	if !ok {
		s = &space{name: namespace, objects: map[string]map[string]*object{}, roots: map[rootKey]*root{}, byPod: map[string]*root{}}
		w.spaces[namespace] = s
	}
	return s
}

func (s *space) object(kind, name string) *object { return s.objects[kind][name] }

// scope is the environment of a namespace; the cluster's own things stand in
// that of its name.
func (w *world) scope(namespace string) string {
	if namespace == "" {
		return w.naming.Cluster
	}
	if s, ok := w.spaces[""]; ok {
		if n := s.object(kindNamespace, namespace); n != nil {
			if env := n.mark(markEnvironment); isName(env) {
				return env
			}
		}
	}
	if env := w.naming.Namespaces[namespace]; env != "" {
		return env
	}
	if w.naming.Environment != "" {
		return w.naming.Environment
	}
	return w.naming.Cluster + "/" + namespace
}

// isName reports whether a text may be the name of a service or an environment.
func isName(s string) bool {
	const longest = 253
	return s != "" && len(s) <= longest && strings.TrimSpace(s) == s && !strings.Contains(s, "..") &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '�' || r == '\\' })
}

// put takes an object in its newest form.
func (w *world) put(o *object) {
	s := w.space(o.Namespace)
	old := s.object(o.kind, o.Name)
	if s.objects[o.kind] == nil {
		s.objects[o.kind] = map[string]*object{}
	}
	s.objects[o.kind][o.Name] = o
	w.route(old, o)
	switch {
	case o.kind == kindPod:
		w.place(s, old, o)
	case isBetween(o.kind):
		w.found(o)
	case isRoot(o.kind):
		w.keeps(s, o)
	}
	w.touch(o)
}

// drop takes an object away.
func (w *world) drop(o *object) {
	s := w.space(o.Namespace)
	old := s.object(o.kind, o.Name)
	if old == nil {
		return
	}
	delete(s.objects[o.kind], o.Name)
	if len(s.objects[o.kind]) == 0 {
		delete(s.objects, o.kind)
	}
	w.route(old, nil)
	switch {
	case o.kind == kindPod:
		s.leave(o.Name)
		forgetPod(w, old)
	case isRoot(o.kind):
		w.keeps(s, o)
	}
	w.touch(o)
}

// touch notes in which namespaces something may read otherwise now.
func (w *world) touch(o *object) {
	if isBetween(o.kind) {
		return // found has touched what it concerns
	}
	w.dirty[o.Namespace] = true
	switch {
	case o.kind == kindNamespace:
		w.dirty[o.Name] = true
	case o.kind == kindGateway:
		for r := range w.routes {
			reach(w.dirty, r)
		}
	}
}

// route keeps the routes, and touches the namespaces into which they lead.
func (w *world) route(old, now *object) {
	for _, o := range []*object{old, now} {
		if o != nil && isRouteKind(o.kind) {
			reach(w.dirty, o)
		}
	}
	delete(w.routes, old)
	if now != nil && isRouteKind(now.kind) {
		w.routes[now] = true
	}
}

// reach notes the namespaces into which a route leads.
func reach(dirty map[string]bool, route *object) {
	for _, x := range route.ways {
		dirty[x.to.namespace] = true
	}
}

// forget takes away a namespace in which nothing is left.
func (w *world) forget(namespace string) {
	if s, ok := w.spaces[namespace]; ok && len(s.objects) == 0 && namespace != "" {
		delete(w.spaces, namespace)
	}
}

// namespaces are all that there are.
func (w *world) namespaces() (out []string) {
	if s, ok := w.spaces[""]; ok {
		for name := range s.objects[kindNamespace] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// scopes are all that there are now, of the cluster and of its namespaces.
func (w *world) scopes() []string {
	all := map[string]bool{w.scope(""): true}
	for _, namespace := range w.namespaces() {
		all[w.scope(namespace)] = true
	}
	for namespace, s := range w.spaces {
		if len(s.objects) > 0 {
			all[w.scope(namespace)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// troubles are objects of which not all is told, and owners in a circle.
func (w *world) troubles() []api.Rejection {
	const most = 20
	var out []api.Rejection
	for id := range w.circles {
		out = append(out, api.Rejection{Where: id, Reason: "its owners are in a circle, or more than " + itoa(maxOwners) + " above each other: it stands under the nearest"})
	}
	for _, s := range w.spaces {
		out = append(out, s.troubles()...)
	}
	slices.SortFunc(out, func(a, b api.Rejection) int { return strings.Compare(a.Where, b.Where) })
	if more := len(out) - most; more > 0 {
		out = append(out[:most:most], api.Rejection{Where: "objects", Reason: itoa(more) + " more are not told in full"})
	}
	return out
}

func (s *space) troubles() (out []api.Rejection) {
	for _, objects := range s.objects {
		for _, o := range objects {
			if o.trouble != "" {
				out = append(out, api.Rejection{Where: o.id(), Reason: o.trouble})
			}
		}
	}
	return out
}
