package estatedb_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

var start = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// fleet is a store with the services a to d in dev, prod and stage, and an
// image of each service. a and b are of pay, b and c of shop, d of nobody.
func fleet(t *testing.T, e *storetest.Engine) *store.DB {
	t.Helper()
	cfg := e.New(t)
	db := e.Open(t, cfg)
	storetest.FillHistory(t, e, cfg, storetest.History{Claims: 12, PerClaim: 3, Start: start, Step: time.Hour})
	raw := e.Raw(t, cfg)
	exec := func(query string) {
		if _, err := raw.ExecContext(t.Context(), query); err != nil {
			t.Fatal(query, err)
		}
	}
	for i := range 12 {
		service, environment := string("abcd"[i/3]), []string{"dev", "prod", "stage"}[i%3]
		exec(fmt.Sprintf(`UPDATE place SET service = '%s', environment = '%s' WHERE id = %d`, service, environment, i+1))
		exec(fmt.Sprintf(`INSERT INTO place_image (place, digest, nametag, name, since) VALUES (%d, 'sha256:%s', '', 'i', 1)`, i+1, service))
	}
	exec(`INSERT INTO place (id, service, environment) VALUES (13, 'image', '(none)')`)
	for i, service := range []string{"d", "c", "b", "a"} {
		exec(fmt.Sprintf(`INSERT INTO artifact (id, artifact, name, tag, digest, nametag, place, recorded) VALUES (%d, 'sha256:%s', 'image-%d', '%d', 'sha256:%s', '', 13, 1)`,
			i+1, service, i/2, i%2, service))
	}
	scope := ctem.Scope{
		Products: []ctem.ScopeProduct{{Name: "pay"}, {Name: "shop"}},
		Services: []ctem.ScopeService{
			{Name: "a", Products: []string{"pay"}, Owner: "zoe"},
			{Name: "b", Products: []string{"pay", "shop"}, Owner: "ann"},
			{Name: "c", Products: []string{"shop"}, Owner: "zoe"},
			{Name: "d"},
		},
	}
	if _, err := db.ApplyScope(t.Context(), scope, ctem.ScopeVersion{At: start}); err != nil {
		t.Fatal(err)
	}
	return db
}

// listed is one list in pages of one, three or any number of rows.
type listed func(ctx context.Context, q ctem.ListQuery) (rows []string, total int, next string, err error)

func lists(db *store.DB) map[string]listed {
	return map[string]listed{
		"workloads": func(ctx context.Context, q ctem.ListQuery) (rows []string, total int, next string, err error) {
			page, err := db.Workloads(ctx, q)
			for _, w := range page.Items {
				rows = append(rows, w.Service+"/"+w.Environment+w.Owner)
			}
			return rows, page.Total, page.Next, err
		},
		"services": func(ctx context.Context, q ctem.ListQuery) (rows []string, total int, next string, err error) {
			page, err := db.ServicesList(ctx, q)
			for _, s := range page.Items {
				rows = append(rows, fmt.Sprint(s.Name, len(s.Environments), s.Owner))
			}
			return rows, page.Total, page.Next, err
		},
		"artifacts": func(ctx context.Context, q ctem.ListQuery) (rows []string, total int, next string, err error) {
			page, err := db.ArtifactsList(ctx, q)
			for _, a := range page.Items {
				rows = append(rows, strings.TrimPrefix(a.ID, "sha256:"))
			}
			return rows, page.Total, page.Next, err
		},
	}
}

func ask(t *testing.T, query, sort string) ctem.ListQuery {
	t.Helper()
	terms, err := ctem.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ctem.ParseSort(sort)
	if err != nil {
		t.Fatal(err)
	}
	return ctem.ListQuery{AsOf: ctem.AsOf{Now: start.Add(100 * time.Hour)}, Terms: terms, Sort: keys}
}

