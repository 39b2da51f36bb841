// Package surface compares what documents say of the APIs of services with what
// was seen to be asked, and with the routes of gateways that lead there.
//
// The model. An operation is a method and a route of a service; names of
// parameters in a route do not matter. One that was seen is undocumented where
// the service has documents and none of them tells of it; where it has none,
// nothing is known. A route of a gateway is documented where an operation lies
// below it; it is unauthenticated where one of those needs no proof of who asks.
//
// Invariants. Pure: no I/O, no clock. Order changes no answer.
package surface

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/twin"
)

// Operation is what somebody says of a method and route of a service.
type Operation struct {
	Service, Method, Route    string
	Documented, Authenticated twin.Answer
}

// Key is the same for what means the same operation.
func (o Operation) Key() string {
	return o.Service + "\x00" + strings.ToUpper(o.Method) + "\x00" + Plain(o.Route)
}

var parameter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\{[^}]*\}|:[^/]+|<[^>]*>|\*+)$`) })

// Plain is a route without the names of its parameters: "/orders/{id}/",
// "/orders/:order" and "/orders/<int:id>" are all "/orders/{}".
func Plain(route string) string {
	parts := strings.Split(strings.TrimRight(route, "/"), "/")
	for i, part := range parts {
		if parameter().MatchString(part) {
			parts[i] = "{}"
		}
	}
	if out := strings.Join(parts, "/"); out != "" {
		return out
	}
	return "/"
}

// Surface is what is known of the APIs of all services.
type Surface struct {
	documented map[string]bool // services that have a document
	all        map[string]Operation
	routes     map[string][]Operation // documented ones, by service
}

// New joins what is said of operations.
func New(list []Operation) *Surface {
	s := &Surface{documented: map[string]bool{}, all: map[string]Operation{}, routes: map[string][]Operation{}}
	for _, o := range list {
		if o.Documented == twin.AnswerYes {
			s.documented[o.Service] = true
			s.routes[o.Service] = append(s.routes[o.Service], o)
		}
		have, ok := s.all[o.Key()]
		if ok {
			o.Documented = stronger(o.Documented, have.Documented, twin.AnswerYes)
			o.Authenticated = stronger(o.Authenticated, have.Authenticated, twin.AnswerNo)
		}
		s.all[o.Key()] = o
	}
	return s
}

// stronger is the one of two answers that says something; of two that differ,
// the one that counts.
func stronger(a, b, counts twin.Answer) twin.Answer {
	switch {
	case a == counts || b == counts:
		return counts
	case a == twin.AnswerUnknown || a == "":
		return b
	}
	return a
}

// Operation is what all say of an operation together.
func (s *Surface) Operation(o Operation) (documented, authenticated twin.Answer) {
	known := s.all[o.Key()]
	switch {
	case known.Documented == twin.AnswerYes:
		documented = twin.AnswerYes
	case s.documented[o.Service]:
		documented = twin.AnswerNo
	default:
		documented = twin.AnswerUnknown
	}
	return documented, orUnknown(known.Authenticated)
}

func orUnknown(a twin.Answer) twin.Answer {
	if a == "" {
		return twin.AnswerUnknown
	}
	return a
}

// Route is what documents say of all that lies below a path of a service, as a
// gateway leads to it.
func (s *Surface) Route(service, path string) (documented, authenticated twin.Answer) {
	if !s.documented[service] {
		return twin.AnswerUnknown, twin.AnswerUnknown
	}
	below := slices.DeleteFunc(slices.Clone(s.routes[service]), func(o Operation) bool { return !under(Plain(o.Route), Plain(path)) })
	if len(below) == 0 {
		return twin.AnswerNo, twin.AnswerUnknown
	}
	authenticated = twin.AnswerYes
	for _, o := range below {
		switch o.Authenticated {
		case twin.AnswerNo:
			return twin.AnswerYes, twin.AnswerNo
		case twin.AnswerYes:
		default:
			authenticated = twin.AnswerUnknown
		}
	}
	return twin.AnswerYes, authenticated
}

// under reports whether a route lies below a path, in whole segments.
func under(route, path string) bool {
	return path == "/" || route == path || strings.HasPrefix(route, path+"/")
}
