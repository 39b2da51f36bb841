package estate

import (
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/route/surface"
	"github.com/tidemark/tidemark/internal/twin"
)

// compared says of operations and of the routes of gateways whether documents
// tell of them, and whether they ask who calls. An operation that a document
// tells of and that was seen too is one endpoint.
func compared(list []api.Endpoint) []api.Endpoint {
	var said []surface.Operation
	for i := range list {
		if o, ok := operationOf(&list[i]); ok {
			said = append(said, o)
		}
	}
	s := surface.New(said)
	first := map[string]int{}
	var out []api.Endpoint
	for _, e := range list {
		if o, ok := operationOf(&e); ok {
			at, again := first[o.Key()]
			if again {
				join(&out[at], &e)
				continue
			}
			first[o.Key()] = len(out)
			documented, authenticated := s.Operation(o)
			e.Documented, e.Auth = string(documented), string(authenticated)
			if e.Class == string(twin.Declared) {
				e.Environment = "" // a document is about the service, wherever it runs
			}
		}
		if path, ok := gatewayPath(&e); ok {
			documented, authenticated := s.Route(e.Service, path)
			e.Documented, e.Auth = string(documented), string(authenticated)
		}
		out = append(out, e)
	}
	return out
}

func operationOf(e *api.Endpoint) (surface.Operation, bool) {
	method, route, ok := strings.Cut(e.Address, " ")
	return surface.Operation{
		Service: e.Service, Method: method, Route: route, Documented: twin.Answer(e.Documented), Authenticated: twin.Answer(e.Auth),
	}, ok && e.Kind == "operation"
}

// join adds what another says of the same operation: who sees it at run time
// knows when, and the document is where it is written down.
func join(into, e *api.Endpoint) {
	into.Sources = append(slices.Clone(into.Sources), e.Sources...)
	slices.Sort(into.Sources)
	into.Sources = slices.Compact(into.Sources)
	if into.Via == "" && e.Via != "" { // the document's words
		into.Via, into.Address = e.Via, e.Address
	}
	if e.Class == string(twin.Observed) && into.Class != e.Class {
		into.Class, into.Freshness, into.SeenAt, into.Environment = e.Class, e.Freshness, e.SeenAt, e.Environment
	}
}

// gatewayPath is the path of a door that an Ingress or a route of a gateway opens.
func gatewayPath(e *api.Endpoint) (string, bool) {
	if e.Kind != "door" || !strings.HasPrefix(e.Via, "Ingress/") && !strings.HasPrefix(e.Via, "HTTPRoute/") {
		return "", false
	}
	_, path, ok := strings.Cut(e.Address, "/")
	return "/" + path, ok
}
