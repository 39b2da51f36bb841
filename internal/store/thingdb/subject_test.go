package thingdb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// The suite of this room stands with resolve, which writes what is read here.
func TestEndOf(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]twin.End{
		twin.ResourceSubject("Service", "shop", "front"):         {Kind: "Service", Scope: "prod", Name: "shop/front"},
		twin.ResourceSubject("Node", "", "n1"):                   {Kind: "Node", Scope: "prod", Name: "n1"},
		twin.ResourceSubject(twin.KindBuild, "", "h/a/b/1"):      {Kind: twin.KindBuild, Name: "h/a/b/1"},
		twin.WorkloadSubject("Deployment", "shop", "team/front"): {Kind: twin.KindWorkload, Scope: "prod", Name: "team/front"},
	} {
		got := endOf(subject, "prod")
		if got != want {
			t.Errorf("%s is %v, want %v", subject, got, want)
		}
		if want.Kind != twin.KindWorkload && !contains(subjectsOf(got), subject) {
			t.Errorf("%v does not lead to %s", got, subject)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestReadFilter(t *testing.T) {
	t.Parallel()
	service := ctem.Thing{Resource: twin.Resource{Kind: "Service", Namespace: "shop", Name: "front"}, Scope: "prod", Sources: []string{"kube/a"}, Freshness: twin.Stale}
	for query, want := range map[string]bool{
		"kind:Service": true, "name:front": true, "name:shop/front": true, "-name:front": false, "namespace:none": false, "namespace:*": true,
		"source:kube/a,kube/b": true, "fresh:no": true, "fresh:stale": true, `"FRO"`: true, "nothing": false, "class:none": true, "-env:prod": false,
	} {
		terms, err := ctem.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := readFilter(ctem.ListQuery{Terms: terms})
		if err != nil || f.keeps(&service) != want {
			t.Errorf("%s: %v, want %v (%v)", query, !want, want, err)
		}
	}
	for _, query := range []string{"score:>3", "colour:red"} {
		terms, err := ctem.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readFilter(ctem.ListQuery{Terms: terms}); err == nil {
			t.Errorf("%s is a query for things", query)
		}
	}
	f, err := readFilter(ctem.ListQuery{Terms: []ctem.Term{{Key: "kind", Op: ":", Values: []string{"Node", "Host"}}, {Key: "scope", Op: ":", Values: []string{"prod"}}}})
	if diff := cmp.Diff([]any{"resource/Node/", "resource/Node0", "resource/Host/", "resource/Host0", "prod"}, f.where.Args); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
