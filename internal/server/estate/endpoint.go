package estate

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// The kinds of endpoints.
const (
	endpointDoor      = "door"
	endpointOperation = "operation"
	endpointPort      = "port"
)

// Endpoints lists the addresses at which something can be reached: doors of
// workloads, operations of APIs, open ports of hosts.
func (d calling) Endpoints(ctx context.Context, q api.Query) (api.List[api.Endpoint], error) {
	out, err := reply.Envelope[api.Endpoint](ctx, d.Base, q, api.SchemaEndpoints)
	if err != nil {
		return out, err
	}
	ask, err := d.List(api.Query{Query: q.Query, AsOf: q.AsOf, KnownAt: q.KnownAt})
	if err != nil {
		return out, err
	}
	where, keep, err := endpointTerms(ask)
	if err != nil {
		return out, err
	}
	all, err := d.endpoints(ctx, where)
	if err != nil {
		return out, err
	}
	all = slices.DeleteFunc(all, func(e api.Endpoint) bool {
		return slices.ContainsFunc(keep, func(keep func(*api.Endpoint) bool) bool { return !keep(&e) })
	})
	slices.SortFunc(all, func(a, b api.Endpoint) int { return strings.Compare(endpointKey(&a), endpointKey(&b)) })
	return out, reply.Window(&out, all, q, func(e *api.Endpoint) string { return endpointKey(e) })
}

func endpointKey(e *api.Endpoint) string {
	return strings.Join([]string{e.Kind, e.Address, e.Service, e.Environment, e.Via}, "\x00")
}

// endpointTerms divides a query: what is asked of the workload behind an endpoint,
// and what of the endpoint itself.
func endpointTerms(ask ctem.ListQuery) (where ctem.ListQuery, keep []func(*api.Endpoint) bool, err error) {
	where = ask
	where.Terms = nil
	keys := map[string]func(*api.Endpoint) string{
		"kind": func(e *api.Endpoint) string { return e.Kind }, "public": func(e *api.Endpoint) string { return e.Public },
		"authenticated": func(e *api.Endpoint) string { return e.Auth }, "documented": func(e *api.Endpoint) string { return e.Documented },
		"service": func(e *api.Endpoint) string { return e.Service }, "svc": func(e *api.Endpoint) string { return e.Service },
		"environment": func(e *api.Endpoint) string { return e.Environment }, "env": func(e *api.Endpoint) string { return e.Environment },
		"owner": func(e *api.Endpoint) string { return e.Owner }, "address": func(e *api.Endpoint) string { return e.Address },
		ctem.TextKey: func(e *api.Endpoint) string { return e.Address + " " + e.Service + " " + e.Environment + " " + e.Via },
	}
	for _, t := range ask.Terms {
		if t.Key == "product" {
			where.Terms = append(where.Terms, t)
			continue
		}
		read, ok := keys[t.Key]
		if !ok || t.Op != ":" {
			return where, nil, ctem.UnknownKey(t.Key, append(reply.SortedKeys(keys), "product"))
		}
		keep = append(keep, func(e *api.Endpoint) bool { return oneOf(t, read(e)) != t.Negate })
	}
	return where, keep, nil
}

// oneOf reports whether a value is one of a term's: free text by a part.
func oneOf(t ctem.Term, have string) bool {
	return slices.ContainsFunc(t.Values, func(want string) bool {
		return strings.EqualFold(have, want) || want == "none" && have == "" || want == "*" && have != "" ||
			t.Key == ctem.TextKey && strings.Contains(strings.ToLower(have), strings.ToLower(want))
	})
}

// endpoints are all of them that the viewer may see. Where a product is asked for,
// what is not behind one of its workloads is left out.
func (d calling) endpoints(ctx context.Context, ask ctem.ListQuery) ([]api.Endpoint, error) {
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return nil, err
	}
	var out []api.Endpoint
	owners := map[string]string{}
	for i := range page.Items {
		w := &page.Items[i]
		owners[w.Service] = w.Owner
		for _, x := range w.Doors {
			public := string(ctem.TriOf(x.Public))
			out = append(out, api.Endpoint{
				Kind: endpointDoor, Address: x.Address, Public: public, Service: w.Service, Environment: w.Environment, Via: x.Via,
				Auth: string(ctem.Unknown), Documented: string(ctem.Unknown), Sources: reply.List(w.Sources), Class: string(w.Class), Freshness: string(w.Freshness),
				Since: reply.When(w.Since), SeenAt: reply.When(w.SeenAt), Owner: w.Owner,
			})
		}
	}
	within := len(ask.Terms) > 0
	ask.Terms = []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindOperation, kindHost}}}
	things, err := d.Twin.Things(ctx, ask)
	if err != nil {
		return nil, err
	}
	for i := range things.Items {
		t := &things.Items[i]
		for _, e := range thingEndpoints(t) {
			owner, behind := owners[e.Service]
			if !within || behind {
				e.Owner = owner
				out = append(out, e)
			}
		}
	}
	return compared(out), nil
}

// kindHost is a machine.
const kindHost = "Host"

// openSockets is what a host says of the ports on which something listens.
type openSockets struct {
	Sockets []struct {
		Proto   string `json:"proto"`
		Address string `json:"address"`
		Port    int    `json:"port"`
		Scope   string `json:"scope"`
		Process string `json:"process"`
	} `json:"sockets"`
}

func thingEndpoints(t *ctem.Thing) (out []api.Endpoint) {
	e := api.Endpoint{
		Public: string(ctem.Unknown), Auth: string(ctem.Unknown), Documented: string(ctem.Unknown), Environment: t.Scope, Sources: reply.List(t.Sources),
		Class: string(t.Class), Freshness: string(t.Freshness), Since: reply.When(t.Since), SeenAt: reply.When(t.SeenAt),
	}
	if t.Kind == twin.KindOperation {
		var op twin.Operation
		if json.Unmarshal(t.Spec, &op) != nil {
			return nil
		}
		e.Kind, e.Address, e.Service, e.Via = endpointOperation, op.Method+" "+op.Route, op.Service, op.API
		e.Auth, e.Documented = cmp.Or(string(op.Authenticated), e.Auth), cmp.Or(string(op.Documented), e.Documented)
		return []api.Endpoint{e}
	}
	var host openSockets
	if json.Unmarshal(t.Spec, &host) != nil {
		return nil
	}
	for _, s := range host.Sockets {
		e.Kind, e.Address, e.Process, e.Via = endpointPort, twin.JoinPort(s.Address, s.Port)+"/"+s.Proto, s.Process, "Host/"+t.Name
		e.Public = map[string]string{"loopback": string(ctem.No), "private": string(ctem.No)}[s.Scope]
		e.Public = cmp.Or(e.Public, string(ctem.Unknown)) // that it listens does not say who gets there
		out = append(out, e)
	}
	return out
}
