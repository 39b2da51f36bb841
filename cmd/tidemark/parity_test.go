package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

// tried is a command line that gives the same document in process and through a
// server; stdin is what it reads.
type tried struct {
	line  []string
	stdin string
}

// apart are the commands without such a pair, and why.
var apart = map[string]string{
	"serve": "is the server", "demo": "is a server of its own", "version": "is about this program", "exit-codes": "is a page of help",
	"scan": "reads files and keeps nothing", "intel compile": "reads files and keeps nothing", "intel bundle": "has the key of this machine",
	"login": "is about a server only: TestLogin", "logout": "is about a server only: TestLogin",
	"webhook add": "makes a random id: TestWebhooks", "webhook remove": "needs it: TestWebhooks", "webhook test": "needs it: TestWebhooks",
	"connect kube": "starts the agent of a cluster: cmd/tidemark/connect/kube", "twin reach": "needs manifests of pods: cmd/tidemark/paths",
	"compact": "prints on standard error only: TestUpkeepThroughAServer", "help": "is cobra's", "completion": "is cobra's",
}

const parityBuild = `{"schema":"tidemark.build/v1","system":"ours","run":"17","repository":"https://example.com/acme/shop","commit":"c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00","branch":"main","status":"succeeded","finished":"2026-02-03T04:05:06Z"}`

