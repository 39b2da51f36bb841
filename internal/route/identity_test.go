package route

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sa(namespace, name string) Subject { return Subject{"ServiceAccount", namespace, name} }

func cluster() Access {
	core := []string{""}
	return Access{
		Roles: []Role{
			{Name: "cluster-admin", Rules: []Grant{{Verbs: []string{"*"}, Groups: []string{"*"}, Resources: []string{"*"}}, {Verbs: []string{"*"}, Paths: []string{"*"}}}},
			{Name: "view", Aggregates: []Selector{{Labels: map[string]string{"to-view": "true"}}}, Rules: []Grant{{Verbs: []string{"delete"}, Groups: core, Resources: []string{"pods"}}}},
			{Name: "edit", Aggregates: []Selector{{Labels: map[string]string{"to-edit": "true"}}}},
			{Name: "see-pods", Labels: map[string]string{"to-view": "true"}, Rules: []Grant{{Verbs: []string{"get", "list"}, Groups: core, Resources: []string{"pods", "pods/log"}}}},
			// An aggregating role may be part of others, and even of itself.
			{Name: "start-pods", Labels: map[string]string{"to-edit": "true"}, Rules: []Grant{{Verbs: []string{"create"}, Groups: core, Resources: []string{"pods"}}}},
			{Name: "all-edit", Labels: map[string]string{"to-edit": "true"}, Aggregates: []Selector{{Labels: map[string]string{"to-view": "true"}}, {Labels: map[string]string{"to-edit": "true"}}}},
			{Namespace: "shop", Name: "reader", Rules: []Grant{{Verbs: []string{"get"}, Groups: core, Resources: []string{"secrets"}, Names: []string{"db"}}}},
			{Name: "scaler", Rules: []Grant{{Verbs: []string{"update"}, Groups: []string{"apps"}, Resources: []string{"*/scale"}}}},
		},
		Bindings: []Binding{
			{Name: "admins", ClusterRole: true, Role: "cluster-admin", Subjects: []Subject{sa("kube-system", "root")}},
			{Namespace: "shop", Name: "viewers", ClusterRole: true, Role: "view", Subjects: []Subject{{Kind: "Group", Name: "system:serviceaccounts:shop"}}},
			{Namespace: "shop", Name: "readers", Role: "reader", Subjects: []Subject{sa("shop", "cart"), {Kind: "User", Name: "ann"}}},
			{Namespace: "shop", Name: "editors", ClusterRole: true, Role: "edit", Subjects: []Subject{{Kind: "User", Name: "system:serviceaccount:shop:deployer"}}},
			{Name: "scalers", ClusterRole: true, Role: "scaler", Subjects: []Subject{{Kind: "Group", Name: "system:authenticated"}}},
			{Namespace: "shop", Name: "dangling", Role: "no-such", Subjects: []Subject{sa("shop", "cart")}},
			{Name: "wrong", Role: "reader", Subjects: []Subject{sa("shop", "cart")}},
			{Namespace: "shop", Name: "odd", ClusterRole: true, Role: "cluster-admin", Subjects: []Subject{{Kind: "Robot", Namespace: "shop", Name: "cart"}}},
		},
	}
}

func TestWhatAnAccountMay(t *testing.T) {
	t.Parallel()
	a := cluster()
	for _, c := range []struct {
		who  Account
		deed Deed
		want bool
	}{
		{Account{"kube-system", "root"}, Deed{"delete", "apps", "deployments/status", "shop", "x"}, true},
		{Account{"shop", "cart"}, Deed{"get", "", "pods", "shop", ""}, true},
		{Account{"shop", "cart"}, Deed{"get", "", "pods", "other", ""}, false},
		{Account{"shop", "cart"}, Deed{"get", "", "pods", "", ""}, false},
		{Account{"shop", "cart"}, Deed{"get", "", "pods/log", "shop", ""}, true},
		{Account{"shop", "cart"}, Deed{"get", "", "pods/exec", "shop", ""}, false},
		{Account{"shop", "cart"}, Deed{"delete", "", "pods", "shop", ""}, false}, // the rules of an aggregating role are those of its parts
		{Account{"shop", "cart"}, Deed{"get", "", "secrets", "shop", "db"}, true},
		{Account{"shop", "cart"}, Deed{"get", "", "secrets", "shop", "other"}, false},
		{Account{"shop", "cart"}, Deed{"get", "", "secrets", "shop", ""}, false},
		{Account{"shop", "web"}, Deed{"get", "", "secrets", "shop", "db"}, false},
		{Account{"shop", "deployer"}, Deed{"create", "", "pods", "shop", ""}, true},
		{Account{"shop", "deployer"}, Deed{"list", "", "pods", "shop", ""}, true},
		{Account{"shop", "cart"}, Deed{"update", "apps", "deployments/scale", "any", "x"}, true},
		{Account{"shop", "cart"}, Deed{"update", "apps", "deployments", "any", "x"}, false},
		{Account{"shop", "cart"}, Deed{"update", "batch", "jobs/scale", "any", "x"}, false},
	} {
		may := false
		for _, r := range a.Rights(c.who) {
			may = may || r.May(c.deed)
		}
		if may != c.want {
			t.Errorf("%+v, %+v: %v", c.who, c.deed, may)
		}
	}
	want := []Right{
		{Grant: Grant{Verbs: []string{"get", "list"}, Groups: []string{""}, Resources: []string{"pods", "pods/log"}}, Namespace: "shop", Role: "ClusterRole view", Binding: "RoleBinding shop/viewers"},
		{Grant: Grant{Verbs: []string{"get"}, Groups: []string{""}, Resources: []string{"secrets"}, Names: []string{"db"}}, Namespace: "shop", Role: "Role shop/reader", Binding: "RoleBinding shop/readers"},
		{Grant: Grant{Verbs: []string{"update"}, Groups: []string{"apps"}, Resources: []string{"*/scale"}}, Role: "ClusterRole scaler", Binding: "ClusterRoleBinding scalers"},
	}
	if diff := cmp.Diff(want, a.Rights(Account{"shop", "cart"})); diff != "" {
		t.Error(diff)
	}
}

func TestPowers(t *testing.T) {
	t.Parallel()
	a := cluster()
	names := func(who Account) (out []string) {
		for _, p := range Powers(a.Rights(who)) {
			out = append(out, p.Name+" in "+p.By.Namespace)
		}
		return out
	}
	if diff := cmp.Diff([]string{"reads secrets in shop"}, names(Account{"shop", "cart"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"starts pods in shop"}, names(Account{"shop", "deployer"})); diff != "" {
		t.Error(diff)
	}
	if got := names(Account{"kube-system", "root"}); len(got) != 12 {
		t.Errorf("%d: %q", len(got), got)
	}
	if got := names(Account{"other", "none"}); got != nil {
		t.Errorf("%q", got)
	}
}
