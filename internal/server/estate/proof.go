package estate

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Doors lists what comes in through the doors of workloads.
func (d proving) Doors(ctx context.Context, service string, q api.Query) (api.List[api.Proof], error) {
	return d.proofs(ctx, api.SchemaDoors, narrowed{"service", service, q}, ctem.CheckDoor)
}

// Access lists what the accounts that something runs as may do.
func (d proving) Access(ctx context.Context, account string, q api.Query) (api.List[api.Proof], error) {
	return d.proofs(ctx, api.SchemaAccess, narrowed{"account", account, q}, ctem.CheckAccess)
}

// Facts lists what workloads may do to their host, and who may reach them.
func (d proving) Facts(ctx context.Context, service string, q api.Query) (api.List[api.Proof], error) {
	return d.proofs(ctx, api.SchemaFacts, narrowed{"service", service, q}, ctem.CheckHost, ctem.CheckInside, ctem.CheckOutside)
}

// narrowed is a query with one more condition, where that has a value.
type narrowed struct {
	key, value string
	api.Query
}

func (d proving) proofs(ctx context.Context, schema string, q narrowed, checks ...ctem.Check) (api.List[api.Proof], error) {
	out, err := reply.Envelope[api.Proof](ctx, d.Base, q.Query, schema)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q.Query)
	if err != nil {
		return out, err
	}
	if q.value != "" {
		ask.Terms = append(ask.Terms, ctem.Term{Key: q.key, Op: ":", Values: []string{q.value}})
	}
	part, err := d.part(ctx, ask)
	if err != nil {
		return out, err
	}
	if part != nil { // who reaches a workload from within are others, and how many these are
		checks = slices.DeleteFunc(checks, func(c ctem.Check) bool { return c == ctem.CheckInside })
	}
	page, err := d.Proved.Proofs(ctx, ctem.ProofQuery{ListQuery: ask, Checks: checks})
	if err != nil {
		return out, err
	}
	for i := range page.Items {
		part.narrow(&page.Items[i].Body)
	}
	reply.Paged(&out, page, proofItem)
	return out, nil
}

// Reach says whether one end reaches another at a port.
func (d proving) Reach(ctx context.Context, r api.ReachAsk) (api.List[api.Reach], error) {
	out, err := reply.Envelope[api.Reach](ctx, d.Base, api.Query{AsOf: r.AsOf, KnownAt: r.KnownAt}, api.SchemaReach)
	if err != nil {
		return out, err
	}
	found, err := d.Proved.Reach(ctx, ctem.ReachAsk{
		AsOf: d.Time(r.Moment), Environment: r.Environment, From: r.From, To: r.To, Port: r.Port, Products: d.Viewer.Products, Owner: d.Viewer.Owner,
	})
	if err != nil {
		return out, err
	}
	part, err := d.part(ctx, d.Asks(d.Time(r.Moment)))
	if err != nil {
		return out, err
	}
	for i := range found {
		found[i].Sources = part.told(found[i].Sources)
	}
	reply.Paged(&out, ctem.Page[ctem.Reach]{Items: found, Total: len(found)}, reachItem)
	return out, nil
}

// part is what somebody sees who does not see all: the sources that tell of the
// workloads that are seen, and their names.
type part struct {
	sources map[ctem.SourceScope]bool
	names   map[string]bool // NAMESPACE/SERVICE
}

// part is nil for who sees all.
func (d proving) part(ctx context.Context, ask ctem.ListQuery) (*part, error) {
	if !d.Viewer.Narrow() {
		return nil, nil
	}
	ask.Terms, ask.Sort, ask.Limit, ask.After = nil, nil, 0, ""
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return nil, err
	}
	p := &part{sources: map[ctem.SourceScope]bool{}, names: map[string]bool{}}
	for i := range page.Items {
		for n := range page.Items[i].Claims {
			c := &page.Items[i].Claims[n]
			p.sources[ctem.SourceScope{Source: c.Source, Scope: c.Scope}] = true
			p.names[c.Workload.Namespace+"/"+c.Workload.Service] = true
		}
	}
	return p, nil
}

// narrow takes out of a proof what tells of others.
func (p *part) narrow(b *ctem.ProofBody) {
	b.Sources = p.told(b.Sources)
	if p != nil && b.Access != nil {
		b.Access.UsedBy = slices.DeleteFunc(slices.Clone(b.Access.UsedBy), func(name string) bool { return !p.names[name] })
		b.Access.Used = len(b.Access.UsedBy)
	}
}

// told are the sources that may be named.
func (p *part) told(list []ctem.SourceScope) []ctem.SourceScope {
	if p == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s ctem.SourceScope) bool { return !p.sources[s] })
}

func proofItem(p ctem.Proof) api.Proof {
	b := &p.Body
	out := api.Proof{
		ID: p.ID, Kind: p.Kind, Name: p.Name, Environment: p.Scope, Check: string(p.Check), About: p.About, Verdict: string(p.Finding), Why: b.Why,
		Public: b.Public, Path: b.Path, Port: b.Port, Since: reply.When(p.From), KnownAt: reply.When(p.Recorded), Sources: proofSources(b.Sources), Inputs: []api.ProofInput{},
		Rules: b.Rules,
	}
	if b.Sender != nil {
		s := sideItem(*b.Sender)
		out.Sender = &s
	}
	if b.Receiver != nil {
		s := sideItem(*b.Receiver)
		out.Receiver = &s
	}
	for _, x := range b.Peers {
		out.Peers = append(out.Peers, api.Peers{Verdict: string(x.Finding), Total: x.Total, Names: reply.List(x.Names)})
	}
	for _, x := range b.Facts {
		out.Facts = append(out.Facts, api.Fact{Name: x.Name, Verdict: string(x.Finding), Field: x.Field, Value: x.Value})
	}
	for _, x := range b.Inputs {
		out.Inputs = append(out.Inputs, api.ProofInput(x))
	}
	if b.Access != nil {
		out.Access = accessItem(b.Access)
	}
	return out
}

func accessItem(a *ctem.Access) *api.Access {
	out := &api.Access{Admin: a.Admin, More: a.More, UsedBy: reply.List(a.UsedBy), Used: a.Used, Rights: []api.AccessRight{}, Powers: []api.AccessPower{}}
	for _, r := range a.Rights {
		out.Rights = append(out.Rights, api.AccessRight{
			Verbs: reply.List(r.Verbs), Groups: reply.List(r.Groups), Resources: reply.List(r.Resources), Names: reply.List(r.Names), Paths: reply.List(r.Paths),
			Namespace: r.Namespace, Role: r.Role, Binding: r.Binding,
		})
	}
	for _, p := range a.Powers {
		out.Powers = append(out.Powers, api.AccessPower(p))
	}
	return out
}

func sideItem(s ctem.SideSays) api.SideSays {
	return api.SideSays{Verdict: string(s.Finding), Policies: reply.List(s.Policies), Rules: reply.List(s.Rules), Why: s.Why}
}

func proofSources(list []ctem.SourceScope) []api.ProofSource {
	out := make([]api.ProofSource, 0, len(list))
	for _, s := range list {
		out = append(out, api.ProofSource(s))
	}
	return out
}

func reachItem(r ctem.Reach) api.Reach {
	return api.Reach{
		Environment: r.Environment, From: r.From, To: r.To, Port: r.Port, Verdict: string(r.Finding), Why: r.Why,
		Sender: sideItem(r.Sender), Receiver: sideItem(r.Receiver), Sources: proofSources(r.Sources),
	}
}
