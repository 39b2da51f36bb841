package kube

import (
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// maxOwners is the longest chain of owners that is followed.
const maxOwners = 8

func itoa(n int) string { return strconv.Itoa(n) }

// rootKey names what keeps pods, within a namespace.
type rootKey struct{ kind, name string }

// root is what keeps pods: they are one workload.
type root struct {
	rootKey
	namespace  string
	controller string // who keeps the root, where that is no kind of Kubernetes' own
	pods       map[string]*object
	part       *part // as folded last; nil: not since something changed
}

func (r *root) id() string { return idOf(r.kind, r.namespace, r.name) }

// place puts a pod behind its root.
func (w *world) place(s *space, old, pod *object) {
	to, controller, missing := w.rootOf(pod)
	was := s.byPod[pod.Name]
	if missing != "" {
		if w.waiting[missing] == nil {
			w.waiting[missing] = map[key]bool{}
		}
		w.waiting[missing][pod.key()] = true
		// Who was known before it went away is still the one.
		if was != nil && old != nil && old.UID == pod.UID {
			to, controller = was.rootKey, was.controller
		}
	}
	if was != nil && was.rootKey != to {
		s.leave(pod.Name)
	}
	r, ok := s.roots[to]
	if !ok {
		r = &root{rootKey: to, namespace: s.name, pods: map[string]*object{}}
		s.roots[to] = r
	}
	r.controller = controller
	r.pods[pod.Name] = pod
	r.part = nil
	s.byPod[pod.Name] = r
}

// leave takes a pod from its root, and the root away with its last pod.
func (s *space) leave(pod string) {
	r := s.byPod[pod]
	if r == nil {
		return
	}
	delete(s.byPod, pod)
	delete(r.pods, pod)
	r.part = nil
	if len(r.pods) == 0 {
		delete(s.roots, r.rootKey)
	}
}

// forgetPod takes away what is kept of a pod beside its namespace.
func forgetPod(w *world, pod *object) {
	delete(w.circles, pod.id())
	for _, owner := range pod.OwnerReferences {
		delete(w.waiting[owner.UID], pod.key())
		if len(w.waiting[owner.UID]) == 0 {
			delete(w.waiting, owner.UID)
		}
	}
}

// found puts the pods behind their root that waited for what stands between.
func (w *world) found(between *object) {
	waited := w.waiting[between.UID]
	if len(waited) == 0 {
		return
	}
	delete(w.waiting, between.UID)
	s := w.space(between.Namespace)
	for k := range waited {
		if pod := s.object(kindPod, k.name); pod != nil {
			s.leave(pod.Name)
			w.place(s, nil, pod)
			w.dirty[s.name] = true
		}
	}
}

// keeps has a root folded again whose controller says something else now.
func (w *world) keeps(s *space, o *object) {
	if r := s.roots[rootKey{o.kind, o.Name}]; r != nil {
		r.part = nil
		r.controller = controllerOf(o)
	}
}

// controllerOf names who keeps an object that is a root already.
func controllerOf(o *object) string {
	if len(o.OwnerReferences) == 0 {
		return ""
	}
	return idOf(o.OwnerReferences[0].Kind, o.Namespace, o.OwnerReferences[0].Name)
}

// rootOf follows the owners of a pod. Missing is what stands between and is not
// there, or not yet: then the root is a guess.
func (w *world) rootOf(pod *object) (_ rootKey, controller string, missing types.UID) {
	s := w.space(pod.Namespace)
	seen := map[types.UID]bool{}
	nearest := rootKey{kindPod, pod.Name}
	for at := pod; ; {
		if len(at.OwnerReferences) == 0 {
			return rootKey{at.kind, at.Name}, "", ""
		}
		owner := at.OwnerReferences[0]
		if at == pod {
			nearest = rootKey{owner.Kind, owner.Name}
		}
		if !isOurs(owner) {
			if owner.Kind == kindNode { // a pod of the node's own, one of a kind on each
				return rootKey{kindPod, strings.TrimSuffix(pod.Name, "-"+owner.Name)}, kindNode, ""
			}
			return rootKey{owner.Kind, owner.Name}, idOf(owner.Kind, pod.Namespace, owner.Name), ""
		}
		above := s.object(owner.Kind, owner.Name)
		if above == nil || above.UID != owner.UID {
			if isRoot(owner.Kind) { // it has this name, whenever it comes
				return rootKey{owner.Kind, owner.Name}, "", ""
			}
			return guess(pod, owner), "", owner.UID
		}
		if isRoot(above.kind) {
			return rootKey{above.kind, above.Name}, controllerOf(above), ""
		}
		if seen[above.UID] || len(seen) == maxOwners {
			w.circles[pod.id()] = true
			return nearest, "", ""
		}
		seen[above.UID] = true
		at = above
	}
}

// isOurs reports whether an owner is of a kind whose objects are read.
func isOurs(owner metav1.OwnerReference) bool {
	group, _, _ := strings.Cut(owner.APIVersion, "/")
	return (group == "apps" || group == "batch") && (isRoot(owner.Kind) || isBetween(owner.Kind))
}

// guess names the root of a pod whose ReplicaSet or Job is not there: those of a
// Deployment carry the hash of their template.
func guess(pod *object, owner metav1.OwnerReference) rootKey {
	hash := pod.Labels["pod-template-hash"]
	if name, ok := strings.CutSuffix(owner.Name, "-"+hash); ok && hash != "" && owner.Kind == kindReplicaSet {
		return rootKey{kindDeployment, name}
	}
	return rootKey{owner.Kind, owner.Name}
}
