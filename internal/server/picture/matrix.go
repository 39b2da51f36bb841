package picture

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
)

// matrixRows is how many services a page of the matrix has when nobody says.
const matrixRows = 50

// Matrix is services by environments. The terms of the query that say where
// narrow the services and environments, all of them the exposures.
func (d placing) Matrix(ctx context.Context, v reply.Viewer, q api.Query) (api.Matrix, error) {
	page := q
	q.Cursor, q.Limit, q.Sort = "", 0, ""
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return api.Matrix{}, err
	}
	workloads, err := d.workloads(ctx, ask)
	if err != nil {
		return api.Matrix{}, err
	}
	var kept []ctem.Workload
	for i := range workloads {
		if ask.holds(&workloads[i]) {
			kept = append(kept, workloads[i])
		}
	}
	if page.Limit <= 0 {
		page.Limit = matrixRows
	}
	doc, err := matrixOf(ask, kept, page)
	if err != nil {
		return doc, err
	}
	doc.Computed, err = d.desk.Computed(ctx)
	return doc, err
}

// holds reports whether the viewer may see a workload and the terms that say
// where are about it.
func (q *question) holds(w *ctem.Workload) bool {
	b := q.scope()
	if !b.shows(q.viewer, w.Service) {
		return false
	}
	for _, t := range q.Terms {
		var have []string
		switch t.Key {
		case "svc", "service":
			have = []string{w.Service}
		case "env", "environment":
			have = []string{w.Environment}
		case "owner":
			have = []string{b.of(w.Service).Owner}
		case "product":
			have = b.productsFor(q.viewer, w.Service)
		case ctem.TextKey:
			if strings.Contains(strings.ToLower(w.Service+" "+w.Environment), strings.ToLower(t.Values[0])) == t.Negate {
				return false
			}
			continue
		default:
			continue
		}
		if matchesAny(t.Values, have) == t.Negate {
			return false
		}
	}
	return true
}

// matchesAny reports whether one of the values is meant by a term: none is
// nothing at all, * is anything.
func matchesAny(values, have []string) bool {
	have = slices.DeleteFunc(slices.Clone(have), func(s string) bool { return s == "" })
	return slices.ContainsFunc(values, func(v string) bool {
		return v == "none" && len(have) == 0 || v == "*" && len(have) > 0 || slices.Contains(have, v)
	})
}

// matrixOf draws the matrix of some workloads, a page of services.
func matrixOf(q *question, workloads []ctem.Workload, page api.Query) (api.Matrix, error) {
	doc := api.Matrix{Schema: api.SchemaMatrix, AsOf: q.at.Time(), KnownAt: reply.When(q.at.KnownAt), Environments: []string{}, Rows: []api.MatrixRow{}}
	byService := map[string][]*ctem.Workload{}
	var services []string
	for i := range workloads {
		w := &workloads[i]
		if !slices.Contains(doc.Environments, w.Environment) {
			doc.Environments = append(doc.Environments, w.Environment)
		}
		if byService[w.Service] == nil {
			services = append(services, w.Service)
		}
		byService[w.Service] = append(byService[w.Service], w)
	}
	slices.Sort(doc.Environments)
	slices.Sort(services)
	doc.Total = len(services)
	from, err := offset(page.Cursor)
	if err != nil {
		return doc, err
	}
	from = min(from, len(services))
	to := len(services)
	if page.Limit > 0 && from+page.Limit < to {
		to = from + page.Limit
		doc.Next = reply.Text(strconv.Itoa(to))
	}
	found, err := cellsOf(q, services[from:to], doc.Environments)
	if err != nil {
		return doc, err
	}
	for _, service := range services[from:to] {
		doc.Rows = append(doc.Rows, matrixRow(q, byService[service], found))
	}
	return doc, nil
}

// cells are what the exposures of some services come to in each environment.
type cells struct {
	environments []string
	terms        []string                  // for a query, of each environment
	groups       []map[string]triage.Group // by service, for each environment
}

// cellsOf asks once for each environment: there are few.
func cellsOf(q *question, services, environments []string) (cells, error) {
	out := cells{environments: environments}
	for _, environment := range environments {
		out.terms = append(out.terms, words("env", environment))
		groups := map[string]triage.Group{}
		for part := range slices.Chunk(services, 500) {
			page, err := q.index.Groups(q.with(equal("service", part...), equal("env", environment)), triage.GroupAsk{By: "service"})
			if err != nil {
				return out, err
			}
			for _, g := range page.Items {
				groups[g.Key] = g
			}
		}
		out.groups = append(out.groups, groups)
	}
	return out, nil
}

// matrixRow is one service.
func matrixRow(q *question, workloads []*ctem.Workload, found cells) api.MatrixRow {
	service, b := workloads[0].Service, q.scope()
	here := words("service", service)
	row := api.MatrixRow{Service: service, Products: b.productsFor(q.viewer, service), Owner: b.of(service).Owner}
	for i, environment := range found.environments {
		cell := api.MatrixCell{Exposures: api.Link{Query: q.narrowed(here + " " + found.terms[i])}}
		for _, w := range workloads {
			if w.Environment == environment {
				cell.Running, cell.Reachable, cell.SBOM, cell.Freshness = string(w.Running), string(w.Reachable), string(w.SBOM), string(w.Freshness)
			}
		}
		if g, ok := found.groups[i][service]; ok {
			cell.Decision, cell.Exposures.Count = string(g.Worst), g.Count
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}
