package estate

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Identities lists the accounts that things run as, with what they may do as far
// as bindings were read.
func (d calling) Identities(ctx context.Context, q api.Query) (api.List[api.Identity], error) {
	out, err := reply.Envelope[api.Identity](ctx, d.Base, q, api.SchemaIdentities)
	if err != nil {
		return out, err
	}
	ask, err := d.List(api.Query{Query: q.Query, AsOf: q.AsOf, KnownAt: q.KnownAt})
	if err != nil {
		return out, err
	}
	all, err := d.identities(ctx, ask)
	if err != nil {
		return out, err
	}
	slices.SortFunc(all, func(a, b api.Identity) int { return strings.Compare(identityKey(&a), identityKey(&b)) })
	if err := reply.Window(&out, all, q, identityKey); err != nil {
		return out, err
	}
	return out, d.roles(ctx, ask, out.Items)
}

func identityKey(x *api.Identity) string {
	return strings.Join([]string{x.Kind, x.ID, x.Scope}, "\x00")
}

// identities are the accounts that a source has, and those that workloads name.
func (d calling) identities(ctx context.Context, ask ctem.ListQuery) ([]api.Identity, error) {
	byEnd, err := d.runners(ctx, ask)
	if err != nil {
		return nil, err
	}
	things := ask
	things.Terms = append([]ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindServiceAccount}}}, ask.Terms...)
	page, err := d.Twin.Things(ctx, things)
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		t := &page.Items[i]
		x := byEnd[t.End()]
		if x == nil {
			x = &api.Identity{Workloads: []string{}}
			byEnd[t.End()] = x
		}
		x.Kind, x.Namespace, x.Name, x.ID, x.Scope, x.State = t.Kind, t.Namespace, t.Name, t.End().Name, t.Scope, stateLive
		x.Sources, x.Freshness, x.Since, x.SeenAt = reply.List(t.Sources), string(t.Freshness), reply.When(t.Since), reply.When(t.SeenAt)
	}
	var out []api.Identity
	for _, x := range byEnd {
		if x.State == stateLive || len(ask.Terms) == 0 {
			out = append(out, *x)
		}
	}
	return out, nil
}

// maxRunners are told for each account; the number is of all.
const maxRunners = 20

// runners are the accounts that workloads say they run as.
func (d calling) runners(ctx context.Context, ask ctem.ListQuery) (map[twin.End]*api.Identity, error) {
	ask.Terms = nil
	page, err := d.Estate.Workloads(ctx, ask)
	out := map[twin.End]*api.Identity{}
	for i := range page.Items {
		w := &page.Items[i]
		seen := map[twin.End]bool{}
		for n := range w.Claims {
			c := &w.Claims[n]
			if c.Workload.Pod == nil || c.Workload.Pod.Account == "" {
				continue
			}
			e := twin.End{Kind: twin.KindServiceAccount, Scope: c.Scope, Name: c.Workload.Pod.Account}
			x := api.Identity{
				Kind: e.Kind, Namespace: c.Workload.Namespace, Name: e.Name, Scope: e.Scope, State: stateNamed, Workloads: []string{}, Sources: []string{},
				Freshness: string(w.Freshness),
			}
			if x.Namespace != "" {
				e.Name = x.Namespace + "/" + e.Name
			}
			x.ID = e.Name
			if out[e] == nil {
				out[e] = &x
			}
			if seen[e] {
				continue
			}
			seen[e] = true
			if have := out[e]; have.RunsAs < maxRunners {
				have.Workloads = append(have.Workloads, labelOf(twin.End{Kind: twin.KindWorkload, Scope: w.Environment, Name: w.Service}))
			}
			out[e].RunsAs++
		}
	}
	return out, err
}

