package kube

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tidemark/tidemark/api"
)

// object is what is kept of one object of the cluster.
type object struct {
	metav1.ObjectMeta // without what is not needed

	kind     string
	pod      *pod
	keeper   *keeper
	service  *service
	targets  *targets
	ways     []way           // of an Ingress or a route
	parents  []parent        // of a route
	selector *selector       // of a policy
	links    []api.SeenLink  // that follow from the object alone
	spec     json.RawMessage // as it is told
	trouble  string          // what of it is left out
}

// key is where an object stands among those of its kind.
type key struct{ namespace, name string }

func (o *object) key() key { return key{o.Namespace, o.Name} }

// id is how messages and doors name the object.
func (o *object) id() string { return idOf(o.kind, o.Namespace, o.Name) }

func idOf(kind, namespace, name string) string {
	if namespace == "" {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

// pod is what is kept of a pod.
type pod struct {
	runs       bool
	node       string
	since      time.Time // the newest start or transition
	facts      api.SeenPod
	containers []container
}

// container is one of a pod that runs, or has run and counts as such.
type container struct {
	name     string
	declared string
	image    api.SeenImage
	init     bool
	role     string
	security *api.SeenSecurity
}

// keeper is what is kept of a controller.
type keeper struct {
	wanted int
	images map[string]string // of its template, by container
}

// image is what the template wants a container to be; "" where it does not say.
func (k *keeper) image(container string) string {
	if k == nil {
		return ""
	}
	return k.images[container]
}

// service is what decides where a Service leads.
type service struct {
	selector map[string]string
	doors    []api.SeenDoor
}

// targets are the pods of an EndpointSlice.
type targets struct {
	service   string
	pods      []string
	addresses [][]string // of each pod
}

// way is an address with the Service that it leads to.
type way struct {
	address string
	to      key
}

// parent is a Gateway that a route asks for.
type parent struct {
	gateway  key
	refused  bool
	otherway bool // it is no Gateway: a Service of a mesh
}

// selector is a label selector.
type selector struct {
	MatchLabels      map[string]string `json:"matchLabels"`
	MatchExpressions []requirement     `json:"matchExpressions"`
}

type requirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

func (s *selector) matches(labels map[string]string) bool {
	for k, v := range s.MatchLabels {
		if have, ok := labels[k]; !ok || have != v {
			return false
		}
	}
	return !slices.ContainsFunc(s.MatchExpressions, func(r requirement) bool { return !r.holds(labels) })
}

func (r requirement) holds(labels map[string]string) bool {
	v, ok := labels[r.Key]
	switch r.Operator {
	case "In":
		return ok && slices.Contains(r.Values, v)
	case "NotIn":
		return !ok || !slices.Contains(r.Values, v)
	case "Exists":
		return ok
	case "DoesNotExist":
		return !ok
	}
	return false
}

// The labels and annotations by which the twin is told what is what.
const (
	markEnvironment = "tidemark.dev/environment"
	markService     = "tidemark.dev/service"
	markName        = "app.kubernetes.io/name"
)

const (
	maxMarks = 40
	maxMark  = 256 // characters
)

// isMark reports whether a label or annotation names an owner, a part or an
// environment.
func isMark(name string) bool {
	prefix, last, found := strings.Cut(name, "/")
	if !found {
		prefix, last = "", name
	}
	switch prefix {
	case "tidemark.dev", "app.kubernetes.io", "backstage.io", "app.openshift.io", "argocd.argoproj.io", "meta.helm.sh", "helm.sh", "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io":
		return true
	case "kubectl.kubernetes.io", "deployment.kubernetes.io", "autoscaling.alpha.kubernetes.io":
		return false
	}
	last = strings.ToLower(last)
	for _, word := range [...]string{"owner", "team", "squad", "tribe", "contact", "product", "project", "component", "part-of", "tier", "environment", "stage", "cost-center", "costcenter", "department", "repository", "source-repo", "git-commit", "commit"} {
		if last == word || strings.HasSuffix(last, "-"+word) || strings.HasPrefix(last, word+"-") || strings.HasSuffix(last, "."+word) {
			return true
		}
	}
	return last == "env" || last == "app" || last == "name" || last == "version" || last == "release"
}

// marksOf are the marks among labels and annotations; a label wins.
func marksOf(o *object) map[string]string {
	out := map[string]string{}
	for _, from := range []map[string]string{o.Annotations, o.Labels} {
		for name, value := range from {
			if isMark(name) && len(value) <= maxMark && (len(out) < maxMarks || out[name] != "") {
				out[name] = value
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// mark is a label, or else an annotation.
func (o *object) mark(name string) string {
	if v := o.Labels[name]; v != "" {
		return v
	}
	return o.Annotations[name]
}
