package estate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/api"
)

func TestCompared(t *testing.T) {
	t.Parallel()
	operation := func(address, documented, auth, class, source string) api.Endpoint {
		return api.Endpoint{Kind: "operation", Address: address, Service: "shop", Documented: documented, Auth: auth, Class: class, Sources: []string{source}}
	}
	door := func(address, via string) api.Endpoint {
		return api.Endpoint{Kind: "door", Address: address, Service: "shop", Via: via, Documented: "unknown", Auth: "unknown"}
	}
	got := compared([]api.Endpoint{
		operation("GET /orders/{id}", "yes", "yes", "declared", "openapi"), operation("GET /open", "yes", "no", "declared", "openapi"),
		operation("GET /orders/:id", "unknown", "unknown", "observed", "otlp"), operation("GET /debug", "unknown", "unknown", "observed", "otlp"),
		door("shop.example.com/orders", "Ingress/shop/front"), door("shop.example.com/", "HTTPRoute/shop/front"), door("shop.example.com/admin", "Ingress/shop/admin"),
		door("10.0.0.1:80/TCP", "Service/shop/front (LoadBalancer)"),
	})
	var lines []string
	for _, e := range got {
		lines = append(lines, e.Address+": documented "+e.Documented+", authenticated "+e.Auth+", "+e.Class)
	}
	want := []string{
		"GET /orders/{id}: documented yes, authenticated yes, observed",
		"GET /open: documented yes, authenticated no, declared",
		"GET /debug: documented no, authenticated unknown, observed",
		"shop.example.com/orders: documented yes, authenticated yes, ",
		"shop.example.com/: documented yes, authenticated no, ",
		"shop.example.com/admin: documented no, authenticated unknown, ",
		"10.0.0.1:80/TCP: documented unknown, authenticated unknown, ",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if !cmp.Equal(got[0].Sources, []string{"openapi", "otlp"}) {
		t.Errorf("said by %v", got[0].Sources)
	}
}
