package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
)

// operation is one operation of the description of the API.
type operation struct {
	method, path string
	query        []string
	kind         string // of the body
}

// described reads docs/openapi.json.
func described(t *testing.T) map[string]operation {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "docs", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
			RequestBody struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]operation{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			o := operation{method: strings.ToUpper(method), path: path}
			for _, p := range op.Parameters {
				if p.In == "query" {
					o.query = append(o.query, p.Name)
				}
			}
			slices.Sort(o.query)
			for kind := range op.RequestBody.Content {
				o.kind = kind
			}
			out[op.OperationID] = o
		}
	}
	return out
}

// uncalled are the operations that no method stands for, and why.
var uncalled = map[string]string{
	"followEvents":    "it stays open: the pages follow it",
	"reviewAdmission": "a cluster asks it",
	"postHook":        "a CI system sends it",
	"signIn":          "part of PersonalToken: a program has a token, not a session",
	"signOut":         "part of PersonalToken",
	"setPassword":     "of a person in a browser",
	"setPreferences":  "of a person in a browser",
}

// undescribed are the methods whose routes are not in the description yet.
var undescribed = map[string]string{}

// givenOnce are the operations whose answer holds a secret, and what agents send
// and try again themselves: they carry no key, and are not tried again.
var givenOnce = []string{"createUser", "issueCode", "createToken", "addWebhook", "postObservations"}