const parityStatement = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"shop","digest":{"sha256":"` +
	"1111111111111111111111111111111111111111111111111111111111111111" + `"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"buildType":"https://example.com/b/v1","externalParameters":{}},"runDetails":{"builder":{"id":"https://example.com/builder"}}}}`

const parityScope = `schema: tidemark.scope/v1
owners:
  - {name: team-a}
products:
  - {name: shopping, title: Shopping, owner: team-a, tier: 1}
services:
  - {name: shop, products: [shopping], owner: team-a}
`

// everyCommand is every command of the tree, in an order in which each has what
// it needs.
func everyCommand(t *testing.T, c *cli) []tried {
	t.Helper()
	exp := c.only("svc:shop env:prod").ID
	act := read[api.List[api.Action]](c, "actions", "list", "-q", "svc:shop").Items[0].ID
	feeds, sbom := smallIntel(t), file(t, "again.json", mendedBOM)
	lines := []tried{}
	hub, lab := forges(t)
	for _, l := range [][]string{
		{"scope", "apply", file(t, "scope.yaml", parityScope)},
		{"scope", "show"},
		{"scope", "history"},
		{"exposures", "list"},
		{"exposures", "show", exp},
		{"exposures", "explain", exp},
		{"explain", exp},
		{"exposures", "decide", exp, "act", "--reason", "it is ours"},
		{"exposures", "assign", exp, "team-b", "--reason", "they know it"},
		{"exposures", "undo", exp},
		{"exposures", "show", exp},
		{"actions", "list"},
		{"actions", "show", act},
		{"actions", "accept", act},
		{"actions", "start", act},
		{"actions", "block", act, "--reason", "no window"},
		{"actions", "assign", act, "team-c"},
		{"actions", "reject", act, "--reason", "no"},
		{"affected", "CVE-2026-0001"},
		{"gate", "--sbom", sbom, "--intel", feeds},
		{"gate", "--image", weakDigest, "--environment", "prod"},
		{"measure", "funnel"},
		{"measure", "trend", "--days", "3"},
		{"measure", "coverage"},
		{"twin", "get", "workloads"},
		{"twin", "get", "artifacts"},
		{"twin", "get", "components"},
		{"twin", "get", "services"},
		{"twin", "get", "sources"},
		{"twin", "get", "products"},
		{"twin", "get", "endpoints"},
		{"twin", "get", "identities"},
		{"twin", "get", "things"},
		{"twin", "get", "kinds"},
		{"twin", "show", "Workload", "shop", "--scope", "prod"},
		{"twin", "tree"},
		{"twin", "diff", "--from", "2026-01-01"},
		{"twin", "coverage"},
		{"twin", "own", "shop"},
		{"twin", "chain", "shop"},
		{"twin", "drift"},
		{"twin", "sbom", weakDigest},
		{"twin", "doors"},
		{"twin", "access"},
		{"twin", "facts"},
		{"intel", "update", "--from", feeds},
		{"intel", "status"},
		{"intel", "events"},
		{"ingest", "sbom", sbom},
		{"ingest", "deploy", file(t, "none.json", `[]`), "--source", "t", "--environment", "dev"},
		{"ingest", "detections", file(t, "falco.json", `{"priority":"Notice","rule":"a shell","time":"2026-08-01T10:00:00Z","output_fields":{"container.image.repository":"shop"}}`)},
		{"ingest", "forge", file(t, "forge.json", `{"schema":"tidemark.forge/v1","forge":"github","host":"github.com","group":"old","at":"2026-01-01T00:00:00Z","complete":true,"repositories":[]}`)},
		hub,
		lab,
		{"ingest", "attestation", file(t, "statement.json", parityStatement)},
		{"ingest", "ci", file(t, "build.json", parityBuild)},
		{"ingest", "openapi", file(t, "api.json", `{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"paths":{"/orders":{"get":{"responses":{"200":{"description":"ok"}}}}}}`), "--service", "shop"},
		{"ingest", "services", file(t, "saas.json", `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"shop","version":"1"}},"services":[{"bom-ref":"m","name":"mail","endpoints":["https://mail.example.com"]}]}`)},
		{"ingest", "flows", file(t, "flows.csv", "from,to,protocol,port\nshop,postgresql://orders.example.com/orders,postgresql,5432\n"), "--environment", "prod", "--source", "seen"},
		{"twin", "flows"},
		{"user", "create", "ann", "--role", "viewer", "--invite"},
		{"user", "list"},
		{"user", "disable", "ann"},
		{"user", "enable", "ann"},
		{"token", "create", "--role", "source", "--source", "ci", "--expires", "90d"},
		{"token", "list"},
		{"webhook", "list"},
		{"audit", "list", "--verb", "actions", "--object", act, "--limit", "1"},
		{"audit", "verify"},
		{"doctor"},
	} {
		lines = append(lines, tried{line: l})
	}
	return append(lines, tried{[]string{"user", "passwd", "ann", "--password-stdin"}, "a long enough password 7\n"})
}

// leaves are the commands that do something, by their path.
func leaves(c *cobra.Command, path string) []string {
	if !c.HasSubCommands() {
		return []string{path}
	}
	var out []string
	for _, sub := range c.Commands() {
		out = append(out, leaves(sub, strings.TrimSpace(path+" "+sub.Name()))...)
	}
	return out
}

// TestEveryCommandThroughAServer runs every command of the tree in process and
// through a server, on equal stores, and compares what they print. A new command
// is in the table, or among those apart with its reason.
func TestEveryCommandThroughAServer(t *testing.T) {
	t.Parallel()
	world := func() *cli {
		c := smallWorld(t)
		c.now = on(11, 0)
		c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, `,"doors":[{"address":"shop:443","public":true}]`)), "--source", "s")
		c.typing(0, "a long enough password 7\n", "user", "create", "boss", "--role", "admin", "--password-stdin")
		c.token("admin")
		c.now = on(12, 0)
		return c
	}
	near, c := world(), world()
	f := serving(t, c)
	delete(f.env, "TIDEMARK_TOKEN")
	if code, _, errs := f.ask("a long enough password 7\n", "login", "--name", "boss", "--password-stdin"); code != 0 {
		t.Fatalf("login: exit %d\n%s", code, errs)
	}
	near.token("admin") // as many as there
	near.token("admin")
	table := everyCommand(t, near)
	covered := map[string]bool{}
	for _, x := range append(table, waiting(t, near)...) {
		here, _ := near.with(x.stdin, x.line...)
		code, there, errs := f.ask(x.stdin, append(slices.Clone(x.line), "-o", "json")...)
		if code != here.code {
			t.Errorf("%q: exit %d in process, %d through the server\n%s%s%s", x.line, here.code, code, here.out, there, errs)
			continue
		}
		if d := cmp.Diff(alike(t, here.out), alike(t, there)); d != "" {
			t.Errorf("%q (-in process +through the server):\n%s", x.line, d)
		}
		covered[strings.Join(x.line[:min(2, len(x.line))], " ")], covered[x.line[0]] = true, true
		covered[strings.Join(x.line[:min(3, len(x.line))], " ")] = true
	}
	for _, path := range leaves((&app{&command.App{}}).root(), "") {
		if !covered[path] && apart[path] == "" {
			t.Errorf("tidemark %s is neither tried through a server nor among those apart", path)
		}
	}
}

