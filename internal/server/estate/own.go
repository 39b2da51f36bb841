package estate

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Ownership says who owns a service, in each of its environments or in one, by
// which rule, and what every other rule came to.
func (d tracing) Ownership(ctx context.Context, service, environment string, m api.Moment) (api.Ownership, error) {
	at := d.Time(m)
	doc := api.Ownership{
		Schema: api.SchemaOwnership, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), What: service, Kind: "service", Items: []api.OwnerOf{}, Rules: []api.ScopeRule{},
	}
	if environment != "" {
		doc.Kind = "workload"
	}
	var err error
	if doc.Computed, err = d.Computed(ctx); err != nil {
		return doc, err
	}
	scope, err := d.Twin.Scope(ctx, at)
	if err != nil {
		return doc, err
	}
	ask := d.Asks(at)
	ask.Terms = []ctem.Term{{Key: "service", Op: ":", Values: []string{service}}}
	if environment != "" {
		ask.Terms = append(ask.Terms, ctem.Term{Key: "environment", Op: ":", Values: []string{environment}})
	}
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return doc, err
	}
	if len(page.Items) == 0 && (!scope.Known(service) || d.Viewer.Narrow()) {
		return doc, reply.Missing("service", service)
	}
	code, err := d.code(ctx, ask, page.Items)
	if err != nil {
		return doc, err
	}
	for i := range page.Items {
		w := &page.Items[i]
		facts := ctem.FactsOf(w)
		facts.Code = code
		doc.Items = append(doc.Items, ownerItem(&scope, &facts))
	}
	if len(page.Items) == 0 {
		doc.Items = append(doc.Items, ownerItem(&scope, &ctem.OwnerFacts{Service: service, Environment: environment}))
	}
	doc.Total = len(doc.Items)
	if !d.Viewer.Narrow() { // rules name services that others may not know of
		for i, r := range scope.Ownership {
			doc.Rules = append(doc.Rules, api.ScopeRule{
				Number: i + 1, Service: r.Service, Environment: r.Environment, Namespace: r.Namespace, Label: r.Label, Annotation: r.Annotation, Owner: r.Owner,
			})
		}
	}
	return doc, nil
}

// The verdicts on rules.
const (
	ruleWon       = "won"
	ruleOverruled = "overruled"
	ruleNoMatch   = "no match"
)

func ownerItem(s *ctem.Scope, f *ctem.OwnerFacts) api.OwnerOf {
	owner, rule, tried := s.OwnerOf(f)
	out := api.OwnerOf{Service: f.Service, Environment: f.Environment, Owner: owner, Rule: rule, Tried: []api.OwnerRule{}}
	for _, t := range tried {
		verdict := ruleNoMatch
		switch {
		case t.Won:
			verdict = ruleWon
		case t.Fits:
			verdict = ruleOverruled
		}
		out.Tried = append(out.Tried, api.OwnerRule{Kind: t.Kind, Rule: t.Rule, Where: t.Where, Owner: t.Owner, Verdict: verdict, Why: t.Why})
	}
	return out
}

// code is who owns the code of the repositories that workloads are built from.
func (d tracing) code(ctx context.Context, ask ctem.ListQuery, list []ctem.Workload) ([]ctem.CodeOwner, error) {
	facts, err := d.facts(ctx, ask, list)
	if err != nil {
		return nil, err
	}
	names := facts.Repositories()
	ends := make([]twin.End, len(names))
	for i, n := range names {
		ends[i] = twin.End{Kind: twin.KindRepository, Name: n}
	}
	all := ask
	all.Terms, all.Products, all.Owner = nil, nil, "" // whose code of one's own it is, is no secret
	things, err := d.Twin.ThingsOf(ctx, all, ends)
	var out []ctem.CodeOwner
	for i := range things {
		var r twin.Repository
		if json.Unmarshal(things[i].Spec, &r) != nil || r.Owners == nil {
			continue
		}
		c := ctem.CodeOwner{Repository: things[i].Name, Path: r.Owners.Path}
		for _, rule := range r.Owners.Of("") {
			if len(rule.Owners) > 0 {
				c.Rule, c.Owner = "line "+strconv.Itoa(rule.Line)+" "+rule.Pattern+" "+strings.Join(rule.Owners, " "), rule.Owners[0]
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b ctem.CodeOwner) int { return strings.Compare(a.Repository, b.Repository) })
	return out, err
}
