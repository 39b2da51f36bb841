package api_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/api"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

func read(t testing.TB, body string) discover.Reading {
	t.Helper()
	got, err := api.Read(t.Context(), discover.DocumentInput{Service: "shop", Body: []byte(body)}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// operations are those of a reading, as "METHOD route: answer, why".
func operations(t testing.TB, r discover.Reading) map[string]twin.Operation {
	t.Helper()
	out := map[string]twin.Operation{}
	for _, thing := range r.Told[0].Things {
		if thing.Kind != twin.KindOperation {
			continue
		}
		var op twin.Operation
		if err := json.Unmarshal(thing.Spec, &op); err != nil {
			t.Fatal(err)
		}
		if want := twin.OperationName(op.Service, op.Method, op.Route); thing.Name != want {
			t.Errorf("an operation is called %q, want %q", thing.Name, want)
		}
		out[op.Method+" "+op.Route] = op
	}
	return out
}

func theAPI(t testing.TB, r discover.Reading) twin.API {
	t.Helper()
	things := r.Told[0].Things
	last := things[len(things)-1]
	var out twin.API
	if err := json.Unmarshal(last.Spec, &out); err != nil || last.Kind != twin.KindAPI {
		t.Fatalf("the last thing is %s: %v", last.Kind, err)
	}
	return out
}

const shop = `
openapi: 3.1.0
info: {title: Shop, version: "2.0"}
servers:
- url: https://user:secret@{host}/v1?x=1#y
  variables: {host: {default: shop.example.com}}
security:
- bearer: []
components:
  securitySchemes:
    bearer: {type: http, scheme: Bearer}
    key: {type: apiKey, in: header, name: X-Key}
    login: {type: oauth2, flows: {implicit: {}, authorizationCode: {}}}
  pathItems:
    both:
      get: {operationId: getBoth, security: [{key: []}, {bearer: [], login: [a]}]}
paths:
  /orders/{id}:
    parameters: [{name: id, in: path}]
    get: {operationId: getOrder}
    delete: {security: []}
    post: {security: [{}, {bearer: []}], deprecated: true}
    put: {security: [{missing: []}]}
    x-note: 1
  /both: {$ref: "#/components/pathItems/both"}
  /copy: {$ref: "#/paths/~1both"}
  /far: {$ref: "https://evil.example.com/doc.yaml#/paths/x"}
  /loop: {$ref: "#/paths/~1loop"}
  /own: {servers: [{url: /}], get: {security: [{bearer: []}]}}
  /bad: {get: {security: nothing}}
  no-slash: {get: {}}
  x-internal: {}
webhooks:
  paid: {post: {}}
`

func TestReadResolvesSecurity(t *testing.T) {
	t.Parallel()
	r := read(t, shop)
	got := map[string]string{}
	for name, op := range operations(t, r) {
		got[name] = string(op.Authenticated) + ": " + op.Why
	}
	want := map[string]string{
		"GET /v1/orders/{id}":    "yes: the security of the document needs bearer",
		"DELETE /v1/orders/{id}": "no: the security of the operation is an empty list",
		"POST /v1/orders/{id}":   "no: the security of the operation is optional: one of its alternatives is empty",
		"PUT /v1/orders/{id}":    "unknown: the security of the operation names missing, which the document does not define",
		"GET /v1/both":           "yes: the security of the operation needs bearer + login or key",
		"GET /v1/copy":           "yes: the security of the operation needs bearer + login or key",
		"GET /own":               "yes: the security of the operation needs bearer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantAPI := twin.API{
		Service: "shop", Title: "Shop", Version: "2.0", Format: "OpenAPI 3.1.0", Servers: []string{"https://shop.example.com/v1"},
		Schemes:    []twin.Scheme{{Name: "bearer", Type: "http", Detail: "bearer"}, {Name: "key", Type: "apiKey", Detail: "in header X-Key"}, {Name: "login", Type: "oauth2", Detail: "authorizationCode, implicit"}},
		Operations: 7, Hash: twin.HashBytes([]byte(shop)),
	}
	if diff := cmp.Diff(wantAPI, theAPI(t, r)); diff != "" {
		t.Error(diff)
	}
	told := r.Told[0]
	if told.Source != "openapi" || told.Scope != "shop/Shop" || !told.Complete || told.Class != twin.Declared {
		t.Errorf("told %+v", told)
	}
}

func TestReadListsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	r := read(t, shop)
	want := []twin.Rejection{{Where: "GET /bad", Reason: "field \"security\" is a string"}, {Where: "path no-slash", Reason: "a route begins with / and holds what can be shown"}}
	if diff := cmp.Diff(want, r.Rejected); diff != "" {
		t.Error(diff)
	}
	want = []twin.Rejection{
		{Where: "path /far", Reason: "it refers to another document, which is not read: https://evil.example.com/doc.yaml#/paths/x"},
		{Where: "path /loop", Reason: "more than 8 references, one leading to the next"},
	}
	if diff := cmp.Diff(want, r.Ignored); diff != "" {
		t.Error(diff)
	}
	if len(r.Notes) != 1 || r.Notes[0].Where != "webhooks" {
		t.Errorf("notes %v", r.Notes)
	}
}

func TestReadWithoutSecurity(t *testing.T) {
	t.Parallel()
	ops := operations(t, read(t, `{"openapi":"3.0.3","info":{"title":"x","version":"1"},"paths":{"/":{"get":{}}}}`))
	if op := ops["GET /"]; op.Authenticated != twin.AnswerUnknown {
		t.Errorf("a document that says nothing of security: %+v", op)
	}
	ops = operations(t, read(t, `{"openapi":"3.0.3","info":{},"components":{"securitySchemes":{"b":{"type":"http","scheme":"basic"}}},"paths":{"/":{"get":{}}}}`))
	if op := ops["GET /"]; op.Authenticated != twin.AnswerNo || op.Why != "no security is required, though the document defines b" {
		t.Errorf("a document that defines a scheme and does not use it: %+v", op)
	}
}

func TestReadIsBoundToWorkload(t *testing.T) {
	t.Parallel()
	in := discover.DocumentInput{Service: "shop", Environment: "prod/shop", Source: "team", Body: []byte(shop)}
	r, err := api.Read(t.Context(), in, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	things := r.Told[0].Things
	want := []twin.Link{{Rel: twin.RelExposes, To: twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: "shop"}}}
	if diff := cmp.Diff(want, things[len(things)-1].Links); diff != "" || r.Told[0].Source != "team" {
		t.Errorf("source %q, links:\n%s", r.Told[0].Source, diff)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	deep := `{"openapi":"3.0.0","x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`
	for name, body := range map[string]string{
		"nothing":        "",
		"another format": `{"asyncapi":"3.0.0"}`,
		"a list":         "[1]",
		"two documents":  "openapi: 3.0.0\n---\nopenapi: 3.0.0\n",
		"a key twice":    `{"openapi":"3.0.0","openapi":"3.1.0"}`,
		"too deep":       deep,
		"paths a list":   `{"openapi":"3.0.0","paths":[]}`,
		"broken":         `{"openapi":"3.0.0"`,
	} {
		_, err := api.Read(t.Context(), discover.DocumentInput{Service: "shop", Body: []byte(body)}, time.Time{})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, service := range []string{"", "a\x1b[31m", " a"} {
		_, err := api.Read(t.Context(), discover.DocumentInput{Service: service, Body: []byte(shop)}, time.Time{})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("service %q: got %v", service, err)
		}
	}
}

// TestReadOwnDocument reads the document of our own interface, which says of
// nearly every operation that a session or a token is needed.
func TestReadOwnDocument(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(filepath.Join(realdata.Root(t), "docs", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, string(body))
	answers := map[twin.Answer]int{}
	for _, op := range operations(t, r) {
		answers[op.Authenticated]++
	}
	open := strings.Count(string(body), `"operationId"`) - strings.Count(string(body), `"security": [`)
	if answers[twin.AnswerYes] < 60 || answers[twin.AnswerNo] != open || answers[twin.AnswerUnknown] != 0 {
		t.Errorf("answers %v, want all yes but the %d that need none", answers, open)
	}
	if len(r.Rejected)+len(r.Ignored) > 0 {
		t.Errorf("left out: %v %v", r.Rejected, r.Ignored)
	}
}

func TestReadBookinfo(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(realdata.Dir(t, "products", "istio-bookinfo", "swagger.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, string(body))
	got := map[string]twin.Answer{}
	for name, op := range operations(t, r) {
		got[name] = op.Authenticated
	}
	want := map[string]twin.Answer{
		"GET /api/v1/products": "unknown", "GET /api/v1/products/{id}": "unknown",
		"GET /api/v1/products/{id}/reviews": "unknown", "GET /api/v1/products/{id}/ratings": "unknown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if a := theAPI(t, r); a.Title != "BookInfo API" || a.Format != "Swagger 2.0" || !cmp.Equal(a.Servers, []string{"/api/v1"}) {
		t.Errorf("got %+v", a)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte(`{"swagger":"2.0","host":"h","basePath":"/b","securityDefinitions":{"k":{"type":"apiKey"}},"paths":{"/x":{"get":{"security":[{"k":[]}]}}}}`))
	f.Add([]byte(`{"openapi":"3.2.0","paths":{"/x":{"query":{},"additionalOperations":{"COPY":{}}},"/y":{"$ref":"#/paths/~1x"}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in := discover.DocumentInput{Service: "shop", Body: body}
		one, err := api.Read(t.Context(), in, time.Time{})
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("the error is %v, of kind %v", err, fault.KindOf(err))
			}
			return
		}
		two, err := api.Read(t.Context(), in, time.Time{})
		if diff := cmp.Diff(one, two); err != nil || diff != "" {
			t.Errorf("read again, it says another thing: %v\n%s", err, diff)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	body, err := os.ReadFile(filepath.Join(realdata.Root(b), "docs", "openapi.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		read(b, string(body))
	}
}