// waiting are the commands whose ids only exist here: what is revoked, and what
// waits for another person's word.
func waiting(t *testing.T, c *cli) []tried {
	t.Helper()
	exp := c.only("svc:shop env:prod").ID
	var lines []tried
	for _, l := range [][]string{{"exposures", "approve", exp}, {"exposures", "reject", exp}, {"token", "revoke", "TOK-NONE"}} {
		lines = append(lines, tried{line: l}) // nothing waits, and there is no such token: the same refusal
	}
	return lines
}

type ran struct {
	code int
	out  string
}

// alike is a document without what differs by nature: times, ids and secrets
// that are made by chance, who asked, and how the same error is worded.
func alike(t *testing.T, text string) any {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	doc = without(doc)
	if list, ok := doc.(map[string]any); ok && list["schema"] == api.SchemaTokens {
		slices.SortFunc(list["items"].([]any), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) // by ids of chance
	}
	return doc
}

var byNature = []string{
	"as_of", "computed", "next", "at", "by", "id", "secret", "prefix", "code", "code_expires", "created_at", "created_by", "expires", "last_used", "last_seen",
	"actor", "request_id", "detail", "head", "entries", "message", "seq", "loaded_at", "changed_at", "total", "before", "after", "outcome", "name",
	"decided_by", "origin", "reason", "revision", "hint", "input", "artifact", "unchanged", "changed", "owner_rule", "personal", "user", "set_by", "since", "recorded_from",
}

func without(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if slices.Contains(byNature, key) {
				delete(v, key)
				continue
			}
			v[key] = without(v[key])
		}
	case []any:
		for i := range v {
			v[i] = without(v[i])
		}
	}
	return v
}

// TestLogin signs in with a password, keeps the token for its owner alone, uses
// it, and revokes it on the way out.
func TestLogin(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = time.Now().UTC().Truncate(time.Second)
	c.typing(0, "a long enough password 7\n", "user", "create", "ann", "--role", "viewer", "--password-stdin")
	f := serving(t, c)
	delete(f.env, "TIDEMARK_TOKEN")
	if code, _, errs := f.ask("wrong password here\n", "login", "--name", "ann", "--password-stdin"); code != command.ExitForbidden {
		t.Fatalf("a wrong password: exit %d\n%s", code, errs)
	}
	if code, out, errs := f.ask("a long enough password 7\n", "login", "--name", "ann", "--password-stdin"); code != 0 || !strings.Contains(errs, "as ann (viewer)") {
		t.Fatalf("login: exit %d\n%s%s", code, out, errs)
	}
	saved := filepath.Join(f.home, "tidemark", "servers.json")
	info, err := os.Stat(saved)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the token: %v, %v", info, err)
	}
	if code, _, errs := f.ask("", "exposures", "list"); code != 0 {
		t.Errorf("signed in: exit %d\n%s", code, errs)
	}
	tokens := read[api.List[api.Token]](c, "token", "list")
	own := slices.IndexFunc(tokens.Items, func(k api.Token) bool { return k.User == "ann" && k.State == "active" })
	if own < 0 {
		t.Fatalf("no token of theirs: %+v", tokens.Items)
	}
	if code, _, errs := f.ask("", "logout"); code != 0 || !strings.Contains(errs, "revoked and forgotten") {
		t.Errorf("logout: exit %d\n%s", code, errs)
	}
	if code, _, _ := f.ask("", "exposures", "list"); code != command.ExitForbidden {
		t.Errorf("signed out: exit %d", code)
	}
	for _, k := range read[api.List[api.Token]](c, "token", "list").Items {
		if k.ID == tokens.Items[own].ID && k.State != "revoked" {
			t.Errorf("the token is %s after logout", k.State)
		}
	}
}