// calls has, for every operation, its method with every argument filled in.
func calls() map[string]func(context.Context, *Client) error {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	q := api.Query{Query: "env:prod", Sort: "-score", Limit: 7, Cursor: "c", AsOf: &at, KnownAt: &at}
	m := api.Moment{AsOf: &at, KnownAt: &at}
	tar := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("tar")), nil }
	return map[string]func(context.Context, *Client) error{
		"listExposures":      func(ctx context.Context, c *Client) error { return errOf(c.Exposures(ctx, q)) },
		"listExposureWindow": func(ctx context.Context, c *Client) error { return errOf(c.ExposureWindow(ctx, q, 3)) },
		"listFacets":         func(ctx context.Context, c *Client) error { return errOf(c.Facets(ctx, q, "svc", "env")) },
		"listGroups":         func(ctx context.Context, c *Client) error { return errOf(c.Groups(ctx, q, "fix")) },
		"getExposure":        func(ctx context.Context, c *Client) error { return errOf(c.Exposure(ctx, "an/id", m)) },
		"explainExposure":    func(ctx context.Context, c *Client) error { return errOf(c.Explain(ctx, "an/id", m)) },
		"getExposurePage":    func(ctx context.Context, c *Client) error { return errOf(c.ExposurePage(ctx, "an/id", m)) },
		"changeExposure": func(ctx context.Context, c *Client) error {
			return errOf(c.ChangeExposure(ctx, "an/id", api.ExposureChange{}))
		},
		"undoExposure": func(ctx context.Context, c *Client) error { return errOf(c.UndoExposure(ctx, "an/id", "r")) },
		"approveExposure": func(ctx context.Context, c *Client) error {
			return errOf(c.ApproveExposure(ctx, "an/id", api.Approval{}))
		},
		"getAffected": func(ctx context.Context, c *Client) error { return errOf(c.Affected(ctx, "left", q)) },
		"listActions": func(ctx context.Context, c *Client) error { return errOf(c.Actions(ctx, q)) },
		"getAction":   func(ctx context.Context, c *Client) error { return errOf(c.Action(ctx, "an/id", m)) },
		"changeAction": func(ctx context.Context, c *Client) error {
			return errOf(c.ChangeAction(ctx, "an/id", api.ActionChange{}))
		},
		"listWorkloadFacets": func(ctx context.Context, c *Client) error { return errOf(c.WorkloadFacets(ctx, q, "env")) },
		"listWorkloads":      func(ctx context.Context, c *Client) error { return errOf(c.Workloads(ctx, q)) },
		"listArtifacts":      func(ctx context.Context, c *Client) error { return errOf(c.Artifacts(ctx, q)) },
		"listComponents":     func(ctx context.Context, c *Client) error { return errOf(c.Components(ctx, q)) },
		"listServices":       func(ctx context.Context, c *Client) error { return errOf(c.Services(ctx, q)) },
		"listSources":        func(ctx context.Context, c *Client) error { return errOf(c.Sources(ctx, q)) },
		"listThings":         func(ctx context.Context, c *Client) error { return errOf(c.Things(ctx, q)) },
		"listKinds":          func(ctx context.Context, c *Client) error { return errOf(c.Kinds(ctx, q)) },
		"listEndpoints":      func(ctx context.Context, c *Client) error { return errOf(c.Endpoints(ctx, q)) },
		"listIdentities":     func(ctx context.Context, c *Client) error { return errOf(c.Identities(ctx, q)) },
		"listDoors":          func(ctx context.Context, c *Client) error { return errOf(c.Doors(ctx, "front", q)) },
		"listAccess":         func(ctx context.Context, c *Client) error { return errOf(c.Access(ctx, "shop/cart", q)) },
		"listFacts":          func(ctx context.Context, c *Client) error { return errOf(c.Facts(ctx, "front", q)) },
		"getReach": func(ctx context.Context, c *Client) error {
			return errOf(c.Reach(ctx, api.ReachAsk{From: "internet", To: "shop/front", Port: "80", Environment: "prod", Moment: m}))
		},
		"getTree":         func(ctx context.Context, c *Client) error { return errOf(c.Tree(ctx, "shop", q)) },
		"getDiff":         func(ctx context.Context, c *Client) error { return errOf(c.Diff(ctx, at, q)) },
		"getTwinCoverage": func(ctx context.Context, c *Client) error { return errOf(c.TwinCoverage(ctx, m)) },
		"getOwnership":    func(ctx context.Context, c *Client) error { return errOf(c.Ownership(ctx, "cart", "prod", m)) },
		"getChain":        func(ctx context.Context, c *Client) error { return errOf(c.Chain(ctx, "cart", m)) },
		"listDrift":       func(ctx context.Context, c *Client) error { return errOf(c.Drift(ctx, q)) },
		"getFlows": func(ctx context.Context, c *Client) error {
			return errOf(c.Flows(ctx, api.FlowAsk{Service: "s", Kind: "SaaS", Name: "an/id", Scope: "prod", Back: true, Query: "how:observed", Limit: 7, Moment: m}))
		},
		"getThing": func(ctx context.Context, c *Client) error {
			return errOf(c.Thing(ctx, api.ThingRef{Kind: "Service", Scope: "prod", Name: "an/id"}, m))
		},
		"getSBOM":      func(ctx context.Context, c *Client) error { return errOf(c.SBOM(ctx, "an/id", m)) },
		"getMatrix":    func(ctx context.Context, c *Client) error { return errOf(c.Matrix(ctx, q)) },
		"listProducts": func(ctx context.Context, c *Client) error { return errOf(c.Products(ctx, q)) },
		"getProduct":   func(ctx context.Context, c *Client) error { return errOf(c.Product(ctx, "an/id", m)) },
		"getOverview":  func(ctx context.Context, c *Client) error { return errOf(c.Overview(ctx, q)) },
		"getFunnel":    func(ctx context.Context, c *Client) error { return errOf(c.Funnel(ctx, m)) },
		"getTrend":     func(ctx context.Context, c *Client) error { return errOf(c.Trend(ctx, 9, m)) },
		"getCoverage":  func(ctx context.Context, c *Client) error { return errOf(c.Coverage(ctx, m)) },
		"listFeeds":    func(ctx context.Context, c *Client) error { return errOf(c.Feeds(ctx, q)) },
		"listEvents": func(ctx context.Context, c *Client) error {
			return errOf(c.Events(ctx, api.EventQuery{Kinds: []string{"a", "b"}, Subject: "s", Since: &at, Query: api.Query{Limit: 7, Cursor: "c", AsOf: &at, KnownAt: &at}}))
		},
		"listWebhooks": func(ctx context.Context, c *Client) error { return errOf(c.Webhooks(ctx)) },
		"addWebhook": func(ctx context.Context, c *Client) error {
			return errOf(c.AddWebhook(ctx, api.WebhookRequest{}))
		},
		"removeWebhook": func(ctx context.Context, c *Client) error { return errOf(c.RemoveWebhook(ctx, "an/id")) },
		"testWebhook":   func(ctx context.Context, c *Client) error { return errOf(c.TestWebhook(ctx, "an/id")) },
		"listNews":      func(ctx context.Context, c *Client) error { return errOf(c.News(ctx, q, true)) },
		"judgeImage": func(ctx context.Context, c *Client) error {
			return errOf(c.JudgeImage(ctx, api.ImageAsk{Image: "sha256:1", Environment: "e", Service: "s", FailOn: []string{"act", "kev"}}))
		},
		"search":      func(ctx context.Context, c *Client) error { return errOf(c.Search(ctx, "le")) },
		"verifyAudit": func(ctx context.Context, c *Client) error { return errOf(c.AuditVerdict(ctx)) },
		"postSBOM":    func(ctx context.Context, c *Client) error { return errOf(c.SendSBOM(ctx, "shop:1", []byte("{}"))) },
		"postDeployments": func(ctx context.Context, c *Client) error {
			return errOf(c.SendDeployments(ctx, Deployments{Environment: "e", Source: "s", At: &at, Every: time.Hour, Body: []byte("[]")}))
		},
		"postDetections": func(ctx context.Context, c *Client) error {
			return errOf(c.SendDetections(ctx, Detections{Environment: "e", Source: "s", Body: []byte("[]")}))
		},
		"postDocument": func(ctx context.Context, c *Client) error {
			return errOf(c.SendDocument(ctx, Document{Kind: "ci", Environment: "e", Source: "s", Service: "v", Body: []byte("{}")}))
		},
		"postObservations":  func(ctx context.Context, c *Client) error { return errOf(c.SendObservations(ctx, api.Observations{})) },
		"getReceipt":        func(ctx context.Context, c *Client) error { return errOf(c.Receipt(ctx, "an/id")) },
		"listReceipts":      func(ctx context.Context, c *Client) error { return errOf(c.Receipts(ctx, q)) },
		"getFirstRun":       func(ctx context.Context, c *Client) error { return errOf(c.FirstRun(ctx)) },
		"getScope":          func(ctx context.Context, c *Client) error { return errOf(c.Scope(ctx, m)) },
		"listScopeVersions": func(ctx context.Context, c *Client) error { return errOf(c.ScopeHistory(ctx, q)) },
		"applyScope":        func(ctx context.Context, c *Client) error { return errOf(c.ApplyScope(ctx, []byte("products: []"))) },
		"updateIntel":       func(ctx context.Context, c *Client) error { return errOf(c.UpdateIntel(ctx, tar, "kev")) },
		"getJob":            func(ctx context.Context, c *Client) error { return errOf(c.Job(ctx, "an/id")) },
		"getDoctor":         func(ctx context.Context, c *Client) error { return errOf(c.Doctor(ctx)) },
		"compact":           func(ctx context.Context, c *Client) error { return errOf(c.Compact(ctx, 48*time.Hour)) },
		"getDrill":          func(ctx context.Context, c *Client) error { return errOf(c.Drill(ctx)) },
		"publishDrill":      func(ctx context.Context, c *Client) error { return errOf(c.PlayDrill(ctx, "publication")) },
		"deployDrill":       func(ctx context.Context, c *Client) error { return errOf(c.PlayDrill(ctx, "deployment")) },
		"resetDrill":        func(ctx context.Context, c *Client) error { return errOf(c.PlayDrill(ctx, "reset")) },
		"listUsers":         func(ctx context.Context, c *Client) error { return errOf(c.Users(ctx, q)) },
		"createUser":        func(ctx context.Context, c *Client) error { return errOf(c.CreateUser(ctx, api.UserRequest{})) },
		"changeUser":        func(ctx context.Context, c *Client) error { return errOf(c.ChangeUser(ctx, "an/id", api.UserChange{})) },
		"issueCode":         func(ctx context.Context, c *Client) error { return errOf(c.IssueCode(ctx, "an/id")) },
		"listTokens":        func(ctx context.Context, c *Client) error { return errOf(c.Tokens(ctx, q)) },
		"createToken":       func(ctx context.Context, c *Client) error { return errOf(c.CreateToken(ctx, api.TokenRequest{})) },
		"revokeToken":       func(ctx context.Context, c *Client) error { return errOf(c.RevokeToken(ctx, "an/id")) },
		"listAudit": func(ctx context.Context, c *Client) error {
			return errOf(c.Audit(ctx, Mutations{Actor: "a", Verb: "v", Object: "o", From: &at, To: &at, Limit: 7, Cursor: "c"}))
		},
		"getSession": func(ctx context.Context, c *Client) error { return errOf(c.Session(ctx)) },
	}
}

