package flow

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// traces reads spans.
type traces struct {
	*collector
	tracer tracer
	spans  int
}

// kind is what part of a call a span is.
type kind uint64

const (
	kindServer   kind = 2
	kindClient   kind = 3
	kindProducer kind = 4
	kindConsumer kind = 5
)

// span is what is looked at of a span.
type span struct {
	trace, id, parent string
	kind              kind
	nanos             uint64 // when it ended, else began; 0: not said
	attributes        attributes
}

func (s *span) at() time.Time {
	if s.nanos == 0 || s.nanos > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(s.nanos)).UTC()
}

// attributes are those that are looked at, by key.
type attributes map[string]string

// wanted are the attributes that say who talks to whom. Old names stand beside
// those of today.
func wanted(key string) bool {
	switch key {
	case "service.name", "k8s.cluster.name", "k8s.namespace.name", "k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name",
		"k8s.cronjob.name", "k8s.job.name", "k8s.replicaset.name", "deployment.environment.name", "deployment.environment",
		"server.address", "server.port", "net.peer.name", "net.peer.port", "network.peer.address", "network.peer.port", "net.sock.peer.addr",
		"peer.service", "url.full", "http.url", "db.system.name", "db.system", "db.namespace", "db.name", "aws.s3.bucket",
		"messaging.system", "messaging.destination.name", "messaging.destination", "rpc.system", "rpc.system.name",
		"http.request.method", "http.method", "http.route", "gen_ai.request.model", "gen_ai.provider.name", "gen_ai.system":
		return true
	}
	return false
}

func (a attributes) set(key, value string) {
	if key == "url.full" || key == "http.url" {
		u, err := url.Parse(value)
		if err != nil {
			return
		}
		value = u.Host // nothing else of it is kept
	}
	if len(value) <= maxText && value != "" {
		a[key] = value
	}
}

func (a attributes) setInt(key string, n int64) { a[key] = strconv.FormatInt(n, 10) }

func (a attributes) first(keys ...string) string {
	for _, key := range keys {
		if v := a[key]; v != "" {
			return v
		}
	}
	return ""
}

// origin is the workload that spans come from; why says why it is not known.
type origin struct {
	end twin.End
	why string
}

func (c *traces) origin(res attributes) origin {
	service := res.first("k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name", "service.name")
	if service == "" || strings.HasPrefix(service, "unknown_service") {
		return origin{why: "spans of a resource that does not name its service (service.name)"}
	}
	scope := res.first("deployment.environment.name", "deployment.environment")
	if cluster, namespace := res["k8s.cluster.name"], res["k8s.namespace.name"]; cluster != "" && namespace != "" {
		scope = cluster + "/" + namespace
	}
	scope = cmp.Or(scope, c.in.Environment)
	if scope == "" {
		return origin{why: "spans of a resource that does not name its environment (k8s.cluster.name and k8s.namespace.name, or deployment.environment.name)"}
	}
	return origin{end: twin.End{Kind: twin.KindWorkload, Scope: scope, Name: service}}
}

// span takes one span.
func (c *traces) span(from origin, s *span) error {
	if c.spans++; c.spans > maxSpans {
		return fault.New(fault.Invalid, "more than %d spans in one document", maxSpans).WithHint("split the file")
	}
	if s.kind < kindServer || s.kind > kindConsumer {
		return nil // within a process
	}
	if from.why != "" {
		c.leaveOut(from.why)
		return nil
	}
	a := s.attributes
	c.model(from.end, s)
	switch {
	case s.kind == kindServer:
		c.server(from.end, s)
	case a.first("db.system.name", "db.system") != "":
		c.store(from.end, s, a.first("db.system.name", "db.system"), named("database", a.first("db.namespace", "db.name")))
	case a["messaging.system"] != "":
		c.store(from.end, s, a["messaging.system"], named("topic", a.first("messaging.destination.name", "messaging.destination")))
	case a["aws.s3.bucket"] != "":
		c.store(from.end, s, "s3", named("bucket", a["aws.s3.bucket"]))
	case s.kind == kindClient:
		c.tracer.client(half{end: from.end, span: *s})
	}
	return nil
}

func named(what, name string) string {
	if name == "" {
		return ""
	}
	return what + " " + name
}

// server is the called half of a pair, and a route that was used.
func (c *traces) server(at twin.End, s *span) {
	a := s.attributes
	if method, route := a.first("http.request.method", "http.method"), a["http.route"]; method != "" && route != "" {
		c.operation(SourceOTLP, at, twin.Operation{
			Service: at.Name, Method: strings.ToUpper(method), Route: route,
			Documented: twin.AnswerUnknown, Authenticated: twin.AnswerUnknown, Why: "seen in a trace, which does not say who asked",
		}, s.at())
	}
	if s.parent != "" {
		c.tracer.server(half{end: at, span: *s})
	}
}

