package route

import (
	"slices"
	"strings"
)

// Access is the roles of a cluster and who has them (Kubernetes RBAC v1).
type Access struct {
	Roles    []Role
	Bindings []Binding
}

// Role is a Role or, without a namespace, a ClusterRole.
type Role struct {
	Namespace, Name string
	Labels          map[string]string
	Rules           []Grant
	// Aggregates selects the cluster roles whose rules replace those of this one.
	Aggregates []Selector
}

// Grant is one rule of a role: verbs on resources of API groups, or on paths
// that are no resources. "*" stands for all.
type Grant struct {
	Verbs     []string
	Groups    []string
	Resources []string // "pods", "pods/exec", "*", "*/scale"
	Names     []string // none: all
	Paths     []string // "/healthz", "/apis/*"
}

// Binding gives a role to subjects: in its namespace or, without one, everywhere.
type Binding struct {
	Namespace, Name string
	ClusterRole     bool // the role is one of the cluster
	Role            string
	Subjects        []Subject
}

// Subject is who a role is given to: ServiceAccount, User or Group.
type Subject struct {
	Kind, Namespace, Name string
}

// Account is a service account.
type Account struct {
	Namespace, Name string
}

// Right is a rule that an account has, where it has it, and by what.
type Right struct {
	Grant
	Namespace string // "" is everywhere
	Role      string // "ClusterRole view", "Role shop/reader"
	Binding   string // "RoleBinding shop/readers", "ClusterRoleBinding all-readers"
}

// Rights are what an account may do, by the bindings that name it or one of the
// groups that every service account is in. The order is that of the bindings.
// A binding whose role does not exist gives nothing.
func (a Access) Rights(of Account) []Right {
	var out []Right
	for _, b := range a.Bindings {
		if !slices.ContainsFunc(b.Subjects, of.is) {
			continue
		}
		role, ok := a.role(b)
		if !ok {
			continue
		}
		for _, g := range a.rules(role) {
			out = append(out, Right{Grant: g, Namespace: b.Namespace, Role: role.title(), Binding: b.title()})
		}
	}
	return out
}

// Missing are the roles that bindings give an account and that nobody has told
// of, each once.
func (a Access) Missing(of Account) (out []string) {
	for _, b := range a.Bindings {
		if !slices.ContainsFunc(b.Subjects, of.is) {
			continue
		}
		if _, ok := a.role(b); !ok && !slices.Contains(out, b.gives()) {
			out = append(out, b.gives())
		}
	}
	return out
}

// gives names the role of a binding.
func (b Binding) gives() string {
	if b.ClusterRole {
		return "ClusterRole " + b.Role
	}
	return "Role " + b.Namespace + "/" + b.Role
}

// is reports whether a subject stands for the account.
func (x Account) is(s Subject) bool {
	switch s.Kind {
	case "ServiceAccount":
		return s.Namespace == x.Namespace && s.Name == x.Name
	case "User":
		return s.Name == "system:serviceaccount:"+x.Namespace+":"+x.Name
	case "Group":
		return s.Name == "system:serviceaccounts" || s.Name == "system:serviceaccounts:"+x.Namespace || s.Name == "system:authenticated"
	}
	return false
}

// role finds the role of a binding. One of a namespace is found there alone.
func (a Access) role(b Binding) (Role, bool) {
	namespace := b.Namespace
	if b.ClusterRole {
		namespace = ""
	} else if namespace == "" {
		return Role{}, false // a binding for the cluster gives roles of the cluster
	}
	i := slices.IndexFunc(a.Roles, func(r Role) bool { return r.Name == b.Role && r.Namespace == namespace })
	if i < 0 {
		return Role{}, false
	}
	return a.Roles[i], true
}

// rules are those of a role; of one that aggregates, those of the cluster roles
// that it selects, which do not aggregate in turn unless they are filled already.
func (a Access) rules(r Role) []Grant {
	if r.Namespace != "" || len(r.Aggregates) == 0 {
		return r.Rules
	}
	var out []Grant
	for _, part := range a.aggregated(r, map[string]bool{}) {
		out = append(out, part.Rules...)
	}
	return out
}

// aggregated are the roles with rules of their own to which an aggregating role
// leads: the controller fills roles until nothing changes.
func (a Access) aggregated(r Role, passed map[string]bool) []Role {
	if passed[r.Name] {
		return nil
	}
	passed[r.Name] = true
	if len(r.Aggregates) == 0 {
		return []Role{r}
	}
	var out []Role
	for _, x := range a.Roles {
		selected := slices.ContainsFunc(r.Aggregates, func(s Selector) bool { return s.Matches(x.Labels) })
		if x.Namespace == "" && selected {
			out = append(out, a.aggregated(x, passed)...)
		}
	}
	return out
}

func (r Role) title() string {
	if r.Namespace == "" {
		return "ClusterRole " + r.Name
	}
	return "Role " + r.Namespace + "/" + r.Name
}

func (b Binding) title() string {
	if b.Namespace == "" {
		return "ClusterRoleBinding " + b.Name
	}
	return "RoleBinding " + b.Namespace + "/" + b.Name
}

// Deed is something that may be asked of the API server. Resource may have a
// subresource: "pods/exec". Namespace "" is the cluster, Name "" all of them.
type Deed struct {
	Verb, Group, Resource, Namespace, Name string
}

// May reports whether a rule allows a deed.
func (r Right) May(d Deed) bool {
	if r.Namespace != "" && r.Namespace != d.Namespace {
		return false
	}
	return has(r.Verbs, d.Verb) && has(r.Groups, d.Group) && slices.ContainsFunc(r.Resources, func(x string) bool { return isResource(x, d.Resource) }) &&
		(len(r.Names) == 0 || d.Name != "" && slices.Contains(r.Names, d.Name))
}