func errOf[T any](_ T, err error) error { return err }

// unsentQuery are parameters that a method has no use for.
var unsentQuery = map[string][]string{
	"getReceipt": {"as_of", "known_at"}, // a receipt is of its own time
}

// TestEveryOperationHasItsMethod calls every method against a server that
// records, and holds what it sent against the description of the API.
func TestEveryOperationHasItsMethod(t *testing.T) {
	t.Parallel()
	ops, calls := described(t), calls()
	for id := range ops {
		if _, ok := calls[id]; !ok && uncalled[id] == "" {
			t.Errorf("no method stands for the operation %s", id)
		}
	}
	for id := range calls {
		if _, ok := ops[id]; ok == (undescribed[id] != "") {
			t.Errorf("%s: described is %v, and the list of those that are not says otherwise", id, ok)
		}
	}
	for id, send := range calls {
		op, ok := ops[id]
		if !ok {
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			got, c := recording(t)
			if err := send(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			want := regexp.MustCompile(`^` + strings.NewReplacer(`\{id\}`, `an%2Fid`, `\{name\}`, `an%2Fid`, `\{kind\}`, `Service`).Replace(regexp.QuoteMeta(op.path)) + `$`)
			if got.method != op.method || !want.MatchString(got.path) {
				t.Errorf("sent %s %s, described is %s %s", got.method, got.path, op.method, op.path)
			}
			sent := append(got.query, unsentQuery[id]...)
			slices.Sort(sent)
			if d := cmp.Diff(op.query, sent); d != "" {
				t.Errorf("the query differs from the description (-described +sent):\n%s", d)
			}
			if got.kind != op.kind {
				t.Errorf("sent a body of %q, described is %q", got.kind, op.kind)
			}
			if hasKey := got.key != ""; hasKey != (op.method != http.MethodGet && !slices.Contains(givenOnce, id)) {
				t.Errorf("%s with an idempotency key: %v", op.method, hasKey)
			}
		})
	}
}

