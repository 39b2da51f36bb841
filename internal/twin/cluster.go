package twin

import (
	"cmp"
	"slices"
)

// The kinds of a cluster's objects that are things of the twin. Their Spec is
// the object's own spec, but for those below, which have none: what they say
// stands beside it, and their Spec is the type here.
const (
	KindNamespace          = "Namespace"
	KindNode               = "Node"
	KindK8sService         = "Service"
	KindEndpointSlice      = "EndpointSlice"
	KindIngress            = "Ingress"
	KindGateway            = "Gateway"
	KindHTTPRoute          = "HTTPRoute"
	KindNetworkPolicy      = "NetworkPolicy"
	KindRole               = "Role"
	KindClusterRole        = "ClusterRole"
	KindRoleBinding        = "RoleBinding"
	KindClusterRoleBinding = "ClusterRoleBinding"
)

// EndpointSliceSpec is what an EndpointSlice says: the addresses of pods, by the
// workload that they are of.
type EndpointSliceSpec struct {
	Service   string              `json:"service"`
	Workloads map[string][]string `json:"workloads"`
	More      bool                `json:"more,omitempty"` // there are more than are told
}

// NamespaceSpec is what a Namespace says.
type NamespaceSpec struct {
	Labels map[string]string `json:"labels,omitempty"`
}

// AccountSpec is what a ServiceAccount says.
type AccountSpec struct {
	// NoToken: pods get no token of it unless they ask for one.
	NoToken bool `json:"no_token,omitempty"`
}

// RoleSpec is what a Role or a ClusterRole says. The fields are called as in the object.
type RoleSpec struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Rules       []RoleRule        `json:"rules,omitempty"`
	Aggregation *RoleAggregation  `json:"aggregationRule,omitempty"`
}

// RoleRule is one rule of a role.
type RoleRule struct {
	Verbs     []string `json:"verbs,omitempty"`
	Groups    []string `json:"apiGroups,omitempty"`
	Resources []string `json:"resources,omitempty"`
	Names     []string `json:"resourceNames,omitempty"`
	Paths     []string `json:"nonResourceURLs,omitempty"`
}

// RoleAggregation selects the cluster roles whose rules a cluster role takes over.
type RoleAggregation struct {
	Selectors []LabelSelector `json:"clusterRoleSelectors,omitempty"`
}

// LabelSelector selects objects by their labels.
type LabelSelector struct {
	Labels      map[string]string  `json:"matchLabels,omitempty"`
	Expressions []LabelRequirement `json:"matchExpressions,omitempty"`
}

// LabelRequirement is one expression of a selector.
type LabelRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values,omitempty"`
}

// BindingSpec is what a RoleBinding or a ClusterRoleBinding says.
type BindingSpec struct {
	Role     RoleRef       `json:"roleRef"`
	Subjects []RoleSubject `json:"subjects,omitempty"`
}

// RoleRef names the role that a binding gives.
type RoleRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// RoleSubject is one whom a binding gives its role.
type RoleSubject struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Links are the edges of a binding that stands in a namespace: to its role, and to
// the accounts that it gives the role. Users and groups are no things.
func (b BindingSpec) Links(namespace string) []Link {
	in := func(namespace, name string) string {
		if namespace == "" {
			return name
		}
		return namespace + "/" + name
	}
	var r Resource
	switch b.Role.Kind {
	case KindRole:
		r.link(RelGives, KindRole, in(namespace, b.Role.Name))
	case KindClusterRole:
		r.link(RelGives, KindClusterRole, b.Role.Name)
	}
	for _, s := range b.Subjects {
		if s.Kind == KindServiceAccount && s.Name != "" {
			r.link(RelGives, KindServiceAccount, in(cmp.Or(s.Namespace, namespace), s.Name))
		}
	}
	slices.SortFunc(r.Links, compareLinks)
	return slices.Compact(r.Links)
}
