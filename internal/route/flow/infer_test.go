package flow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

func workload(scope, namespace, service string, calls ...twin.Call) flow.Placed {
	return flow.Placed{Scope: scope, Workload: twin.Workload{
		Service: service, Namespace: namespace, Kind: "Deployment", Pod: &twin.Pod{Labels: map[string]string{"app": service}, Calls: calls},
	}}
}

func service(scope, namespace, name, app string, ports ...int) flow.Service {
	return flow.Service{Scope: scope, Namespace: namespace, Name: name, Selector: map[string]string{"app": app}, Ports: ports}
}

func call(where, scheme, address string) twin.Call {
	return twin.Call{Where: where, Scheme: scheme, Address: address}
}

func TestInfer(t *testing.T) {
	t.Parallel()
	const shop, data = "prod/shop", "prod/data"
	for name, c := range map[string]struct {
		call twin.Call
		want string // the flow's name without its beginning
	}{
		"a service of the namespace":           {call("env X_ADDR", "", "cart:7070"), "Workload/prod/shop/cart /7070"},
		"the port of the service":              {call("env CART_HOST", "", "cart"), "Workload/prod/shop/cart /7070"},
		"a service elsewhere":                  {call("env X", "http", "db.data.svc.cluster.local:5432"), "Workload/prod/data/pg http/5432"},
		"its short form":                       {call("env X", "postgres", "db.data"), "Workload/prod/data/pg postgresql/5432"},
		"a pod of a stateful set":              {call("env X", "", "pg-0.db.data.svc:5432"), "Workload/prod/data/pg postgresql/5432"},
		"a workload without a service":         {call("env X_ADDR", "", "worker:81"), "Workload/prod/shop/worker /81"},
		"a service for a host outside":         {call("env X", "mysql", "legacy"), "DataStore//mysql://mysql.example.com mysql"},
		"a service with ends by hand":          {call("env X", "http", "manual:80"), "Service/prod/shop/shop/manual http/80"},
		"a data store outside, by scheme":      {call("env X", "mongodb+srv", "c0.abc.mongodb.net"), "DataStore//mongodb://c0.abc.mongodb.net mongodb"},
		"a data store outside, by host":        {call("env X", "https", "b.s3.eu-west-1.amazonaws.com"), "DataStore//s3://b.s3.eu-west-1.amazonaws.com https"},
		"a data store inside, that is nowhere": {call("env REDIS_HOST", "", "cache"), "DataStore//redis://cache%20in%20prod/shop redis"},
		"somebody else's service":              {call("env X", "https", "API.stripe.com"), "SaaS//api.stripe.com https"},
		"the own front door":                   {call("env X", "https", "shop.example.com"), "Workload/prod/shop/front https"},
		"an address":                           {call("env X", "http", "10.1.2.3:80"), "Address/prod/shop/10.1.2.3 http/80"},
		"a name that is not known":             {call("env X", "http", "nowhere:80"), "Address/prod/shop/nowhere http/80"},
		"a service of another cluster":         {call("env X", "http", "other.far.svc:80"), "Address/prod/shop/other.far.svc http/80"},
	} {
		front := workload(shop, "shop", "front")
		front.Workload.Doors = []twin.Door{{Address: "shop.example.com/", Public: true}}
		workloads := []flow.Placed{
			front, workload(shop, "shop", "cart"), workload(data, "data", "pg"), workload(shop, "shop", "worker"),
			workload("test/far", "far", "other"), workload(shop, "shop", "caller", c.call),
		}
		external := flow.Service{Scope: shop, Namespace: "shop", Name: "legacy", External: "mysql.example.com"}
		manual := flow.Service{Scope: shop, Namespace: "shop", Name: "manual", Ports: []int{80}}
		services := []flow.Service{service(shop, "shop", "cart", "cart", 7070), service(data, "data", "db", "pg", 5432), service("test/far", "far", "other", "other", 80), external, manual}
		got := flow.Infer(workloads, services)
		if len(got) != 1 {
			t.Errorf("%s: got %v", name, got)
			continue
		}
		if want := "Workload/prod/shop/caller > " + c.want; got[0].Name() != want {
			t.Errorf("%s: got %q, want %q", name, got[0].Name(), want)
		}
		if got[0].How != twin.FlowInferred || !cmp.Equal(got[0].Where, []string{c.call.Where}) {
			t.Errorf("%s: got %+v", name, got[0])
		}
	}
}

func TestInferJoins(t *testing.T) {
	t.Parallel()
	w := workload("prod", "", "front", call("env B", "http", "cart:80"), call("env A", "http", "cart:80"), call("env ME", "http", "front:80"))
	got := flow.Infer([]flow.Placed{w, workload("prod", "", "cart")}, nil)
	if len(got) != 1 || !cmp.Equal(got[0].Where, []string{"env A", "env B"}) {
		t.Errorf("got %+v, want one flow that two variables name, and none to itself", got)
	}
}