// recorded is one request.
type recorded struct {
	operation
	key, auth string
}

// recording is a server that answers every request with an empty document.
func recording(t *testing.T) (*recorded, *Client) {
	t.Helper()
	var got recorded
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got = recorded{key: r.Header.Get("Idempotency-Key"), auth: r.Header.Get("Authorization")}
		got.method, got.path, got.kind = r.Method, r.URL.EscapedPath(), r.Header.Get("Content-Type")
		for name := range r.URL.Query() {
			got.query = append(got.query, name)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(s.Close)
	c, err := New(Config{URL: s.URL, Token: "tdm_x", HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return &got, c
}

// TestWhatIsSentIsWhatWasGiven checks values, not only names.
func TestWhatIsSentIsWhatWasGiven(t *testing.T) {
	t.Parallel()
	var url string
	var body bytes.Buffer
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		url = r.URL.RequestURI()
		body.Reset()
		_, _ = io.Copy(&body, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(s.Close)
	c, err := New(Config{URL: s.URL + "/below/", HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("x", 3600))
	cases := []struct {
		name       string
		send       func() error
		want, body string
	}{
		{
			"a_list", func() error {
				return errOf(c.Exposures(t.Context(), api.Query{Query: `svc:"a b"`, Limit: 5000, AsOf: &at}))
			},
			"/below/api/v1/exposures?as_of=2026-01-02T02%3A04%3A05.000006Z&limit=1000&q=svc%3A%22a+b%22", "",
		},
		{"all_of_it", func() error { return errOf(c.Actions(t.Context(), api.Query{})) }, "/below/api/v1/actions?limit=1000", ""},
		{
			"a_decision", func() error {
				return errOf(c.ChangeExposure(t.Context(), "EXP-1", api.ExposureChange{Decision: "act", Reason: "<b>"}))
			},
			"/below/api/v1/exposures/EXP-1", `{"decision":"act","reason":"\u003cb\u003e"}`,
		},
		{
			"deployments", func() error {
				return errOf(c.SendDeployments(t.Context(), Deployments{Environment: "prod", Every: 90 * time.Minute, Body: []byte("[]")}))
			},
			"/below/api/v1/evidence/deployments?environment=prod&every=1h30m0s", "[]",
		},
		{"compaction", func() error { return errOf(c.Compact(t.Context(), 48*time.Hour)) }, "/below/api/v1/compaction", `{"keep":"48h0m0s"}`},
	}
	for _, x := range cases {
		if err := x.send(); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		if url != x.want || body.String() != x.body {
			t.Errorf("%s: sent %s %s\nwant %s %s", x.name, url, body.String(), x.want, x.body)
		}
	}
}