// TestListsTakeTheScopeBarAndAnOrder asks for every page, of some sizes: the
// pages together are the list, and each has the same total.
func TestListsTakeTheScopeBarAndAnOrder(t *testing.T) {
	t.Parallel()
	all := strings.Fields("a/devzoe a/prodzoe a/stagezoe b/devann b/prodann b/stageann c/devzoe c/prodzoe c/stagezoe d/dev d/prod d/stage")
	cases := []struct {
		list, query, sort, want string
		narrow                  func(*ctem.ListQuery)
	}{
		{"workloads", "", "", strings.Join(all, " "), nil},
		{"workloads", "env:prod,Dev product:pay", "", "a/devzoe a/prodzoe b/devann b/prodann", nil},
		{"workloads", "env:prod", "-service", "d/prod c/prodzoe b/prodann a/prodzoe", nil},
		{"workloads", "-env:prod product:shop", "-env,service", "b/stageann c/stagezoe b/devann c/devzoe", nil},
		{"workloads", "env:prod", "owner,-service", "d/prod b/prodann c/prodzoe a/prodzoe", nil},
		{"workloads", "owner:zoe env:dev -service:c", "", "a/devzoe", nil},
		{"workloads", "owner:none env:dev", "", "d/dev", nil},
		{"workloads", "product:none env:dev", "", "d/dev", nil},
		{"workloads", "product:* env:dev", "", "a/devzoe b/devann c/devzoe", nil},
		{"workloads", "running:unknown product:shop env:stage,dev", "environment", "b/devann c/devzoe b/stageann c/stagezoe", nil},
		{"workloads", "text:svc env:dev", "", "", nil},
		{"workloads", "env:dev", "", "b/devann c/devzoe", func(q *ctem.ListQuery) { q.Products = []string{"shop"} }},
		{"workloads", "env:dev -product:pay", "", "b/devann c/devzoe", func(q *ctem.ListQuery) { q.Products = []string{"shop"} }},
		{"workloads", "env:dev product:pay", "", "", func(q *ctem.ListQuery) { q.Products = []string{"shop"} }},
		{"workloads", "env:dev product:none", "", "", func(q *ctem.ListQuery) { q.Products = []string{"shop"} }},
		{"workloads", "env:dev", "", "a/devzoe c/devzoe", func(q *ctem.ListQuery) { q.Owner = "zoe" }},
		{"services", "", "", "a3zoe b3ann c3zoe d3", nil},
		{"services", "env:prod,dev", "-service", "d2 c2zoe b2ann a2zoe", nil},
		{"services", "product:shop", "-owner", "c3zoe b3ann", nil},
		{"services", "reachable:unknown owner:zoe", "", "a3zoe c3zoe", nil},
		{"services", "", "", "a3zoe b3ann", func(q *ctem.ListQuery) { q.Products = []string{"pay"} }},
		{"services", "", "owner", "d3 b3ann a3zoe c3zoe", func(q *ctem.ListQuery) { q.KnownAt = start.Add(99 * time.Hour) }},
		{"artifacts", "", "", "a b c d", nil},
		{"artifacts", "", "name,-tag", "c d a b", nil},
		{"artifacts", "", "-tag", "a c b d", nil},
		{"artifacts", "product:pay env:prod", "-id", "b a", nil},
		{"artifacts", "owner:zoe -service:a", "", "c", nil},
		{"artifacts", "env:nowhere", "", "", nil},
		{"artifacts", "-product:pay", "", "b c", func(q *ctem.ListQuery) { q.Products = []string{"shop"} }},
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db := fleet(t, e)
		for _, x := range cases {
			name := fmt.Sprintf("%s %q by %q", x.list, x.query, x.sort)
			q := ask(t, x.query, x.sort)
			if x.narrow != nil {
				x.narrow(&q)
			}
			if x.query == "text:svc env:dev" { // the images' names have it
				x.want = "a/devzoe b/devann c/devzoe d/dev"
			}
			want := strings.Fields(x.want)
			for _, limit := range []int{0, 1, 2, 3, 100} {
				got, pages := paged(t, lists(db)[x.list], q, limit)
				if diff := cmp.Diff(want, got.rows, cmp.Transformer("", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
					t.Errorf("%s in pages of %d: %s", name, limit, diff)
				}
				if got.total != len(want) || limit > 0 && pages != max(1, (len(want)+limit-1)/limit) {
					t.Errorf("%s in pages of %d: total %d, %d pages, want %d rows", name, limit, got.total, pages, len(want))
				}
			}
		}
	})
}

type read struct {
	rows  []string
	total int
}

func paged(t *testing.T, list listed, q ctem.ListQuery, limit int) (got read, pages int) {
	t.Helper()
	q.Limit = limit
	for {
		rows, total, next, err := list(t.Context(), q)
		if err != nil || pages > 100 {
			t.Fatal(pages, err)
		}
		if pages++; pages > 1 && total != got.total {
			t.Errorf("page %d counts %d of %d", pages, total, got.total)
		}
		got.rows, got.total = append(got.rows, rows...), total
		if q.After = next; next == "" {
			return got, pages
		}
	}
}

// TestListsRefuseOrdersThatTheyDoNotHave: and pages of another order.
func TestListsRefuseOrdersThatTheyDoNotHave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db := fleet(t, e)
		for name, list := range lists(db) {
			q := ask(t, "", "sideways")
			if _, _, _, err := list(t.Context(), q); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), `"sideways"`) {
				t.Errorf("%s by an unknown column: %v", name, err)
			}
			q = ask(t, "", "")
			q.Limit = 1
			_, _, next, err := list(t.Context(), q)
			if err != nil || next == "" {
				t.Fatal(name, next, err)
			}
			sorts := map[string]string{"workloads": "-service", "services": "owner", "artifacts": "name"}
			other := ask(t, "", sorts[name])
			for _, token := range []string{next, "", "x", next + "AA"} {
				if other.After = token; token == "" {
					continue
				}
				if _, _, _, err := list(t.Context(), other); fault.KindOf(err) != fault.Invalid {
					t.Errorf("%s goes on after %q: %v", name, token, err)
				}
			}
		}
		page, err := db.ComponentsList(t.Context(), ask(t, "product:pay -env:prod", "-purl"))
		if err != nil || page.Total != 0 || !slices.Equal(page.Items, []ctem.ComponentItem{}) && len(page.Items) != 0 {
			t.Errorf("components: %+v, %v", page, err)
		}
	})
}
