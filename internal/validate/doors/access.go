package doors

import (
	"cmp"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxRights bounds the rights that a proof tells one by one.
const maxRights = 200

// takeAccess files a role or a binding.
func (t *things) takeAccess(p *Prover, s *twin.Stand, input ctem.ProofInput) {
	r := s.Resource
	switch r.Kind {
	case twin.KindRole, twin.KindClusterRole:
		x, err := spec(p, s, decode[twin.RoleSpec])
		if err != nil {
			return
		}
		role := route.Role{Name: r.Name, Labels: x.Labels}
		if r.Kind == twin.KindRole {
			role.Namespace = cmp.Or(r.Namespace, defaultNamespace)
		}
		for _, g := range x.Rules {
			role.Rules = append(role.Rules, route.Grant(g))
		}
		if x.Aggregation != nil {
			for _, sel := range x.Aggregation.Selectors {
				role.Aggregates = append(role.Aggregates, selector(sel))
			}
		}
		t.access.Roles = append(t.access.Roles, role)
	case twin.KindRoleBinding, twin.KindClusterRoleBinding:
		x, err := spec(p, s, decode[twin.BindingSpec])
		if err != nil {
			return
		}
		b := route.Binding{Name: r.Name, ClusterRole: x.Role.Kind == twin.KindClusterRole, Role: x.Role.Name}
		if r.Kind == twin.KindRoleBinding {
			b.Namespace = cmp.Or(r.Namespace, defaultNamespace)
		}
		for _, who := range x.Subjects {
			b.Subjects = append(b.Subjects, route.Subject(who))
		}
		t.access.Bindings = append(t.access.Bindings, b)
	default:
		return
	}
	t.rules[input.Kind+" "+input.Name] = input
}

// admin is the role that every cluster has, where no source tells of it.
const admin = "cluster-admin"

// account is a service account in use.
type account struct {
	scope string
	route.Account
	by      []string
	sources []ctem.SourceScope
}

// accounts are the proofs of what the accounts in use may do. Where no role and no
// binding is known there is nothing to be told.
func (v holders) accounts() (out []ctem.Proof) {
	if len(v.things.rules) == 0 {
		return nil
	}
	access := v.things.access
	if !slices.ContainsFunc(access.Roles, func(r route.Role) bool { return r.Name == admin && r.Namespace == "" }) {
		all := []string{"*"}
		access.Roles = append(access.Roles, route.Role{Name: admin, Rules: []route.Grant{{Verbs: all, Groups: all, Resources: all}, {Verbs: all, Paths: all}}})
	}
	for _, a := range v.used() {
		p := ctem.Proof{ProofKey: ctem.ProofKey{Scope: a.scope, Kind: twin.KindServiceAccount, Name: a.Namespace + "/" + a.Name, Check: ctem.CheckAccess}}
		p.Body.Rules = Rules
		p.Body.Sources = distinctSources(append(a.sources, v.things.sources...))
		v.may(&p, access, a)
		out = append(out, p)
	}
	return out
}

// used are the accounts that something runs as, in order.
func (v holders) used() []*account {
	byKey := map[string]*account{}
	var out []*account
	for _, p := range v.pods {
		a := route.Account{Namespace: p.namespace, Name: cmp.Or(p.is.Account, "default")}
		key := p.place.environment + "\x00" + a.Namespace + "/" + a.Name
		if byKey[key] == nil {
			byKey[key] = &account{scope: p.place.environment, Account: a}
			out = append(out, byKey[key])
		}
		byKey[key].by = append(byKey[key].by, p.key())
		byKey[key].sources = distinctSources(append(byKey[key].sources, p.place.sources...))
	}
	return out
}

// may answers for one account: yes, where it has a power; no, where an agent that
// sees all bindings knows of none; else unknown.
func (v holders) may(p *ctem.Proof, access route.Access, a *account) {
	rights := access.Rights(a.Account)
	body := &ctem.Access{Rights: []ctem.AccessRight{}, Powers: []ctem.AccessPower{}, UsedBy: a.by, Used: len(a.by)}
	if len(a.by) > maxNames {
		body.UsedBy = slices.Clone(a.by[:maxNames])
	}
	for _, r := range rights {
		body.Admin = body.Admin || isAdmin(r)
		v.rests(p, r)
		if len(body.Rights) == maxRights {
			body.More++
			continue
		}
		body.Rights = append(body.Rights, ctem.AccessRight{
			Verbs: r.Verbs, Groups: r.Groups, Resources: r.Resources, Names: r.Names, Paths: r.Paths, Namespace: r.Namespace, Role: r.Role, Binding: r.Binding,
		})
	}
	for _, x := range route.Powers(rights) {
		body.Powers = append(body.Powers, ctem.AccessPower{Name: x.Name, Why: x.Why, Namespace: x.By.Namespace, Role: x.By.Role, Binding: x.By.Binding})
	}
	p.Body.Access = body
	missing := access.Missing(a.Account)
	switch {
	case body.Admin:
		p.Finding, p.Body.Why = ctem.Can, "it may do everything in the cluster"
	case len(body.Powers) > 0:
		p.Finding, p.Body.Why = ctem.Can, "it "+body.Powers[0].Name+", by "+body.Powers[0].Role+" and "+body.Powers[0].Binding
	case len(missing) > 0:
		p.Finding, p.Body.Why = ctem.NotKnown, "roles that it has are not known: "+few("", missing)
	case !v.observed:
		p.Finding, p.Body.Why = ctem.NotKnown, "manifests need not have all bindings of the cluster"
	default:
		p.Finding, p.Body.Why = ctem.Cannot, "no binding gives it more than its rights say"
	}
}

func isAdmin(r route.Right) bool {
	return r.Namespace == "" && slices.Contains(r.Verbs, "*") && slices.Contains(r.Groups, "*") && slices.Contains(r.Resources, "*") && len(r.Names) == 0
}

// rests notes the role and the binding that give a right.
func (v holders) rests(p *ctem.Proof, r route.Right) {
	for _, name := range []string{r.Role, r.Binding} {
		if in, ok := v.things.rules[name]; ok && !slices.Contains(p.Body.Inputs, in) {
			p.Body.Inputs = append(p.Body.Inputs, in)
		}
	}
}
