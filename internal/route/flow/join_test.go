package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

func thing(t *testing.T, r twin.Resource, scope, source string) ctem.Thing {
	t.Helper()
	if twin.Global(r.Kind) {
		scope = ""
	}
	return ctem.Thing{Resource: r, Scope: scope, Source: source, Sources: []string{source}, SeenAt: noon, Freshness: twin.Fresh}
}

func made(t *testing.T, kind, name string, spec any) twin.Resource {
	t.Helper()
	r, err := twin.Made(kind, name, spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestJoin(t *testing.T) {
	t.Parallel()
	cart := workload("prod", "", "cart", call("env DB_URL", "postgres", "db.example.com"))
	stored := twin.DataStore{System: "postgresql", Address: "db.example.com", Data: []string{"PII"}}
	seen := twin.Flow{From: twin.End{Kind: twin.KindWorkload, Name: "cart"}, To: twin.End{Kind: twin.KindSaaS, Name: "api.example.com"}, How: twin.FlowObserved}
	r, err := seen.Resource()
	if err != nil {
		t.Fatal(err)
	}
	g := flow.Join(flow.Past{At: noon, Things: []ctem.Thing{
		thing(t, r, "prod", "otlp"),
		thing(t, made(t, twin.KindDataStore, stored.Name(), stored), "x", "bom"),
		thing(t, made(t, twin.KindSaaS, "api.example.com", twin.SaaS{Data: []twin.DataGoing{{Class: "card", Way: "out"}}}), "x", "bom"),
		thing(t, twin.Resource{Kind: twin.KindFlow, Name: "broken", Spec: json.RawMessage(`[]`)}, "prod", "otlp"),
	}}, []ctem.Workload{{Service: "cart", Environment: "prod", Claims: []twin.Claim{{Workload: cart.Workload}}}})
	if len(g.Edges) != 2 {
		t.Fatalf("got %+v", g.Edges)
	}
	if e := g.Edges[0]; e.How != twin.FlowInferred || !slices.Equal(e.Data, []string{"PII"}) || e.Told[0].Source != flow.SourceConfiguration {
		t.Errorf("to the data store: %+v", e)
	}
	if e := g.Edges[1]; e.How != twin.FlowObserved || e.From.Scope != "prod" || !e.Seen().Equal(noon) {
		t.Errorf("to the service: %+v", e)
	}
	for _, n := range g.Nodes() {
		if n.End.Kind == twin.KindSaaS && !slices.Equal(n.Data, []string{"card"}) {
			t.Errorf("the service holds %v", n.Data)
		}
	}
}

// An edge that nobody saw for a day is shown, and leads nowhere; what else says of
// it holds.
func TestJoinLapsed(t *testing.T) {
	t.Parallel()
	end := func(name string) twin.End { return twin.End{Kind: twin.KindWorkload, Scope: "prod", Name: name} }
	seen := func(to, source string, ago time.Duration) ctem.Thing {
		r, err := twin.Flow{From: end("web"), To: end(to), How: twin.FlowObserved}.Resource()
		if err != nil {
			t.Fatal(err)
		}
		out := thing(t, r, "prod", source)
		out.SeenAt = noon.Add(-ago)
		out.Traffic = &twin.Traffic{First: noon.Add(-48 * time.Hour), Last: out.SeenAt, Calls: 1}
		return out
	}
	g := flow.Join(flow.Past{At: noon, Things: []ctem.Thing{seen("old", "otlp", 25*time.Hour), seen("both", "otlp", 25*time.Hour), seen("both", "hubble", time.Hour), seen("new", "otlp", time.Hour)}}, nil)
	got := map[string]bool{}
	for _, e := range g.Edges {
		got[e.To.Name] = e.Lapsed
	}
	if len(got) != 3 || !got["old"] || got["both"] || got["new"] {
		t.Errorf("lapsed: %v", got)
	}
	if r := g.Reach([]twin.End{end("web")}, false); len(r.Reached) != 2 {
		t.Errorf("reached %+v", r.Reached)
	}
}

// BenchmarkInfer prints how the graph of one namespace grows with ten times as
// many workloads, each of which names three services.
func BenchmarkInfer(b *testing.B) {
	estate := func(n int) (workloads []flow.Placed, services []flow.Service) {
		for i := range n {
			name := fmt.Sprintf("s%d", i)
			w := workload("prod/shop", "shop", name)
			w.Workload.Pod.Labels["part-of"] = "shop"
			for k := range 3 {
				w.Workload.Pod.Calls = append(w.Workload.Pod.Calls, call(fmt.Sprintf("env A%d", k), "http", fmt.Sprintf("s%d:80", (i*7+k+1)%n)))
			}
			s := service("prod/shop", "shop", name, name, 80)
			s.Selector["part-of"] = "shop"
			workloads, services = append(workloads, w), append(services, s)
		}
		return workloads, services
	}
	for _, n := range []int{1_000, 10_000} {
		workloads, services := estate(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var told []flow.Told
				for _, f := range flow.Infer(workloads, services) {
					told = append(told, flow.Told{Flow: f})
				}
				g := flow.NewGraph(told, nil)
				if r := g.Reach([]twin.End{g.Edges[0].From}, false); len(g.Edges) < 3*n-10 || len(r.Reached) == 0 {
					b.Fatalf("%d edges, %d reached", len(g.Edges), len(r.Reached))
				}
			}
		})
	}
}
