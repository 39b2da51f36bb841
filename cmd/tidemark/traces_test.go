package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
)

// spansOf is a request of an exporter: a service asks a database.
func spansOf(service string, at time.Time) string {
	text := func(key, value string) string {
		return fmt.Sprintf(`{"key":%q,"value":{"stringValue":%q}}`, key, value)
	}
	return fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[%s,%s]},"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","kind":3,"endTimeUnixNano":"%d","attributes":[%s,%s]}]}]}]}`,
		text("service.name", service), text("deployment.environment.name", "prod"), at.UnixNano(), text("db.system", "postgresql"), text("server.address", "orders.example.com"))
}

// trace sends spans, and returns the status.
func (s *served) trace(body, token string) int {
	s.t.Helper()
	code, h, text := s.ask("POST", "/api/v1/traces", body, "Content-Type", "application/json", "Authorization", "Bearer "+token)
	if code == http.StatusOK && (text != "{}" || h.Get("Content-Type") != "application/json") {
		s.t.Errorf("answered %q as %s", text, h.Get("Content-Type"))
	}
	return code
}

// Spans that exporters send are edges of the twin; the same traffic again, also
// after a restart, is no more evidence.
func TestTracesOverHTTP(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	mine, viewer := c.token("source", "--source", "otlp/prod"), c.token("viewer")
	now := time.Now().UTC()
	flows := func() (out api.Flows) {
		if err := json.Unmarshal([]byte(c.run(0, "twin", "flows", "--service", "cart", "-o", "json")), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	evidence := func() (n int) {
		var list api.List[api.Source]
		if err := json.Unmarshal([]byte(c.run(0, "twin", "get", "sources", "-o", "json")), &list); err != nil || len(list.Items) != 1 {
			t.Fatalf("%v %+v", err, list)
		}
		return list.Items[0].Rejected
	}
	for run := range 2 {
		s := start(t, c.where...)
		for range 3 {
			if code := s.trace(spansOf("cart", now), mine); code != http.StatusOK {
				t.Fatalf("spans: %d", code)
			}
		}
		if code := s.trace(spansOf("cart", now), viewer); code != http.StatusForbidden {
			t.Errorf("of a viewer: %d", code)
		}
		if code := s.trace(`{"resourceSpans":7}`, mine); code != http.StatusUnprocessableEntity {
			t.Errorf("broken spans: %d", code)
		}
		for until := time.Now().Add(30 * time.Second); want[api.Flows](s, 200, "GET", "/api/v1/twin/flows", "").Total == 0 && time.Now().Before(until); {
			time.Sleep(10 * time.Millisecond)
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		out := flows()
		if out.Total != 1 || out.Items[0].How != "observed" || out.Items[0].To.Name != "postgresql://orders.example.com" || out.Items[0].Says[0].Source != "otlp/prod" {
			t.Fatalf("run %d: %+v", run, out.Items)
		}
		if since := out.Items[0].Since; !since.Equal(now.Truncate(time.Hour)) {
			t.Errorf("run %d: since %s", run, since)
		}
		if seen := out.Items[0].SeenAt; !seen.Equal(now.Truncate(time.Microsecond)) || out.Items[0].Says[0].Calls < 1 {
			t.Errorf("run %d: seen at %s, not %s; %+v", run, seen, now, out.Items[0].Says)
		}
		if n := evidence(); n != 0 {
			t.Errorf("run %d: %d rejected", run, n)
		}
		var covered api.TwinCoverage
		if err := json.Unmarshal([]byte(c.run(0, "twin", "coverage", "-o", "json")), &covered); err != nil {
			t.Fatal(err)
		}
		if left := covered.Sources[0].LeftOut; len(left) != 1 || left[0].Count != int64(run+1) || !strings.HasPrefix(left[0].Reason, "requests that cannot be read") {
			t.Errorf("run %d: left out %+v", run, left)
		}
	}
}

// What the agent of a network gathers comes to the same door, with its counts.
func TestGatheredFlowsOverHTTP(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	token := c.token("source", "--source", "hubble/prod")
	s := start(t, c.where...)
	now := time.Now().UTC().Truncate(time.Microsecond)
	line := fmt.Sprintf(`{"flow":{"time":%q,"verdict":"FORWARDED","source":{"namespace":"shop","workloads":[{"name":"front"}]},"destination":{"namespace":"shop","workloads":[{"name":"cart"}]},"l4":{"TCP":{"destination_port":7070}},"is_reply":false},"seen":{"since":%q,"calls":5}}
{"left_out":{"reason":"agent: flows without a time","count":3}}
`, now.Format(time.RFC3339Nano), now.Add(-time.Minute).Format(time.RFC3339Nano))
	to, err := client.New(client.Config{URL: s.url, Token: token, AllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := to.SendFlows(t.Context(), "prod", []byte(line)); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(30 * time.Second); want[api.Flows](s, 200, "GET", "/api/v1/twin/flows", "").Total == 0 && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	got := want[api.Flows](s, 200, "GET", "/api/v1/twin/flows", "")
	if got.Total != 1 || got.Items[0].From.Scope != "prod/shop" || !got.Items[0].SeenAt.Equal(now) {
		t.Fatalf("%+v", got)
	}
	if says := got.Items[0].Says[0]; says.Source != "hubble/prod" || says.Calls != 5 || !says.FirstSeen.Equal(now.Add(-time.Minute)) {
		t.Errorf("%+v", says)
	}
	if left := want[api.TwinCoverage](s, 200, "GET", "/api/v1/twin/coverage", "").Sources[0].LeftOut; len(left) != 1 || left[0].Count != 3 {
		t.Errorf("left out %+v", left)
	}
}

// BenchmarkTraces prints how many spans a second a server takes, of traffic that
// it knows.
func BenchmarkTraces(b *testing.B) {
	c := &cli{t: b, where: []string{"--data", b.TempDir()}}
	token := c.token("source", "--source", "otlp/prod")
	s := start(b, c.where...)
	var batch struct {
		ResourceSpans []json.RawMessage `json:"resourceSpans"`
	}
	for i := range 500 {
		var one struct {
			ResourceSpans []json.RawMessage `json:"resourceSpans"`
		}
		if err := json.Unmarshal([]byte(spansOf(fmt.Sprintf("s%d", i%50), time.Now())), &one); err != nil {
			b.Fatal(err)
		}
		batch.ResourceSpans = append(batch.ResourceSpans, one.ResourceSpans...)
	}
	body, err := json.Marshal(batch)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if code := s.trace(string(body), token); code != http.StatusOK {
			b.Fatal(code)
		}
	}
	b.ReportMetric(float64(b.N*len(batch.ResourceSpans))/b.Elapsed().Seconds(), "spans/s")
	if err := s.stop(); err != nil {
		b.Fatal(err)
	}
}