// roles fills in what bindings give the accounts of a page.
func (d calling) roles(ctx context.Context, ask ctem.ListQuery, list []api.Identity) error {
	ends, at := make([]twin.End, len(list)), map[twin.End]int{}
	for i := range list {
		list[i].Roles, list[i].Given, list[i].Escalates = []string{}, string(ctem.Unknown), string(ctem.Unknown)
		ends[i] = twin.End{Kind: list[i].Kind, Scope: list[i].Scope, Name: list[i].ID}
		at[ends[i]] = i
	}
	ask.Terms = nil
	edges, err := d.Twin.Edges(ctx, ask, ends)
	if err != nil {
		return err
	}
	bound := map[twin.End][]int{}
	var bindings []twin.End
	for i := range edges {
		e := &edges[i]
		n, ours := at[e.To]
		if !ours || e.Rel != twin.RelGives {
			continue
		}
		bindings = append(bindings, e.Holder)
		bound[e.Holder] = append(bound[e.Holder], n)
	}
	given, err := d.Twin.Edges(ctx, ask, bindings)
	if err != nil {
		return err
	}
	for i := range given {
		e := &given[i]
		if e.Rel != twin.RelGives || e.To.Kind != twin.KindRole && e.To.Kind != twin.KindClusterRole {
			continue
		}
		for _, n := range bound[e.Holder] {
			x := &list[n]
			if role := e.To.Kind + " " + e.To.Name; !slices.Contains(x.Roles, role) {
				x.Roles = append(x.Roles, role)
			}
			x.Given = string(ctem.Yes)
			if err := d.escalates(ctx, ask, e.To, x); err != nil {
				return err
			}
		}
	}
	return d.proven(ctx, ask.AsOf, list)
}

// proven takes the word of the proofs about accounts that something runs as: they
// know of groups, of aggregated roles, and of whether all bindings were seen.
func (d calling) proven(ctx context.Context, at ctem.AsOf, list []api.Identity) error {
	own := map[ctem.ProofKey]*api.Identity{}
	var ids []string
	for i := range list {
		x := &list[i]
		own[ctem.ProofKey{Scope: x.Scope, Kind: x.Kind, Name: x.ID, Check: ctem.CheckAccess}] = x
		ids = append(ids, x.ID)
	}
	for part := range slices.Chunk(ids, maxAccounts) {
		// Who sees the account sees what follows from its roles: it is asked for by name.
		page, err := d.Proved.Proofs(ctx, ctem.ProofQuery{
			ListQuery: ctem.ListQuery{AsOf: at, Terms: []ctem.Term{{Key: "account", Op: ":", Values: part}}}, Checks: []ctem.Check{ctem.CheckAccess},
		})
		if err != nil {
			return err
		}
		for i := range page.Items {
			if x := own[page.Items[i].ProofKey]; x != nil {
				x.Escalates = string(page.Items[i].Finding)
			}
		}
	}
	return nil
}

// maxAccounts are asked for at once.
const maxAccounts = 200

// escalates says whether a role lets whoever has it become more, where nothing that
// is known runs as the account.
func (d calling) escalates(ctx context.Context, ask ctem.ListQuery, role twin.End, x *api.Identity) error {
	if x.Escalates == string(ctem.Yes) {
		return nil
	}
	spans, err := d.Twin.TwinSpans(ctx, ask, role)
	if err != nil {
		return err
	}
	t, live := ctem.ThingOf(role, spans, ask.Time())
	spec, ok := roleOf(&t)
	if !live || !ok {
		return nil // unknown: what it allows was not read
	}
	if x.Escalates == string(ctem.Unknown) && len(x.Roles) == 1 {
		x.Escalates = string(ctem.No)
	}
	if slices.ContainsFunc(spec.Rules, func(r twin.RoleRule) bool { return len(route.Powers([]route.Right{{Grant: route.Grant(r)}})) > 0 }) {
		x.Escalates = string(ctem.Yes)
	}
	return nil
}

// roleOf is what a role allows, where all of it stands in the role itself.
func roleOf(t *ctem.Thing) (spec twin.RoleSpec, ok bool) {
	err := json.Unmarshal(t.Spec, &spec)
	return spec, err == nil && spec.Aggregation == nil
}
