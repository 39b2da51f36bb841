package flow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

func end(name string) twin.End {
	return twin.End{Kind: twin.KindWorkload, Scope: "prod", Name: name}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func told(from, to string, how twin.How, hours int) flow.Told {
	return flow.Told{Flow: twin.Flow{From: end(from), To: end(to), How: how}, Source: "x", Seen: noon.Add(-time.Duration(hours) * time.Hour)}
}

func TestReach(t *testing.T) {
	t.Parallel()
	store := twin.End{Kind: twin.KindDataStore, Name: "postgresql://db in prod"}
	read := flow.Told{Flow: twin.Flow{From: end("c"), To: store, How: twin.FlowDocumented, Data: []string{"orders"}}, Seen: noon}
	denied := told("a", "e", twin.FlowObserved, 1)
	denied.Flow.Denied = true
	g := flow.NewGraph([]flow.Told{
		told("a", "b", twin.FlowObserved, 1), told("b", "c", twin.FlowObserved, 5), told("a", "c", twin.FlowInferred, 0),
		told("c", "a", twin.FlowObserved, 1), told("b", "d", twin.FlowInferred, 0), read, denied, told("z", "a", twin.FlowObserved, 1),
	}, []flow.Holds{{End: store, Data: []string{"PII"}, System: "postgresql"}})

	got := g.Reach([]twin.End{end("a")}, false)
	var lines []string
	for _, r := range got.Reached {
		lines = append(lines, fmt.Sprintf("%s %d %s from %s, %s", r.Node.End.Name, r.Hops, r.How, r.From.Name, r.Seen.Format("15h")))
	}
	want := []string{
		"b 1 observed from a, 11h",
		"c 2 observed from b, 07h", // the longer way was seen, and its older step counts
		"d 2 inferred from b, 11h",
		"postgresql://db in prod 3 documented from c, 07h",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if !cmp.Equal(got.Data, []string{"PII", "orders"}) {
		t.Errorf("it touches %v", got.Data)
	}

	var back []string
	for _, r := range g.Reach([]twin.End{store}, true).Reached {
		back = append(back, fmt.Sprintf("%s %d %s", r.Node.End.Name, r.Hops, r.How))
	}
	if diff := cmp.Diff([]string{"c 1 documented", "b 2 documented", "a 3 documented", "z 4 documented"}, back[:4]); diff != "" {
		t.Error(diff)
	}
	if r := g.Reach([]twin.End{end("nobody")}, false); len(r.Reached) != 0 {
		t.Errorf("a stranger reaches %v", r.Reached)
	}
}

func TestGraphJoins(t *testing.T) {
	t.Parallel()
	refused := told("a", "b", twin.FlowObserved, 0)
	refused.Flow.Denied = true
	g := flow.NewGraph([]flow.Told{told("a", "b", twin.FlowInferred, 0), refused, told("a", "b", twin.FlowDocumented, 2)}, nil)
	if len(g.Edges) != 1 {
		t.Fatalf("got %d edges", len(g.Edges))
	}
	e := g.Edges[0]
	if e.How != twin.FlowDocumented || e.Denied || len(e.Told) != 3 || !e.Seen().Equal(noon.Add(-2*time.Hour)) {
		t.Errorf("got %+v", e)
	}
	alone := flow.NewGraph([]flow.Told{refused}, nil)
	if !alone.Edges[0].Denied || len(alone.Reach([]twin.End{end("a")}, false).Reached) != 0 {
		t.Error("a refused attempt is a way")
	}
}

// TestReachLaws compares with the closure by definition, on random graphs, in
// any order.
func TestReachLaws(t *testing.T) {
	t.Parallel()
	hows := []twin.How{twin.FlowObserved, twin.FlowDocumented, twin.FlowInferred}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		n := 2 + rnd.IntN(7)
		var list []flow.Told
		for range rnd.IntN(20) {
			list = append(list, told(fmt.Sprint(rnd.IntN(n)), fmt.Sprint(rnd.IntN(n)), hows[rnd.IntN(3)], rnd.IntN(9)))
		}
		got := map[string]string{}
		for _, r := range flow.NewGraph(list, nil).Reach([]twin.End{end("0")}, false).Reached {
			got[r.Node.End.Name] = string(r.How)
		}
		want := map[string]string{}
		for level := range hows {
			for name := range closure(list, hows[:level+1]) {
				if want[name] == "" {
					want[name] = string(hows[level])
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		shuffled := slices.Clone(list)
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		one, two := flow.NewGraph(list, nil).Reach([]twin.End{end("0")}, false), flow.NewGraph(shuffled, nil).Reach([]twin.End{end("0")}, false)
		if diff := cmp.Diff(one, two); diff != "" {
			t.Fatalf("seed %d: in another order: %s", seed, diff)
		}
	}
}

// closure is what is reached from 0 over edges with one of the marks.
func closure(list []flow.Told, hows []twin.How) map[string]bool {
	out := map[string]bool{}
	for range list {
		for _, t := range list {
			from, to := t.Flow.From.Name, t.Flow.To.Name
			if slices.Contains(hows, t.Flow.How) && (from == "0" || out[from]) && to != "0" {
				out[to] = true
			}
		}
	}
	return out
}

func TestServiceOf(t *testing.T) {
	t.Parallel()
	r := twin.Resource{Kind: "Service", Namespace: "shop", Name: "web", Spec: json.RawMessage(`{"selector":{"app":"web","tier":3},"ports":[{"port":80},{"port":443}]}`)}
	got, ok := flow.ServiceOf("prod", &r)
	want := flow.Service{Scope: "prod", Namespace: "shop", Name: "web", Selector: map[string]string{"app": "web", "tier": "3"}, Ports: []int{80, 443}}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(diff)
	}
	if _, ok := flow.ServiceOf("prod", &twin.Resource{Kind: "Ingress"}); ok {
		t.Error("an Ingress is no Service")
	}
	if _, ok := flow.ServiceOf("prod", &twin.Resource{Kind: "Service", Spec: json.RawMessage(`{"ports":1}`)}); ok {
		t.Error("a spec that cannot be read was taken")
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	workloads := []flow.Placed{workload("prod/shop", "shop", "front"), workload("prod/shop", "shop", "cart"), workload("prod/data", "data", "redis"), workload("test", "", "front")}
	services := []flow.Service{service("prod/shop", "shop", "basket", "cart", 80), service("prod/data", "data", "cache", "redis", 6379)}
	front := twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: "front"}
	anywhere := twin.End{Kind: twin.KindWorkload, Scope: flow.Anywhere, Name: "front"}
	stripe := twin.End{Kind: twin.KindSaaS, Name: "api.stripe.com"}
	for name, c := range map[string]struct {
		from, to twin.End
		want     []string
	}{
		"an address that is a service":        {front, twin.End{Kind: twin.KindAddress, Scope: "prod/shop", Name: "basket"}, []string{"prod/shop front > Workload prod/shop cart"}},
		"a data store that is one":            {front, twin.End{Kind: twin.KindDataStore, Name: "redis://cache.data:6380"}, []string{"prod/shop front > Workload prod/data redis"}},
		"a service":                           {front, twin.End{Kind: twin.KindK8sService, Scope: "prod/data", Name: "data/cache"}, []string{"prod/shop front > Workload prod/data redis"}},
		"a data store outside":                {front, twin.End{Kind: twin.KindDataStore, Name: "redis://x.example.com"}, []string{"prod/shop front > DataStore  redis://x.example.com"}},
		"a workload anywhere":                 {anywhere, stripe, []string{"prod/shop front > SaaS  api.stripe.com", "test front > SaaS  api.stripe.com"}},
		"a workload anywhere, beside another": {anywhere, twin.End{Kind: twin.KindWorkload, Scope: "test", Name: "db"}, []string{"test front > Workload test db"}},
		"a workload that nobody knows":        {twin.End{Kind: twin.KindWorkload, Scope: flow.Anywhere, Name: "x"}, stripe, []string{"* x > SaaS  api.stripe.com"}},
		"itself":                              {front, twin.End{Kind: twin.KindAddress, Scope: "prod/shop", Name: "front"}, nil},
	} {
		var got []string
		for _, r := range flow.Resolve([]flow.Told{{Flow: twin.Flow{From: c.from, To: c.to}}}, workloads, services) {
			got = append(got, r.Flow.From.Scope+" "+r.Flow.From.Name+" > "+r.Flow.To.Kind+" "+r.Flow.To.Scope+" "+r.Flow.To.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
