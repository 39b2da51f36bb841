package flow_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

var noon = time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)

func text(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}

func number(key string, n int64) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}}
}

// from are spans of a service.
func from(service string, spans ...*trace.Span) *trace.ResourceSpans {
	return &trace.ResourceSpans{
		Resource: &resource.Resource{Attributes: []*common.KeyValue{
			text("service.name", service), text("k8s.cluster.name", "prod"), text("k8s.namespace.name", "shop"), text("host.name", "n1"),
		}},
		ScopeSpans: []*trace.ScopeSpans{{Spans: spans}},
	}
}

func span(kind trace.Span_SpanKind, id, parent string, attributes ...*common.KeyValue) *trace.Span {
	return &trace.Span{
		TraceId: []byte("0123456789abcdef"), SpanId: []byte(id), ParentSpanId: []byte(parent), Kind: kind, Name: "secret name",
		StartTimeUnixNano: uint64(noon.Add(-time.Second).UnixNano()), EndTimeUnixNano: uint64(noon.UnixNano()),
		Attributes: append(attributes, text("http.request.header.authorization", "hunter2")),
		Events:     []*trace.Span_Event{{Name: "hunter2"}},
	}
}

const (
	server   = trace.Span_SPAN_KIND_SERVER
	client   = trace.Span_SPAN_KIND_CLIENT
	producer = trace.Span_SPAN_KIND_PRODUCER
	consumer = trace.Span_SPAN_KIND_CONSUMER
)

// shop are spans of a small shop.
func shop() *trace.TracesData {
	return &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{
		from("front",
			span(server, "00000001", "", text("http.request.method", "get"), text("http.route", "/cart/{id}"), text("client.address", "198.51.100.7")),
			span(client, "00000002", "00000001", text("rpc.system", "grpc"), text("server.address", "cart"), number("server.port", 7070)),
			span(client, "00000003", "00000001", text("url.full", "https://u:hunter2@api.stripe.com/v1?key=hunter2")),
			span(client, "00000004", "00000001", text("gen_ai.request.model", "small-1"), text("gen_ai.provider.name", "acme"), text("server.address", "api.acme.example.com")),
			span(client, "00000005", "00000001"),
			span(trace.Span_SPAN_KIND_INTERNAL, "00000006", "00000001"),
		),
		from("cart",
			span(server, "00000010", "00000002", text("rpc.system", "grpc")),
			span(client, "00000011", "00000010", text("db.system", "redis"), text("net.peer.name", "redis-cart"), number("net.peer.port", 6379)),
			span(client, "00000012", "00000010", text("db.system.name", "postgresql"), text("server.address", "orders.abc.eu-west-1.rds.amazonaws.com"), text("db.namespace", "orders")),
			span(producer, "00000013", "00000010", text("messaging.system", "kafka"), text("messaging.destination.name", "orders"), text("server.address", "kafka.shop")),
		),
		from("mail", span(consumer, "00000020", "00000013", text("messaging.system", "kafka"), text("messaging.destination.name", "orders"), text("server.address", "kafka.shop"))),
		{ScopeSpans: []*trace.ScopeSpans{{Spans: []*trace.Span{span(client, "00000030", "")}}}},
	}}
}

func shopFlows() []string {
	return []string{
		"2026-03-01T12:00:00Z otlp prod/shop",
		"Flow Workload/prod/shop/cart > DataStore//kafka://kafka.shop%20in%20prod/shop kafka: client span, topic orders",
		"Flow Workload/prod/shop/cart > DataStore//postgresql://orders.abc.eu-west-1.rds.amazonaws.com postgresql: client span, database orders",
		"Flow Workload/prod/shop/cart > DataStore//redis://redis-cart%20in%20prod/shop redis/6379: client span",
		"Flow Workload/prod/shop/front > Model//small-1 gen_ai: client span, provider acme",
		"Flow Workload/prod/shop/front > SaaS//api.acme.example.com: client span",
		"Flow Workload/prod/shop/front > SaaS//api.stripe.com http: client span",
		"Flow Workload/prod/shop/front > Workload/prod/shop/cart grpc/7070: client and server spans",
		"Flow Workload/prod/shop/mail > DataStore//kafka://kafka.shop%20in%20prod/shop kafka: client span, topic orders",
		"Operation front GET /cart/{id}",
	}
}

