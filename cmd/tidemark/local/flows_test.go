package local

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/realdata"
)

// deployed is a session in which manifests of a real product are declared.
func deployed(t *testing.T, now time.Time, elem ...string) *Session {
	t.Helper()
	s := opened(t, now)
	in := discover.DeployInput{Paths: []string{realdata.Dir(t, append([]string{"products"}, elem...)...)}, Environment: "prod"}
	if _, err := s.Ingest().IngestDeploy(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// edges are those of a document, as "FROM > TO: how protocols data".
func edges(out api.Flows) []string {
	var list []string
	for _, e := range out.Items {
		name := func(e api.FlowEnd) string {
			if e.Kind == "Workload" {
				return e.Name
			}
			return e.Kind + " " + e.Name
		}
		line := fmt.Sprintf("%s > %s: %s %s", name(e.From), name(e.To), e.How, strings.Join(e.Protocols, ","))
		if len(e.Data) > 0 {
			line += " " + strings.Join(e.Data, ",")
		}
		list = append(list, line)
	}
	return list
}

func flowsOf(t *testing.T, s *Session, ask api.FlowAsk) api.Flows {
	t.Helper()
	out, err := s.Desk().Flows(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var march = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestInferredFlowsOfProducts reads the manifests of three shops, whose edges are
// known from their own documentation.
func TestInferredFlowsOfProducts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path []string
		want []string // these at least; all, where every is set
		all  bool
	}{
		"online-boutique": {[]string{"online-boutique", "kubernetes-manifests"}, []string{
			"cartservice > redis-cart: inferred redis/6379",
			"checkoutservice > cartservice: inferred 7070",
			"checkoutservice > currencyservice: inferred 7000",
			"checkoutservice > emailservice: inferred 5000",
			"checkoutservice > paymentservice: inferred 50051",
			"checkoutservice > productcatalogservice: inferred 3550",
			"checkoutservice > shippingservice: inferred 50051",
			"frontend > Address shoppingassistantservice: inferred 80", // an option that the manifests leave out
			"frontend > adservice: inferred 9555",
			"frontend > cartservice: inferred 7070",
			"frontend > checkoutservice: inferred 5050",
			"frontend > currencyservice: inferred 7000",
			"frontend > productcatalogservice: inferred 3550",
			"frontend > recommendationservice: inferred 8080",
			"frontend > shippingservice: inferred 50051",
			"loadgenerator > frontend: inferred 80,http/80",
			"recommendationservice > productcatalogservice: inferred 3550",
		}, true},
		"sock-shop": {[]string{"sock-shop", "deploy", "kubernetes", "complete-demo.yaml"}, []string{"user > user-db: inferred mongodb/27017"}, false},
		"bookinfo":  {[]string{"istio-bookinfo", "platform", "kube", "bookinfo-ratings-v2-mysql.yaml"}, []string{"ratings-v2-mysql > DataStore mysql://mysqldb in prod: inferred mysql/3306"}, true},
	} {
		got := edges(flowsOf(t, deployed(t, march, c.path...), api.FlowAsk{}))
		if !c.all {
			got = slices.DeleteFunc(got, func(s string) bool { return !slices.Contains(c.want, s) })
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

const cartSpans = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cartservice"}},
 {"key":"deployment.environment.name","value":{"stringValue":"prod"}}]},"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","kind":3,"endTimeUnixNano":"%d",
 "attributes":[{"key":"db.system","value":{"stringValue":"redis"}},{"key":"server.address","value":{"stringValue":"redis-cart"}},{"key":"server.port","value":{"intValue":"6379"}}]}]}]}]}`

// What is inferred is one edge with what is seen: the stronger word counts, each
// says its own, and of an earlier time only what was known of that time is told.
func TestFlowsAreSeen(t *testing.T) {
	t.Parallel()
	s := deployed(t, march, "online-boutique", "kubernetes-manifests")
	taken(t, s, "flows", fmt.Sprintf(cartSpans, march.Add(-time.Hour).UnixNano()))
	if r := taken(t, s, "flows", fmt.Sprintf(cartSpans, march.Add(-time.Hour).UnixNano())); r.Accepted != 0 {
		t.Errorf("the same spans again: %+v", r)
	}
	out := flowsOf(t, s, api.FlowAsk{Service: "cartservice"})
	want := []string{
		"cartservice > redis-cart: observed redis/6379", "checkoutservice > cartservice: inferred 7070", "frontend > cartservice: inferred 7070",
	}
	if diff := cmp.Diff(want, edges(out)); diff != "" {
		t.Error(diff)
	}
	e := out.Items[0]
	if len(e.Says) != 2 || e.Says[0].Source != "otlp" || e.Says[1].Source != "configuration" || !e.SeenAt.Equal(march.Add(-time.Hour)) || e.Freshness != "fresh" {
		t.Errorf("got %+v", e)
	}
	if r := out.Radius; r.Total != 1 || r.Items[0].Name != "redis-cart" || r.Items[0].How != "observed" {
		t.Errorf("its blast radius is %+v", r)
	}
	back := flowsOf(t, s, api.FlowAsk{Kind: "Workload", Name: "redis-cart", Scope: "prod", Back: true}).Radius
	if back.Total != 4 || back.Items[0].How != "observed" || back.Items[1].How != "inferred" {
		t.Errorf("who can get at it: %+v", back)
	}
	earlier := march.Add(-2 * time.Hour)
	if got := flowsOf(t, s, api.FlowAsk{Moment: api.Moment{AsOf: &earlier}}); got.Total != 0 {
		t.Errorf("an hour before it was seen: %q", edges(got))
	}
	later := march.Add(12 * time.Hour)
	if got := flowsOf(t, s, api.FlowAsk{Query: "how:observed", Moment: api.Moment{AsOf: &later}}); got.Total != 1 || got.Items[0].Freshness != "unknown" {
		t.Errorf("half a day after anything was seen: %+v", got.Items)
	}
}

// A document of services tells of the same parts, with the data that goes there.
func TestFlowsAreDocumented(t *testing.T) {
	t.Parallel()
	s := deployed(t, march, "online-boutique", "kubernetes-manifests")
	taken(t, s, "services", `{"bomFormat":"CycloneDX","metadata":{"component":{"bom-ref":"b","name":"boutique"}},
	 "services":[{"bom-ref":"c","name":"paymentservice"},{"bom-ref":"s","name":"Charges","provider":{"name":"Acme"},"x-trust-boundary":true,"endpoints":["https://api.acme.example.com"],"data":[{"classification":"card","flow":"inbound"}]}],
	 "dependencies":[{"ref":"c","dependsOn":["s"]}]}`)
	got := edges(flowsOf(t, s, api.FlowAsk{Service: "paymentservice"}))
	want := []string{"checkoutservice > paymentservice: inferred 50051", "paymentservice > SaaS api.acme.example.com: documented  card"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if out := flowsOf(t, s, api.FlowAsk{Service: "frontend"}); !slices.Equal(out.Radius.Data, []string{"card"}) {
		t.Errorf("what the front end can touch: %v", out.Radius.Data)
	}
	if out := flowsOf(t, s, api.FlowAsk{Service: "nobody"}); out.Total != 0 || out.Radius.Total != 0 || !strings.HasPrefix(out.Sentence, "Nothing is known") {
		t.Errorf("of nobody: %+v", out)
	}
	for _, bad := range []api.FlowAsk{{Kind: "SaaS"}, {Query: "colour:red"}} {
		if _, err := s.Desk().Flows(t.Context(), bad); err == nil {
			t.Errorf("%+v was answered", bad)
		}
	}
}

// What a document of an API says, what was seen, and what gateways let in are one
// list: undocumented and unauthenticated parts show.
func TestEndpointsAreCompared(t *testing.T) {
	t.Parallel()
	s := opened(t, march)
	manifests := filepath.Join(t.TempDir(), "m.yaml")
	if err := os.WriteFile(manifests, []byte(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec: {template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: main, image: shop:1}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in}
spec: {rules: [{host: shop.example.com, http: {paths: [{path: /orders, backend: {service: {name: shop}}}, {path: /admin, backend: {service: {name: shop}}}]}}]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ingest().IngestDeploy(t.Context(), discover.DeployInput{Paths: []string{manifests}, Environment: "prod"}); err != nil {
		t.Fatal(err)
	}
	body := "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\ncomponents: {securitySchemes: {b: {type: http, scheme: bearer}}}\npaths:\n  /orders/{id}: {get: {security: [{b: []}]}, put: {}}\n"
	r, err := s.Ingest().IngestDocument(t.Context(), discover.DocumentInput{Kind: "openapi", Name: "f", Body: []byte(body), Service: "shop"})
	if err != nil || r.Accepted != 3 {
		t.Fatal(r, err)
	}
	taken(t, s, "flows", `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"deployment.environment.name","value":{"stringValue":"prod"}}]},
	 "scopeSpans":[{"spans":[{"kind":2,"attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"http.route","value":{"stringValue":"/debug"}}]},
	 {"kind":2,"attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"http.route","value":{"stringValue":"/orders/:id"}}]}]}]}]}`)
	out, err := s.Desk().Endpoints(t.Context(), api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range out.Items {
		got = append(got, fmt.Sprintf("%s %s: documented %s, authenticated %s, %s", e.Kind, e.Address, e.Documented, e.Auth, e.Class))
	}
	want := []string{
		"door shop.example.com/admin: documented no, authenticated unknown, declared",
		"door shop.example.com/orders: documented yes, authenticated no, declared",
		"operation GET /debug: documented no, authenticated unknown, observed",
		"operation GET /orders/{id}: documented yes, authenticated yes, observed",
		"operation PUT /orders/{id}: documented yes, authenticated no, declared",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What an ordinary bill of materials says beside components is taken with it.
func TestServicesOfAnSBOM(t *testing.T) {
	t.Parallel()
	s := opened(t, march)
	body, err := os.ReadFile(realdata.Dir(t, "sboms", "cyclonedx-examples", "SaaSBOM", "apigateway-microservices-datastores", "bom.json"))
	if err != nil {
		t.Fatal(err)
	}
	for run, want := range []int{9, 0} { // the document, and what is beside
		r, err := s.Ingest().IngestSBOM(t.Context(), discover.SBOMInput{Name: "bom.json", Body: body, Artifact: "shop:1"})
		if err != nil || r.Accepted != want || len(r.Rejected) > 0 {
			t.Errorf("run %d: %+v %v", run, r, err)
		}
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := flowsOf(t, s, api.FlowAsk{Kind: "DataStore", Name: "postgresql://ms-1-pgsql.example.com", Back: true})
	if out.Total != 1 || !slices.Equal(out.Items[0].Data, []string{"PII"}) || out.Radius.Total != 3 {
		t.Errorf("got %+v", out)
	}
}
