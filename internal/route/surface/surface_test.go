package surface_test

import (
	"testing"

	"github.com/tidemark/tidemark/internal/route/surface"
	"github.com/tidemark/tidemark/internal/twin"
)

const (
	yes     = twin.AnswerYes
	no      = twin.AnswerNo
	unknown = twin.AnswerUnknown
)

func TestSurface(t *testing.T) {
	t.Parallel()
	s := surface.New([]surface.Operation{
		{Service: "shop", Method: "GET", Route: "/orders/{id}", Documented: yes, Authenticated: yes},
		{Service: "shop", Method: "GET", Route: "/status", Documented: yes, Authenticated: no},
		{Service: "shop", Method: "get", Route: "/orders/:order/", Documented: unknown, Authenticated: unknown},
		{Service: "shop", Method: "DELETE", Route: "/orders/{id}", Documented: unknown, Authenticated: unknown},
		{Service: "cart", Method: "GET", Route: "/", Documented: unknown, Authenticated: unknown},
	})
	for _, c := range []struct {
		service, method, route    string
		documented, authenticated twin.Answer
	}{
		{"shop", "GET", "/orders/<int:id>", yes, yes},
		{"shop", "GET", "/status", yes, no},
		{"shop", "DELETE", "/orders/{x}", no, unknown},
		{"shop", "GET", "/debug", no, unknown},
		{"cart", "GET", "/", unknown, unknown},
	} {
		documented, authenticated := s.Operation(surface.Operation{Service: c.service, Method: c.method, Route: c.route})
		if documented != c.documented || authenticated != c.authenticated {
			t.Errorf("%s %s %s: documented %s, authenticated %s", c.service, c.method, c.route, documented, authenticated)
		}
	}
	for _, c := range []struct {
		service, path             string
		documented, authenticated twin.Answer
	}{
		{"shop", "/", yes, no},
		{"shop", "/orders", yes, yes},
		{"shop", "/orders/", yes, yes},
		{"shop", "/order", no, unknown},
		{"shop", "/admin", no, unknown},
		{"cart", "/", unknown, unknown},
	} {
		if documented, authenticated := s.Route(c.service, c.path); documented != c.documented || authenticated != c.authenticated {
			t.Errorf("%s%s: documented %s, authenticated %s", c.service, c.path, documented, authenticated)
		}
	}
}