// lines writes what was told in a form to compare.
func lines(t testing.TB, r discover.Reading) []string {
	t.Helper()
	var out []string
	for _, told := range r.Told {
		var part []string
		for _, thing := range told.Things {
			line := thing.Kind + " " + thing.Name
			if thing.Kind == twin.KindFlow {
				var f twin.Flow
				if err := json.Unmarshal(thing.Spec, &f); err != nil {
					t.Fatal(err)
				}
				line += ": " + strings.Join(f.Where, ", ")
				if f.How != twin.FlowObserved {
					line += ", " + string(f.How)
				}
				if len(f.Data) > 0 {
					line += ", data " + strings.Join(f.Data, " ")
				}
			}
			part = append(part, line)
		}
		for _, gone := range told.Gone {
			part = append(part, "gone "+gone)
		}
		if len(part) == 0 {
			continue // only when they were seen
		}
		slices.Sort(part)
		out = append(append(out, told.At.Format(time.RFC3339)+" "+told.Source+" "+told.Scope), part...)
	}
	return out
}

func read(t testing.TB, body []byte, environment string) discover.Reading {
	t.Helper()
	r, err := flow.Read(t.Context(), discover.DocumentInput{Kind: flow.Kind, Body: body, Environment: environment}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wire(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// otlpJSON is the message as exporters write it: ids in hex, not in base64.
func otlpJSON(t testing.TB, m *trace.TracesData) []byte {
	t.Helper()
	b, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	hexIDs(doc)
	if b, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	return b
}

func hexIDs(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			hexIDs(item)
		}
	case map[string]any:
		for key, item := range v {
			if id, ok := item.(string); ok && strings.HasSuffix(key, "Id") {
				var raw []byte
				if json.Unmarshal([]byte(`"`+id+`"`), &raw) == nil {
					v[key] = strings.ToUpper(hex.EncodeToString(raw))
				}
				continue
			}
			hexIDs(item)
		}
	}
}

func TestOTLP(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{"protobuf": wire(t, shop()), "json": otlpJSON(t, shop())} {
		r := read(t, body, "")
		if diff := cmp.Diff(shopFlows(), lines(t, r)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		want := []twin.Rejection{
			{Where: "flows", Reason: "1 × client spans that do not name their other end"},
			{Where: "flows", Reason: "1 × spans of a resource that does not name its service (service.name)"},
		}
		if diff := cmp.Diff(want, r.Ignored); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		kept, err := json.Marshal(r)
		if err != nil || strings.Contains(string(kept), "hunter2") || strings.Contains(string(kept), "secret name") {
			t.Errorf("%s: something of the request is kept: %s", name, kept)
		}
	}
}

func TestOTLPEnvironment(t *testing.T) {
	t.Parallel()
	spans := from("front", span(client, "00000003", "", text("server.address", "api.stripe.com")))
	for want, attributes := range map[string][]*common.KeyValue{
		"c/n":     {text("service.name", "x"), text("k8s.cluster.name", "c"), text("k8s.namespace.name", "n"), text("deployment.environment", "e")},
		"e":       {text("service.name", "x"), text("k8s.namespace.name", "n"), text("deployment.environment.name", "e")},
		"default": {text("service.name", "x")},
	} {
		spans.Resource.Attributes = attributes
		got := lines(t, read(t, wire(t, &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{spans}}), "default"))
		if len(got) != 2 || !strings.HasSuffix(got[0], " "+want) {
			t.Errorf("want environment %s, got %q", want, got)
		}
	}
	spans.Resource.Attributes = []*common.KeyValue{text("service.name", "x"), text("k8s.deployment.name", "deployed"), text("k8s.cluster.name", "c"), text("k8s.namespace.name", "n")}
	if got := lines(t, read(t, wire(t, &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{spans}}), "")); !strings.HasPrefix(got[1], "Flow Workload/c/n/deployed ") {
		t.Errorf("the name of the Deployment does not count: %q", got)
	}
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	var r flow.Receiver
	get := func(now time.Time, spans ...*trace.ResourceSpans) []string {
		t.Helper()
		got, err := r.Read(t.Context(), discover.DocumentInput{Body: wire(t, &trace.TracesData{ResourceSpans: spans})}, now)
		if err != nil {
			t.Fatal(err)
		}
		return lines(t, got)
	}
	if diff := cmp.Diff(shopFlows(), get(noon, shop().ResourceSpans...)); diff != "" {
		t.Error(diff)
	}
	if got := get(noon.Add(time.Minute), shop().ResourceSpans...); len(got) > 0 {
		t.Errorf("the same spans again tell %q", got)
	}

	// The halves of a call come apart, in either order.
	called := span(server, "00000041", "00000040")
	calling := span(client, "00000040", "", text("server.address", "pay.shop.svc"))
	if got := get(noon, from("pay", called)); len(got) > 0 {
		t.Errorf("a server alone tells %q", got)
	}
	want := []string{"2026-03-01T12:00:00Z otlp prod/shop", "Flow Workload/prod/shop/front > Workload/prod/shop/pay: client and server spans"}
	if diff := cmp.Diff(want, get(noon, from("front", calling))); diff != "" {
		t.Error(diff)
	}
	calling.SpanId, called.ParentSpanId = []byte("00000050"), []byte("00000050")
	if got := get(noon, from("back", calling)); len(got) != 2 || !strings.Contains(got[1], "Workload/prod/shop/back > Address/prod/shop/pay.shop.svc") {
		t.Errorf("a client alone tells %q", got)
	}
	if got := get(noon, from("pay", called)); len(got) != 2 || !strings.Contains(got[1], "Workload/prod/shop/back > Workload/prod/shop/pay") {
		t.Errorf("its server tells %q", got)
	}

	// An hour later only when it was seen is told; after a day it is told again.
	later := from("front", calling)
	once := func(id string, after time.Duration) []string {
		calling.SpanId, calling.EndTimeUnixNano = []byte(id), uint64(noon.Add(after).UnixNano())
		return get(noon.Add(after), later)
	}
	if got := once("00000060", 0); len(got) != 2 {
		t.Errorf("an edge that is new: %q", got)
	}
	if got := once("00000061", time.Hour); len(got) > 0 {
		t.Errorf("an hour later: %q", got)
	}
	if got := once("00000062", 24*time.Hour); len(got) != 2 || !strings.HasPrefix(got[0], "2026-03-02T12:00:00Z") {
		t.Errorf("a day later: %q", got)
	}
}