func has(list []string, word string) bool {
	return slices.Contains(list, "*") || slices.Contains(list, word)
}

// isResource compares a rule's resource with one that is asked for: "*" is every
// resource and subresource, "*/scale" one subresource of all.
func isResource(rule, asked string) bool {
	if rule == "*" || rule == asked {
		return true
	}
	sub, ok := strings.CutPrefix(rule, "*/")
	if !ok {
		return false
	}
	_, have, _ := strings.Cut(asked, "/")
	return have == sub
}

// Power is a right from which more can be made than it says.
type Power struct {
	Name string // "reads secrets"
	Why  string
	By   Right
}

// power is a deed, and what it leads to.
type power struct {
	Deed
	name, why string
}

// powers are the deeds by which an account gets what others have (Kubernetes
// documentation, "Role Based Access Control Good Practices": privilege
// escalation risks).
func powers() []power {
	const rbac, core, certs, hooks = "rbac.authorization.k8s.io", "", "certificates.k8s.io", "admissionregistration.k8s.io"
	return []power{
		{Deed{Verb: "escalate", Group: rbac, Resource: "clusterroles"}, "raises roles", "it can add to a role what it does not have"},
		{Deed{Verb: "escalate", Group: rbac, Resource: "roles"}, "raises roles", "it can add to a role what it does not have"},
		{Deed{Verb: "bind", Group: rbac, Resource: "clusterroles"}, "gives roles", "it can give itself a role of the cluster"},
		{Deed{Verb: "bind", Group: rbac, Resource: "roles"}, "gives roles", "it can give itself a role"},
		{Deed{Verb: "impersonate", Group: core, Resource: "users"}, "speaks as others", "it can act as any user"},
		{Deed{Verb: "impersonate", Group: core, Resource: "groups"}, "speaks as others", "it can act as a member of any group"},
		{Deed{Verb: "impersonate", Group: core, Resource: "serviceaccounts"}, "speaks as others", "it can act as another account"},
		{Deed{Verb: "get", Group: core, Resource: "secrets"}, "reads secrets", "tokens and passwords are in them"},
		{Deed{Verb: "list", Group: core, Resource: "secrets"}, "reads secrets", "a list of secrets has what is in them"},
		{Deed{Verb: "watch", Group: core, Resource: "secrets"}, "reads secrets", "a watch of secrets has what is in them"},
		{Deed{Verb: "create", Group: core, Resource: "serviceaccounts/token"}, "makes tokens", "it can get the token of another account"},
		{Deed{Verb: "create", Group: core, Resource: "pods"}, "starts pods", "a pod has the rights of its account and the secrets of its namespace"},
		{Deed{Verb: "create", Group: "apps", Resource: "deployments"}, "starts pods", "its pods have the rights of their account and the secrets of the namespace"},
		{Deed{Verb: "create", Group: "apps", Resource: "daemonsets"}, "starts pods", "its pods run on every node"},
		{Deed{Verb: "create", Group: "apps", Resource: "statefulsets"}, "starts pods", "its pods have the rights of their account and the secrets of the namespace"},
		{Deed{Verb: "create", Group: "batch", Resource: "jobs"}, "starts pods", "its pods have the rights of their account and the secrets of the namespace"},
		{Deed{Verb: "create", Group: "batch", Resource: "cronjobs"}, "starts pods", "its pods have the rights of their account and the secrets of the namespace"},
		{Deed{Verb: "create", Group: core, Resource: "pods/exec"}, "enters pods", "it can run commands in what others run"},
		{Deed{Verb: "get", Group: core, Resource: "pods/exec"}, "enters pods", "it can run commands in what others run"},
		{Deed{Verb: "create", Group: core, Resource: "pods/attach"}, "enters pods", "it can speak with what others run"},
		{Deed{Verb: "patch", Group: core, Resource: "pods/ephemeralcontainers"}, "enters pods", "it can add a container to what others run"},
		{Deed{Verb: "create", Group: core, Resource: "nodes/proxy"}, "reaches nodes", "the node's agent runs commands in every pod there"},
		{Deed{Verb: "get", Group: core, Resource: "nodes/proxy"}, "reaches nodes", "the node's agent runs commands in every pod there"},
		{Deed{Verb: "create", Group: core, Resource: "persistentvolumes"}, "mounts hosts", "a volume can be a folder of a node"},
		{Deed{Verb: "update", Group: certs, Resource: "certificatesigningrequests/approval"}, "signs certificates", "it can approve a certificate in another's name"},
		{Deed{Verb: "create", Group: hooks, Resource: "mutatingwebhookconfigurations"}, "changes what is created", "a webhook sees and changes every object"},
		{Deed{Verb: "patch", Group: hooks, Resource: "mutatingwebhookconfigurations"}, "changes what is created", "a webhook sees and changes every object"},
		{Deed{Verb: "create", Group: hooks, Resource: "validatingwebhookconfigurations"}, "sees what is created", "a webhook sees every object"},
	}
}

// Powers are the rights from which more can be made, each name and place once,
// by the first right that gives it.
func Powers(rights []Right) []Power {
	var out []Power
	for _, k := range powers() {
		for _, r := range rights {
			d := k.Deed
			if d.Namespace = r.Namespace; len(r.Names) > 0 {
				d.Name = r.Names[0]
			}
			if !r.May(d) || slices.ContainsFunc(out, func(p Power) bool { return p.Name == k.name && p.By.Namespace == r.Namespace }) {
				continue
			}
			out = append(out, Power{Name: k.name, Why: k.why, By: r})
		}
	}
	return out
}
