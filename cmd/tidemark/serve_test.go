package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/internal/server"
)

// served is a running server with a token of an operator.
type served struct {
	t     testing.TB
	url   string
	token string
	stop  func() error
}

// start serves a data folder in this process until the end of the test.
func start(t testing.TB, where ...string) *served {
	t.Helper()
	return startWith(t, host.Options{}, where...)
}

// startWith is start with options.
func startWith(t testing.TB, o host.Options, where ...string) *served {
	t.Helper()
	c := &cli{t: t, where: where}
	s := &served{t: t, token: c.token("operator")}
	ctx, cancel := context.WithCancel(context.Background())
	up := make(chan string, 1)
	var log lockedBuffer
	h := host.Host{Home: homeOf(where, func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }), Clock: time.Now, Version: "test"}
	h.Err, h.Log = &log, slog.New(slog.NewTextHandler(&log, nil))
	ended := make(chan error, 1)
	go func() {
		o.Listen, o.Started = server.Listen{Address: "127.0.0.1:0"}, func(url, _ string) { up <- url }
		ended <- h.Serve(ctx, o)
	}()
	select {
	case s.url = <-up:
	case err := <-ended:
		t.Fatalf("the server did not start: %v", err)
	}
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if t.Failed() {
			t.Logf("its log:\n%s", tail(log.String(), 4000))
		}
	})
	return s
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// lockedBuffer is written by many.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// token makes one at the command line and returns its secret.
func (c *cli) token(role string, more ...string) string {
	c.t.Helper()
	d := read[api.TokenDetail](c, append([]string{"token", "create", "--name", "t-" + role, "--role", role, "--expires", "1d"}, more...)...)
	return d.Secret
}

// ask sends one request and returns status, headers and body.
func (s *served) ask(method, path, body string, headers ...string) (int, http.Header, string) {
	s.t.Helper()
	code, h, text, err := s.try(method, path, body, headers...)
	if err != nil {
		s.t.Fatal(err)
	}
	return code, h, text
}

func (s *served) try(method, path, body string, headers ...string) (int, http.Header, string, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Authorization" && headers[i+1] == "" {
			req.Header.Del("Authorization")
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(text), err
}

// want asks, and wants a status and a document.
func want[T any](s *served, code int, method, path, body string, headers ...string) (doc T) {
	s.t.Helper()
	got, _, text := s.ask(method, path, body, headers...)
	if got != code {
		s.t.Fatalf("%s %s: %d, want %d\n%s", method, path, got, code, text)
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, text)
	}
	return doc
}

// computed waits until a receipt is.
func (s *served) computed(r api.ReceiptStatus) api.ReceiptStatus {
	s.t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if got := want[api.ReceiptStatus](s, 200, "GET", r.URL, ""); got.State == "computed" {
			return got
		}
	}
	s.t.Fatalf("the receipt %s was not computed in time", r.ID)
	return r
}

// What comes in over HTTP opens and closes exposures, and its receipt says so.
func TestEvidenceOverHTTP(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	s := start(t, c.where...)
	for artifact, body := range map[string]string{weakImg: weakSBOM, mendedImg: mendedBOM} {
		code, h, text := s.ask("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
		if code != 202 || !strings.HasPrefix(h.Get("Location"), "/api/v1/receipts/") {
			t.Fatalf("%d, Location %q\n%s", code, h.Get("Location"), text)
		}
	}
	deploy := func(image string) api.ReceiptStatus {
		r := want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", record("shop", image, ""))
		if r.State != "stored" || r.Opened != nil {
			t.Errorf("at first it is %s, opened %v", r.State, r.Opened)
		}
		return s.computed(r)
	}
	r := deploy(weakImg)
	if r.Opened == nil || r.Opened.Count != 1 || r.Closed.Count != 0 && !strings.HasPrefix(r.Closed.Query, "id:") {
		t.Fatalf("opened %+v, closed %+v", r.Opened, r.Closed)
	}
	list := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?q="+r.Opened.Query, "")
	if list.Total != 1 || list.Items[0].Service != "shop" {
		t.Errorf("the link lists %+v", list.Items)
	}
	if r = deploy(mendedImg); r.Closed == nil || r.Closed.Count != 1 {
		t.Errorf("after the fix: opened %+v, closed %+v", r.Opened, r.Closed)
	}
	run := want[api.FirstRun](s, 200, "GET", "/api/v1/first-run", "")
	for _, step := range run.Steps {
		if step.Done != (step.Step != "scope") {
			t.Errorf("first run: %+v", step)
		}
	}
	if all := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts?limit=3", ""); all.Total != 4 || len(all.Items) != 3 || all.Next == nil {
		t.Errorf("receipts: %d, %d, %v", all.Total, len(all.Items), all.Next)
	}
}