// When an edge was seen is told to the minute, what was counted once.
func TestReceiverMeasures(t *testing.T) {
	t.Parallel()
	var r flow.Receiver
	const edge = "resource/Flow//Workload/prod/shop/a > SaaS//api.example.com"
	get := func(at time.Time, calls int) (out []string) {
		t.Helper()
		var spans []*trace.Span
		for i := range calls {
			s := span(client, fmt.Sprintf("%06d%02d", int(at.Sub(noon).Seconds()), i), "", text("server.address", "api.example.com"))
			s.EndTimeUnixNano = uint64(at.UnixNano())
			spans = append(spans, s)
		}
		got, err := r.Read(t.Context(), discover.DocumentInput{Body: wire(t, &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{from("a", spans...)}})}, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range got.Told {
			for _, s := range told.Seen {
				if s.Subject == edge {
					out = append(out, fmt.Sprintf("%s-%s %d", s.First.Sub(noon), s.Last.Sub(noon), s.Calls))
				}
			}
		}
		return out
	}
	for _, c := range []struct {
		after time.Duration
		calls int
		want  []string
	}{
		{0, 2, []string{"0s-0s 2"}},
		{10 * time.Second, 3, nil},
		{50 * time.Second, 1, nil},
		{70 * time.Second, 1, []string{"10s-1m10s 5"}},
		{80 * time.Second, 4, nil},
		{2 * time.Hour, 0, []string{"1m20s-1m20s 4"}}, // nothing is held back for long
	} {
		if diff := cmp.Diff(c.want, get(noon.Add(c.after), c.calls)); diff != "" {
			t.Errorf("after %s: %s", c.after, diff)
		}
	}
}

