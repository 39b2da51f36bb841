package flow_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

// An address is resolved as it was held when the flow was seen, in the cluster of
// the flow; what nobody is known to have had stays an address.
func TestAddressesAreResolved(t *testing.T) {
	t.Parallel()
	in := func(r twin.Resource, scope string, since time.Time) ctem.Thing {
		out := thing(t, r, scope, "kube/prod")
		out.Since = since
		return out
	}
	slice := func(name, workload, ip string) twin.Resource {
		spec, err := json.Marshal(twin.EndpointSliceSpec{Service: "s", Workloads: map[string][]string{workload: {ip}}})
		if err != nil {
			t.Fatal(err)
		}
		return twin.Resource{Kind: twin.KindEndpointSlice, Namespace: "shop", Name: name, Spec: spec}
	}
	service := func(ip string) twin.Resource {
		return twin.Resource{Kind: twin.KindK8sService, Namespace: "shop", Name: "pay", Spec: json.RawMessage(`{"clusterIPs":["` + ip + `"],"selector":{"app":"pay"}}`)}
	}
	talks := func(from twin.End, to string, ago time.Duration) ctem.Thing {
		r, err := twin.Flow{From: from, To: twin.End{Kind: twin.KindAddress, Scope: from.Scope, Name: to}, How: twin.FlowObserved}.Resource()
		if err != nil {
			t.Fatal(err)
		}
		out := thing(t, r, from.Scope, "otlp")
		out.SeenAt = noon.Add(-ago)
		out.Traffic = &twin.Traffic{First: out.SeenAt, Last: out.SeenAt}
		return out
	}
	web := twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: "web"}
	other := twin.End{Kind: twin.KindWorkload, Scope: "test/shop", Name: "web"}
	host := twin.End{Kind: twin.KindWorkload, Scope: "hosts", Name: "vm"}
	since := noon.Add(-2 * time.Hour)
	now := flow.Past{At: noon, Things: []ctem.Thing{
		in(service("10.96.0.7"), "prod/shop", since),
		in(slice("a", "cart", "10.0.0.1"), "prod/shop", since),
		in(slice("b", "new", "10.0.0.2"), "prod/shop", noon.Add(-time.Hour)),
		in(slice("c", "elsewhere", "10.0.0.1"), "test/shop", since),
		in(slice("d", "only", "10.9.9.9"), "test/shop", since),
		talks(web, "10.0.0.1", time.Hour), talks(web, "10.96.0.7", time.Hour), talks(web, "10.0.0.2", 90*time.Minute),
		talks(web, "10.9.9.9", time.Hour), talks(other, "10.0.0.1", time.Hour), talks(host, "10.0.0.1", time.Hour), talks(host, "10.9.9.9", time.Hour),
	}}
	asked := flow.Unheld(noon, now.Things)
	if want := []time.Time{noon.Add(-time.Hour), noon.Add(-90 * time.Minute)}; !slices.EqualFunc(asked, want, time.Time.Equal) {
		t.Errorf("asks for %v, want %v", asked, want)
	}
	then := flow.Past{At: noon.Add(-90 * time.Minute), Things: []ctem.Thing{in(slice("b", "old", "10.0.0.2"), "prod/shop", noon.Add(-100*time.Minute))}}
	pay := workload("prod/shop", "shop", "pay")
	pay.Workload.Pod.Labels["app"] = "pay"
	g := flow.Join(now, []ctem.Workload{{Service: "pay", Environment: "prod/shop", Namespace: "shop", Claims: []twin.Claim{{Workload: pay.Workload}}}}, then)
	var got []string
	for _, e := range g.Edges {
		got = append(got, e.From.Scope+" > "+e.To.Kind+" "+e.To.Scope+" "+e.To.Name)
	}
	slices.Sort(got)
	want := []string{
		"hosts > Address hosts 10.0.0.1", "hosts > Workload test/shop only",
		"prod/shop > Address prod/shop 10.9.9.9", "prod/shop > Workload prod/shop cart", "prod/shop > Workload prod/shop old", "prod/shop > Workload prod/shop pay",
		"test/shop > Workload test/shop elsewhere",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