// A document that cannot be read is refused at once, and leaves no trace.
func TestBadEvidenceStoresNothing(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	for _, x := range []struct{ path, body string }{
		{"sboms", `{"bomFormat":"CycloneDX"`},
		{"sboms?artifact=shop:1", `not a document`},
		{"deployments?environment=prod", "kind: ["},
		{"deployments", `[{"service":"x"}]`},
		{"deployments?every=never", record("shop", weakImg, "")},
		{"deployments?environment=(none)", record("shop", weakImg, "")},
	} {
		code, h, text := s.ask("POST", "/api/v1/evidence/"+x.path, x.body)
		if code != 422 || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s\n%s", x.path, x.body, code, h.Get("Content-Type"), text)
		}
	}
	if all := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts", ""); all.Total != 0 {
		t.Errorf("%d receipts", all.Total)
	}
	if all := want[api.List[api.Source]](s, 200, "GET", "/api/v1/sources", ""); all.Total != 0 {
		t.Errorf("%d sources", all.Total)
	}
}

// A source appends in its own name only, and reads nothing but its receipts.
func TestASourceHasOneName(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	own := "Bearer " + c.token("source", "--source", "c1")
	s := start(t, c.where...)
	post := "/api/v1/evidence/deployments"
	r := want[api.ReceiptStatus](s, 202, "POST", post, record("shop", weakImg, ""), "Authorization", own)
	if got := r.Receipts[0].Snapshots[0].Source; got != "c1" {
		t.Errorf("it was stored as of %q", got)
	}
	other := want[api.ReceiptStatus](s, 202, "POST", post+"?source=c2", record("shop", weakImg, ""))
	for _, x := range []struct {
		method, path, body string
		code               int
	}{
		{"GET", r.URL, "", 200},
		{"GET", other.URL, "", 404},
		{"POST", post + "?source=c2", record("shop", weakImg, ""), 403},
		{"POST", "/api/v1/evidence/sboms", weakSBOM, 202}, // about an artifact, not about what a source has seen,
		{"GET", "/api/v1/exposures", "", 403},
		{"GET", "/metrics", "", 403},
		{"GET", "/api/v1/events", "", 403},
	} {
		if code, _, text := s.ask(x.method, x.path, x.body, "Authorization", own); code != x.code {
			t.Errorf("%s %s: %d, want %d\n%s", x.method, x.path, code, x.code, text)
		}
	}
}

