package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// TestFacetsOfWorkloads: each number of a facet is that of the list which choosing
// the value gives, whatever else is asked, and a viewer of one product meets no name
// of another.
func TestFacetsOfWorkloads(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	scope := filepath.Join(t.TempDir(), "scope.yaml")
	text := "schema: tidemark.scope/v1\nowners: [{name: team-0}, {name: team-1}, {name: team-2}]\nproducts:\n  - {name: shop, tier: 1}\n  - {name: bank, tier: 2}\nservices:\n"
	for i := range 12 {
		text += fmt.Sprintf("  - {name: service-%06d, products: [%s], owner: team-%d}\n", i, []string{"shop", "bank"}[i%2], i%3)
	}
	if err := os.WriteFile(scope, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c.run(0, "scope", "apply", scope)
	s := start(t, c.where...)
	s.give(observed("kube/one", 0, 20, time.Now().UTC()))
	for want[api.List[api.Workload]](s, 200, "GET", "/api/v1/workloads?limit=1", "").Total < 20 {
		time.Sleep(10 * time.Millisecond)
	}
	values := 0
	for _, q := range []string{"", "product:shop", "-owner:team-1", "owner:none,team-2 reachable:unknown", "svc:service-000003", "fresh:yes product:*"} {
		facets := want[api.Facets](s, 200, "GET", "/api/v1/workloads/facets?q="+url.QueryEscape(q), "")
		if total := s.total(q); facets.Total != total {
			t.Errorf("%q: %d in all, and %d in the list", q, facets.Total, total)
		}
		for _, f := range facets.Items {
			for _, v := range f.Values {
				values++
				if v.Selected || v.Excluded || v.Value == "" {
					continue
				}
				rest := url.QueryEscape(q)
				if got := s.total(lacking(q, f.Key) + fmt.Sprintf(" %s:%q", f.Key, v.Value)); got != v.Count {
					t.Errorf("%s: %s:%s counts %d, and lists %d", rest, f.Key, v.Value, v.Count, got)
				}
			}
		}
	}
	if values < 60 {
		t.Errorf("only %d values were there to compare", values)
	}
	got := want[api.Facets](s, 200, "GET", "/api/v1/workloads/facets?keys=owner:TEAM,product&limit=2", "")
	if len(got.Items) != 2 || len(got.Items[0].Values) != 2 || got.Items[0].More != 1 {
		t.Errorf("a search gave %+v", got.Items)
	}
	if code, _, _ := s.ask("GET", "/api/v1/workloads/facets?keys=colour", ""); code != 422 {
		t.Errorf("a key that nobody knows was answered with %d", code)
	}
}

// total counts the workloads of a query.
func (s *served) total(q string) int {
	s.t.Helper()
	return want[api.List[api.Workload]](s, 200, "GET", "/api/v1/workloads?limit=1&q="+url.QueryEscape(q), "").Total
}

// lacking leaves a key's terms out of a query that has no spaces in its values.
func lacking(q, key string) string {
	terms := slices.DeleteFunc(strings.Fields(q), func(t string) bool { return strings.HasPrefix(strings.TrimPrefix(t, "-"), key+":") })
	return strings.Join(terms, " ")
}
