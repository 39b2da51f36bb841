package lineage

import (
	"slices"

	"github.com/tidemark/tidemark/internal/twin"
)

// MakesMore reports whether a rule gives a way to other rights: all verbs on all
// resources, granting, acting as others, making pods, reading secrets and tokens.
func MakesMore(r twin.RoleRule) bool {
	has := func(list []string, words ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return s == "*" || slices.Contains(words, s) })
	}
	grants := has(r.Verbs, "escalate", "bind", "impersonate") && has(r.Resources, "roles", "clusterroles", "users", "groups", "serviceaccounts")
	makes := has(r.Verbs, "create") && has(r.Resources, "pods", "pods/exec", "serviceaccounts/token", "deployments", "daemonsets", "jobs", "cronjobs", "statefulsets")
	reads := has(r.Verbs, "get", "list", "watch") && has(r.Resources, "secrets")
	return grants || makes || reads
}