// The same key gives the same answer, and does nothing twice; also when many
// come at once.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	const path = "/api/v1/evidence/deployments?source=c1"
	var mu sync.Mutex
	ids := map[string]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			code, _, text, err := s.try("POST", path, record("shop", weakImg, ""), "Idempotency-Key", "k1")
			var r api.ReceiptStatus
			if err != nil || code != 202 || json.Unmarshal([]byte(text), &r) != nil {
				t.Errorf("%v %d %s", err, code, text)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[r.ID]++
		})
	}
	all.Wait()
	if len(ids) != 1 {
		t.Errorf("one key has %d receipts: %v", len(ids), ids)
	}
	if code, _, _ := s.ask("POST", path, record("other", weakImg, ""), "Idempotency-Key", "k1"); code != 409 {
		t.Errorf("another body: %d, want 409", code)
	}
	if code, _, _ := s.ask("POST", path, "nonsense", "Idempotency-Key", "k2"); code != 422 {
		t.Errorf("nonsense: %d", code)
	}
	if code, _, _ := s.ask("POST", path, record("shop", weakImg, ""), "Idempotency-Key", "k2"); code != 202 {
		t.Errorf("a key whose request failed may be tried again: %d", code)
	}
}

// Answers that come from the streams have a tag that lasts until something moves.
func TestTags(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	const path = "/api/v1/workloads"
	tag := func() string {
		_, h, _ := s.ask("GET", path, "")
		return h.Get("ETag")
	}
	before := tag()
	code, _, body := s.ask("GET", path, "", "If-None-Match", before)
	if again := tag(); before == "" || again == before && (code != 304 || body != "") {
		t.Errorf("tag %q: %d %q", before, code, body)
	}
	s.computed(want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", record("shop", weakImg, "")))
	if code, _, _ := s.ask("GET", path, "", "If-None-Match", before); code != 200 {
		t.Errorf("after evidence: %d", code)
	}
	if _, h, _ := s.ask("GET", "/api/v1/receipts", ""); h.Get("ETag") != "" {
		t.Errorf("receipts have the tag %q", h.Get("ETag"))
	}
}

// Health says what is so to everybody; numbers are for those who may read.
func TestHealthAndNumbers(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		code, _, text := s.ask("GET", "/readyz", "", "Authorization", "")
		if code == 200 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("not ready: %d %s", code, text)
		}
	}
	for path, code := range map[string]int{"/healthz": 200, "/": 200, "/exposures/EXP-1": 200, "/assets/none.js": 404, "/metrics": 401, "/api/v1/none": 401, "/api/v1/exposures": 401} {
		if got, _, _ := s.ask("GET", path, "", "Authorization", ""); got != code {
			t.Errorf("GET %s as nobody: %d, want %d", path, got, code)
		}
	}
	if code, _, text := s.ask("GET", "/metrics", ""); code != 200 || !strings.Contains(text, `tidemark_http_requests_total{route="GET /readyz"`) {
		t.Errorf("metrics: %d\n%s", code, text)
	}
}

// While it serves, the server is the only writer; when it stops, it lets go.
func TestAServerHoldsTheFolder(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	s := start(t, c.where...)
	c.run(0, "exposures", "list")
	start := time.Now()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it stopped after %s", took)
	}
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
}

// Text from outside is told as it is in JSON and stays out of headers.
func TestHostileTitles(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	name := "<script>alert(1)</script>🔥ש"
	body, err := json.Marshal([]map[string]any{{"service": name, "environment": "prod", "artifact": weakImg, "replicas": 1}})
	if err != nil {
		t.Fatal(err)
	}
	s.computed(want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", string(body)))
	list := want[api.List[api.Workload]](s, 200, "GET", "/api/v1/workloads", "")
	if len(list.Items) != 1 || list.Items[0].Service != name {
		t.Errorf("%+v", list.Items)
	}
	code, h, _ := s.ask("GET", "/api/v1/exposures/%0d%0aSet-Cookie:x=1", "")
	if code < 400 || h.Get("Set-Cookie") != "" {
		t.Errorf("%d, Set-Cookie %q", code, h.Get("Set-Cookie"))
	}
	long := fmt.Sprintf(`[{"service":%q,"environment":"prod","artifact":%q,"replicas":1}]`, strings.Repeat("é", 5000), weakImg)
	if code, _, text := s.ask("POST", "/api/v1/evidence/deployments?source=c1", long); code != 422 && code != 202 {
		t.Errorf("5,000 characters: %d %s", code, text)
	}
}
