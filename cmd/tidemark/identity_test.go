package main

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// accountWith is an account with a role of one rule, and a workload that runs as it
// where it has one.
func accountWith(name, rule string, runs bool) string {
	out := strings.NewReplacer("NAME", name, "RULE", rule).Replace(`---
apiVersion: v1
kind: ServiceAccount
metadata: {name: NAME, namespace: retail}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: NAME, namespace: retail}
rules: [RULE]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME, namespace: retail}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: NAME}
subjects: [{kind: ServiceAccount, name: NAME, namespace: retail}]
`)
	if !runs {
		return out
	}
	return out + strings.NewReplacer("NAME", name).Replace(`---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME-app, namespace: retail}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {serviceAccountName: NAME, containers: [{name: web, image: "`+weakImg+`"}]}
`)
}

// Whether an account may make itself more is one answer: that of the list is that of
// the proof where something runs as it, and is judged by the same table elsewhere.
func TestOneWordOnWhatAccountsMay(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	rules := map[string]struct{ rule, want string }{
		"reader":    {`{apiGroups: [""], resources: [secrets], verbs: [list]}`, "yes"},
		"deployer":  {`{apiGroups: [apps], resources: [deployments], verbs: [create]}`, "yes"},
		"patcher":   {`{apiGroups: [""], resources: [pods/ephemeralcontainers], verbs: [patch]}`, "yes"},
		"all":       {`{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}`, "yes"},
		"elsewhere": {`{apiGroups: [shop.example], resources: [secrets, deployments], verbs: ["*"]}`, ""},
		"looker":    {`{apiGroups: [""], resources: [pods], verbs: [get]}`, ""},
	}
	var manifest strings.Builder
	for name, r := range rules {
		manifest.WriteString(accountWith(name, r.rule, true) + accountWith("idle-"+name, r.rule, false))
	}
	c.run(0, "ingest", "deploy", file(t, "accounts.yaml", manifest.String()), "--environment", "prod")
	proven := map[string]string{}
	for _, p := range read[api.List[api.Proof]](c, "twin", "access").Items {
		proven[p.Name] = p.Verdict
	}
	listed := map[string]string{}
	for _, x := range read[api.List[api.Identity]](c, "twin", "get", "identities").Items {
		listed[x.ID] = x.Escalates
	}
	for name, r := range rules {
		runs, idle := "retail/"+name, "retail/idle-"+name
		if listed[runs] == "" || listed[runs] != proven[runs] {
			t.Errorf("%s: the list says %q, the proof %q", name, listed[runs], proven[runs])
		}
		if (listed[runs] == "yes") != (r.want == "yes") || (listed[idle] == "yes") != (r.want == "yes") {
			t.Errorf("%s: %q where it runs, %q where it does not, want %q", name, listed[runs], listed[idle], r.want)
		}
		if listed[idle] == "" {
			t.Errorf("%s is not listed", idle)
		}
	}
}