// peer is the host and port that a span names as its other end.
func (s *span) peer() (host string, port int) {
	a := s.attributes
	host = a.first("server.address", "net.peer.name", "url.full", "http.url", "network.peer.address", "net.sock.peer.addr")
	host, port = twin.CutPort(host)
	if n, err := strconv.Atoi(a.first("server.port", "net.peer.port", "network.peer.port")); err == nil && n > 0 && n < 65536 {
		port = n
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), port
}

// store is an edge to a data store; what it holds is not in its name.
func (c *traces) store(from twin.End, s *span, system, holds string) {
	system = cmp.Or(twin.SystemOf(system), strings.ToLower(system))
	host, port := s.peer()
	c.flow(SourceOTLP, twin.Flow{
		From: from, To: twin.OutsideEnd(from.Scope, system, host, port), Protocol: system, Port: port,
		Where: []string{"client span", holds},
	}, s.at())
}

// model is an edge to a model that is asked by its name.
func (c *traces) model(from twin.End, s *span) {
	name := s.attributes["gen_ai.request.model"]
	if name == "" || s.kind != kindClient {
		return
	}
	provider := s.attributes.first("gen_ai.provider.name", "gen_ai.system")
	c.flow(SourceOTLP, twin.Flow{
		From: from, To: twin.End{Kind: twin.KindModel, Name: name}, Protocol: "gen_ai",
		Where: []string{"client span", named("provider", provider)},
	}, s.at())
}

// alone is the edge that a client span shows by itself: to the address that it
// names, or to the service of that name where it stands.
func (c *traces) alone(h half) {
	host, port := h.span.peer()
	protocol := h.span.protocol()
	if host == "" || host == "localhost" || host == "127.0.0.1" || host == "::1" {
		if peer := h.span.attributes["peer.service"]; peer != "" {
			c.flow(SourceOTLP, twin.Flow{
				From: h.end, To: twin.End{Kind: twin.KindWorkload, Scope: h.end.Scope, Name: peer}, Protocol: protocol, Port: port,
				Where: []string{"client span, peer.service"},
			}, h.span.at())
			return
		}
		c.leaveOut("client spans that do not name their other end")
		return
	}
	system := twin.SystemOfPort(port)
	if protocol != "" {
		system = ""
	}
	c.flow(SourceOTLP, twin.Flow{
		From: h.end, To: twin.OutsideEnd(h.end.Scope, system, host, port), Protocol: protocol, Port: port, Where: []string{"client span"},
	}, h.span.at())
}

func (s *span) protocol() string {
	a := s.attributes
	switch {
	case a.first("rpc.system", "rpc.system.name") != "":
		return strings.ToLower(a.first("rpc.system", "rpc.system.name"))
	case a.first("http.request.method", "http.method", "url.full", "http.url") != "":
		return "http"
	}
	return ""
}

// half is one side of a call.
type half struct {
	end  twin.End
	span span
}

type spanKey struct{ trace, span string }

// tracer joins the halves of one document.
type tracer struct {
	clients []half
	known   map[spanKey]bool   // of clients: one that comes again says nothing new
	servers map[spanKey][]half // by what called them
	// keep takes what found no other half, where a Receiver waits for it.
	keep *pending
}

func (t *tracer) client(h half) {
	if t.known == nil {
		t.known = map[spanKey]bool{}
	}
	if key := (spanKey{h.span.trace, h.span.id}); !t.known[key] {
		t.known[key] = true
		t.clients = append(t.clients, h)
	}
}

// maxServers bounds the servers that one span can have called: more are a
// document that wants to cost us.
const maxServers = 16

func (t *tracer) server(h half) {
	if t.servers == nil {
		t.servers = map[spanKey][]half{}
	}
	key := spanKey{h.span.trace, h.span.parent}
	if list := t.servers[key]; len(list) < maxServers && !slices.ContainsFunc(list, func(s half) bool { return s.end == h.end }) {
		t.servers[key] = append(list, h)
	}
}

// finish makes edges of all pairs, and of clients that are alone.
func (t *tracer) finish(c *traces) {
	paired := map[spanKey]bool{}
	for _, client := range t.clients {
		key := spanKey{client.span.trace, client.span.id}
		servers := t.servers[key]
		if len(servers) == 0 {
			servers = t.keep.called(key)
		}
		for _, server := range servers {
			c.pair(client, server)
		}
		paired[key] = true
		if len(servers) > 0 {
			continue
		}
		c.alone(client)
		t.keep.client(key, client)
	}
	for key, servers := range t.servers {
		if paired[key] {
			continue
		}
		for _, server := range servers {
			if client, ok := t.keep.caller(key); ok {
				c.pair(client, server)
				continue
			}
			t.keep.server(key, server)
		}
	}
	t.clients, t.known, t.servers = nil, nil, nil
}

func (c *traces) pair(client, server half) {
	if client.end == server.end {
		return
	}
	_, port := client.span.peer()
	at := slices.MaxFunc([]time.Time{client.span.at(), server.span.at()}, time.Time.Compare)
	c.flow(SourceOTLP, twin.Flow{
		From: client.end, To: server.end, Protocol: cmp.Or(client.span.protocol(), server.span.protocol()), Port: port,
		Where: []string{"client and server spans"},
	}, at)
}