func TestReceiverTellsWhatChanged(t *testing.T) {
	t.Parallel()
	var r flow.Receiver
	get := func(database string) []string {
		t.Helper()
		s := span(client, "00000001", "", text("db.system", "mysql"), text("server.address", "db"), text("db.name", database))
		got, err := r.Read(t.Context(), discover.DocumentInput{Body: wire(t, &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{from("a", s)}})}, noon)
		if err != nil {
			t.Fatal(err)
		}
		return lines(t, got)
	}
	get("one")
	got := get("two")
	want := []string{"2026-03-01T12:00:00Z otlp prod/shop", "Flow Workload/prod/shop/a > DataStore//mysql://db%20in%20prod/shop mysql: client span, database one, database two"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := append(get("one"), get("two")...); len(got) > 0 {
		t.Errorf("it goes to and fro: %q", got)
	}
	r.Forget()
	if got := get("one"); len(got) != 2 {
		t.Errorf("after it forgot, it tells %q", got)
	}
}

func TestReceiverRestores(t *testing.T) {
	t.Parallel()
	first := read(t, wire(t, shop()), "")
	var r flow.Receiver
	for _, told := range first.Told {
		r.Restore(told.Source, told.Scope, told.Things, told.At)
	}
	got, err := r.Read(t.Context(), discover.DocumentInput{Body: wire(t, shop())}, noon)
	if err != nil || len(lines(t, got)) > 0 {
		t.Errorf("after a restart it tells %q (%v)", lines(t, got), err)
	}
	// After a day of silence it is forgotten, and told again when it comes again.
	if _, err = r.Read(t.Context(), discover.DocumentInput{Body: nil}, noon.Add(26*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, err = r.Read(t.Context(), discover.DocumentInput{Body: wire(t, shop())}, noon.Add(26*time.Hour)); err != nil || len(lines(t, got)) != len(shopFlows()) {
		t.Errorf("a day later it tells %q (%v)", lines(t, got), err)
	}
}

func TestReadRefusesTooMany(t *testing.T) {
	t.Parallel()
	one := wire(t, &trace.ResourceSpans{ScopeSpans: []*trace.ScopeSpans{{Spans: slices.Repeat([]*trace.Span{{}}, 600_000)}}})
	body := append([]byte{1<<3 | 2}, varint(len(one))...)
	_, err := flow.Read(t.Context(), discover.DocumentInput{Body: append(body, one...)}, noon)
	if err == nil || !strings.Contains(err.Error(), "more than 500000 spans") {
		t.Errorf("600,000 spans in %d bytes: %v", len(body)+len(one), err)
	}
}

func varint(n int) (out []byte) {
	for ; n >= 128; n >>= 7 {
		out = append(out, byte(n)|128)
	}
	return append(out, byte(n))
}

func FuzzOTLP(f *testing.F) {
	f.Add(wire(f, shop()))
	f.Add(otlpJSON(f, shop()))
	f.Add([]byte{10, 2, 18, 0})
	f.Fuzz(func(t *testing.T, body []byte) { checkRead(t, body) })
}

// checkRead reads twice: it must end, say the same, and tell only what can be stored.
func checkRead(t *testing.T, body []byte) {
	t.Helper()
	in := discover.DocumentInput{Kind: flow.Kind, Body: body, Environment: "prod"}
	one, err := flow.Read(t.Context(), in, noon)
	if err != nil {
		return
	}
	two, err := flow.Read(t.Context(), in, noon)
	if diff := cmp.Diff(one, two); err != nil || diff != "" {
		t.Errorf("read again it says another thing: %v\n%s", err, diff)
	}
	for _, told := range one.Told {
		if told.Scope == "" || told.At.IsZero() || told.At.After(noon) {
			t.Errorf("told %+v", told)
		}
		for _, thing := range told.Things {
			if thing.Name == "" || len(thing.Name) > 500 || !json.Valid(thing.Spec) {
				t.Errorf("thing %+v", thing)
			}
		}
	}
}

func BenchmarkOTLP(b *testing.B) {
	var all trace.TracesData
	for i := range 100 {
		for _, r := range shop().ResourceSpans {
			for _, s := range r.ScopeSpans[0].Spans {
				s.TraceId = []byte(fmt.Sprintf("%016d", i))
			}
			all.ResourceSpans = append(all.ResourceSpans, r)
		}
	}
	body := wire(b, &all)
	spans := float64(100 * 13)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			read(b, body, "")
		}
		b.ReportMetric(spans*float64(b.N)/b.Elapsed().Seconds(), "spans/s")
	})
	b.Run("generated", func(b *testing.B) { // decoding alone
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var m trace.TracesData
			if err := proto.Unmarshal(body, &m); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(spans*float64(b.N)/b.Elapsed().Seconds(), "spans/s")
	})
}
