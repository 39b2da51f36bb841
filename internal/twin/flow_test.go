package twin_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestFlowName(t *testing.T) {
	t.Parallel()
	cart := twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: "cart"}
	redis := twin.End{Kind: twin.KindDataStore, Name: "redis://redis-cart in prod/shop"}
	f := twin.Flow{From: cart, To: redis, Protocol: "redis", Port: 6379, How: twin.FlowInferred, Where: []string{"env REDIS_ADDR"}}
	want := "Workload/prod/shop/cart > DataStore//redis://redis-cart%20in%20prod/shop redis/6379"
	if got := f.Name(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	again := f
	again.How, again.Where, again.Data = twin.FlowObserved, nil, []string{"PII"}
	if again.Name() != want {
		t.Errorf("how it is known, and what goes over it, is in the name: %q", again.Name())
	}
	denied := f
	denied.Denied = true
	if denied.Name() == want {
		t.Error("a refused flow has the name of one that works")
	}
	tricky := twin.Flow{From: twin.End{Kind: "A", Name: "x > B//y"}, To: twin.End{Kind: "B", Name: "z"}}
	plain := twin.Flow{From: twin.End{Kind: "A", Name: "x"}, To: twin.End{Kind: "B", Name: "y > B//z"}}
	if tricky.Name() == plain.Name() {
		t.Errorf("two flows have the name %q", tricky.Name())
	}
}

func TestBoundName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 1000)
	got, other := twin.BoundName(long+"a"), twin.BoundName(long+"b")
	if len(got) > 480 || got == other || !strings.HasPrefix(got, "ää") {
		t.Errorf("got %q and %q", got, other)
	}
}

func TestFlowResource(t *testing.T) {
	t.Parallel()
	front := twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: "front"}
	a := twin.Flow{From: front, To: twin.End{Kind: twin.KindSaaS, Name: "api.stripe.com"}, How: twin.FlowDocumented, Data: []string{"PII", "Public", "PII"}, Where: []string{"b", "a", ""}}
	b := a
	b.Data, b.Where = []string{"Public", "PII"}, []string{"a", "b"}
	one, err := a.Resource()
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.Resource()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("the same flow in another order is another thing:\n%s", diff)
	}
	want := []twin.Link{{Rel: twin.RelConnectsTo, To: a.To}, {Rel: twin.RelFrom, To: front}}
	if diff := cmp.Diff(want, one.Links); diff != "" {
		t.Error(diff)
	}
	if one.Kind != twin.KindFlow || !strings.Contains(string(one.Spec), `"data":["PII","Public"]`) {
		t.Errorf("got %s", one.Spec)
	}
}

func TestDataStoreName(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]twin.DataStore{
		"postgresql://db.shop/orders":     {System: "postgresql", Address: "DB.shop:5432", Database: "orders"},
		"postgresql://db.shop:6432":       {System: "postgresql", Address: "db.shop:6432"},
		"redis://[2001:db8::1]:6380":      {System: "redis", Address: "[2001:db8::1]:6380"},
		"redis://[2001:db8::1]":           {System: "redis", Address: "2001:db8::1"},
		"s3:///invoices":                  {System: "s3", Database: "invoices"},
		"redis://cache in prod/shop":      {System: "redis", Address: "cache", Within: "prod/shop"},
		"kafka://10.1.2.3/orders.created": {System: "kafka", Address: "10.1.2.3", Database: "orders.created"},
	} {
		if got := d.Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if again := twin.CutStore(want); again.Name() != want || again.System != d.System || again.Within != d.Within {
			t.Errorf("%q is read as %+v", want, again)
		}
	}
}

func TestPort(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		host string
		port int
	}{
		"db:5432":       {"db", 5432},
		"db":            {"db", 0},
		"db:http":       {"db:http", 0},
		"db:99999":      {"db:99999", 0},
		"[::1]:80":      {"::1", 80},
		"::1":           {"::1", 0},
		"[2001:db8::1]": {"2001:db8::1", 0},
		"":              {"", 0},
	} {
		if host, port := twin.CutPort(in); host != want.host || port != want.port {
			t.Errorf("CutPort(%q) = %q, %d", in, host, port)
		}
	}
	if got := twin.JoinPort("2001:db8::1", 443); got != "[2001:db8::1]:443" {
		t.Errorf("got %q", got)
	}
}

func TestOperationName(t *testing.T) {
	t.Parallel()
	if a, b := twin.OperationName("a get", "get", "/x"), twin.OperationName("a", "get", "get /x"); a == b {
		t.Errorf("both are %q", a)
	}
	if got := twin.OperationName("shop", "get", "/orders/{id}"); got != "shop GET /orders/{id}" {
		t.Errorf("got %q", got)
	}
}
