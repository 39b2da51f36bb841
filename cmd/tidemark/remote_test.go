package main

import (
	"bytes"
	"context"
	"encoding/json"
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
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/internal/server"
)

// far is a server over the store of a cli, at the same time of day.
type far struct {
	*cli
	url  string
	home string // the folder of the user's configuration
	env  map[string]string
}

func serving(t *testing.T, c *cli) *far {
	t.Helper()
	return servingOn(t, c, server.Listen{Address: "127.0.0.1:0"})
}

func servingOn(t *testing.T, c *cli, on server.Listen) *far {
	t.Helper()
	token := c.token("admin")
	h := host.Host{Home: homeOf(c.where, c.clock), Clock: time.Now, Version: version}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- h.Serve(ctx, host.Options{Listen: on, Started: func(url, _ string) { up <- url }})
	}()
	home := t.TempDir()
	f := &far{cli: c, home: home, env: map[string]string{"TIDEMARK_TOKEN": token, "XDG_CONFIG_HOME": home}}
	select {
	case f.url = <-up:
	case err := <-ended:
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return f
}

// ask runs a command line through the server.
func (f *far) ask(stdin string, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	s := command.Streams{In: strings.NewReader(stdin), Out: &o, Err: &e, Env: func(name string) string { return f.env[name] }}
	code = run(context.Background(), s, time.Now, append([]string{"--server", f.url}, args...))
	return code, o.String(), e.String()
}

// continues is where a list goes on: a word of the one who gave it.
var continues = regexp.MustCompile(`"next": "[^"]*"`)

// TestTheSameAnswersThroughAServer holds the documents of the command line in
// process against those through a server over the same store.
func TestTheSameAnswersThroughAServer(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, `,"doors":[{"address":"shop.example:443","public":true}]`)), "--source", "s")
	c.now = on(12, 0)
	f := serving(t, c)
	id := c.only("svc:shop env:prod").ID
	act := read[api.List[api.Action]](c, "actions", "list").Items[0].ID
	for _, args := range [][]string{
		{"exposures", "list"},
		{"exposures", "list", "--limit", "all"},
		{"exposures", "list", "--limit", "1", "-q", "is:open,unknown,retired"},
		{"exposures", "list", "--as-of", "2026-01-10T12:00:00Z"},
		{"exposures", "list", "--as-of", "2026-01-11T06:00:00Z", "--known-at", "2026-01-11T06:00:00Z"},
		{"exposures", "show", id},
		{"explain", id},
		{"exposures", "show", id, "--as-of", "2026-01-11T06:00:00Z"},
		{"affected", "CVE-2026-0001"},
		{"affected", "pkg:npm/left@1.2.0", "--limit", "all"},
		{"affected", "CVE-2020-1"},
		{"actions", "list"},
		{"actions", "show", act},
		{"measure", "funnel"},
		{"measure", "trend", "--days", "5"},
		{"measure", "coverage"},
		{"intel", "status"},
		{"twin", "get", "workloads"},
		{"twin", "get", "artifacts"},
		{"twin", "get", "components", "--limit", "all"},
		{"twin", "get", "services"},
		{"twin", "get", "sources"},
		{"twin", "get", "workloads", "-q", "svc:shop"},
		{"audit", "verify"},
	} {
		for _, form := range []string{"json", "ndjson", "csv", "table"} {
			full := append(slices.Clone(args), "-o", form)
			want := c.run(0, full...)
			code, got, errs := f.ask("", full...)
			if code != 0 {
				t.Errorf("%v: exit %d\n%s%s", full, code, got, errs)
				continue
			}
			if d := cmp.Diff(continues.ReplaceAllString(want, ""), continues.ReplaceAllString(got, "")); d != "" {
				t.Errorf("%v (-in process +through the server):\n%s", full, d)
			}
		}
	}
}

func TestEvidenceThroughAServer(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	f := serving(t, c)
	next := strings.ReplaceAll(weakSBOM, `"shop"`, `"next"`)
	good, bad := file(t, "next.json", next), file(t, "bad.json", "{")
	code, out, errs := f.ask("", "ingest", "sbom", good, bad, "-o", "json")
	var doc api.Receipts
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != command.ExitPartial || len(doc.Items) != 2 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	if doc.Items[0].Input != good || doc.Items[0].Accepted != 1 || len(doc.Items[1].Rejected) != 1 || !strings.Contains(errs, bad) {
		t.Errorf("receipts %+v\n%s", doc.Items, errs)
	}
	if code, _, errs := f.ask("", "ingest", "sbom", bad); code != command.ExitUsage || !strings.Contains(errs, bad) {
		t.Errorf("only bad ones: exit %d\n%s", code, errs)
	}

	dir := t.TempDir()
	for name, text := range map[string]string{"a.json": record("shop", weakImg, ""), "b.json": record("other", mendedImg, ""), "readme.json": `{"x":1}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs = f.ask("", "ingest", "deploy", dir, "--source", "s", "-o", "json")
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 || len(doc.Items) != 1 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	got := doc.Items[0]
	if got.Accepted != 2 || len(got.Snapshots) != 1 || got.Snapshots[0].Members != 2 || len(got.Ignored) != 1 || got.Input != dir {
		t.Errorf("receipt %+v", got)
	}
	// It waited: what follows is there.
	if e := c.only("svc:shop env:prod"); e.Gates.Running != "yes" {
		t.Errorf("running %s right after", e.Gates.Running)
	}
	if code, _, errs := f.ask("", "ingest", "deploy", dir, "--source", "s", "--no-wait"); code != 0 || !strings.Contains(errs, "/api/v1/receipts/") {
		t.Errorf("--no-wait: exit %d\n%s", code, errs)
	}
}

// A token of one source gives its own without naming it; another is refused.
func TestATokenOfOneSource(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	secret := c.token("source", "--source", "ci")
	f := serving(t, c)
	f.env["TIDEMARK_TOKEN"] = secret
	records := file(t, "r.json", record("shop", weakImg, ""))
	if code, out, errs := f.ask("", "ingest", "deploy", records, "-o", "json"); code != 0 || !strings.Contains(out, `"source": "ci"`) {
		t.Errorf("its own: exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := f.ask("", "ingest", "deploy", records, "--source", "other"); code != command.ExitForbidden {
		t.Errorf("another: exit %d\n%s", code, errs)
	}
	if code, _, errs := f.ask("", "exposures", "list"); code != command.ExitForbidden || !strings.Contains(errs, "request:") {
		t.Errorf("reading: exit %d\n%s", code, errs)
	}
}

func TestUpkeepThroughAServer(t *testing.T) {
	t.Parallel()
	f := serving(t, smallWorld(t))
	dir := smallIntel(t)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := f.ask("", "intel", "update", "--from", dir, "-o", "json")
	if code != 0 || !strings.Contains(out, "notes.txt") || !strings.Contains(out, `"changed": 0`) {
		t.Errorf("intel: exit %d\n%s%s", code, out, errs)
	}
	if code, out, errs := f.ask("", "doctor"); code != 0 || !strings.Contains(out, "3 feeds loaded") {
		t.Errorf("doctor: exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := f.ask("", "compact", "--keep", "30d"); code != 0 || !strings.Contains(errs, "2025-12-") {
		t.Errorf("compact: exit %d\n%s", code, errs)
	}
}

// The gate judges here, and asks the server about the place.
func TestGateAsksTheServerAboutThePlace(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record(`sh\"op`, weakImg, `,"doors":[],"doors_complete":true`)), "--source", "s")
	f := serving(t, c)
	args := []string{"gate", "--sbom", file(t, "w.json", weakSBOM), "--intel", smallIntel(t), "--service", `sh"op`, "--environment", "prod", "-o", "json"}
	code, out, errs := f.ask("", args...)
	var doc api.Gate
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != command.ExitBad || len(doc.Failed) != 1 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	if g := doc.Failed[0].Gates; g.Running != "yes" || g.Reachable != "no" {
		t.Errorf("the place: %+v", g)
	}
}

func TestExitCodesThroughAServer(t *testing.T) {
	t.Parallel()
	f := serving(t, smallWorld(t))
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(busy.Close)
	cases := []struct {
		name, server, token string
		args                []string
		code                int
		says                string
	}{
		{"wrong_token", f.url, "tdm_wrong", []string{"exposures", "list"}, command.ExitForbidden, "tidemark login --server"},
		{"no_token", f.url, "", []string{"exposures", "list"}, command.ExitForbidden, "tidemark login --server"},
		{"no_exposure", f.url, f.env["TIDEMARK_TOKEN"], []string{"exposures", "show", "EXP-0"}, command.ExitNotFound, "EXP-0"},
		{"query", f.url, f.env["TIDEMARK_TOKEN"], []string{"exposures", "list", "-q", "sve:x"}, command.ExitUsage, "what to do"},
		{"parameter", f.url, f.env["TIDEMARK_TOKEN"], []string{"measure", "trend", "--days", "99999"}, command.ExitUsage, "query.days"},
		{"busy", busy.URL, f.env["TIDEMARK_TOKEN"], []string{"exposures", "list"}, command.ExitFailure, "503"},
		{"not_a_server", "http://tidemark.invalid", f.env["TIDEMARK_TOKEN"], []string{"exposures", "list"}, command.ExitUsage, "for all to read"},
		{"with_data", f.url, f.env["TIDEMARK_TOKEN"], []string{"exposures", "list", "--data", "x"}, command.ExitUsage, "--data, --db or --now"},
		{"with_now", f.url, f.env["TIDEMARK_TOKEN"], []string{"exposures", "list", "--now", "2026-01-01"}, command.ExitUsage, "--data, --db or --now"},
		{"local_only", f.url, f.env["TIDEMARK_TOKEN"], []string{"serve"}, command.ExitUsage, "not through a server"},
		{"token_file_missing", f.url, "", []string{"exposures", "list", "--token-file", "/nowhere/at/all"}, command.ExitUsage, "/nowhere/at/all"},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			g := far{url: x.server, env: map[string]string{"TIDEMARK_TOKEN": x.token, "XDG_CONFIG_HOME": f.home}}
			code, out, errs := g.ask("", append(x.args, "-o", "json")...)
			if code != x.code || !strings.Contains(errs, x.says) {
				t.Errorf("exit %d, want %d with %q\n%s%s", code, x.code, x.says, out, errs)
			}
			var doc api.Error
			if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.Error.Exit != x.code {
				t.Errorf("standard output: %v, %s", err, out)
			}
			if x.token != "" && strings.Contains(out+errs, x.token) {
				t.Errorf("the token is shown:\n%s%s", out, errs)
			}
		})
	}
}

func TestTheServerOfTheEnvironment(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	f := serving(t, c)
	f.env["TIDEMARK_SERVER"] = f.url
	env := func(name string) string { return f.env[name] }
	for _, x := range []struct {
		args  []string
		asked bool
	}{
		{[]string{"twin", "get", "services", "-o", "json"}, true},
		{[]string{"twin", "get", "services", "-o", "json", "--data", t.TempDir()}, false},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: env}, time.Now, x.args)
		if code != 0 || strings.Contains(out.String(), on(10, 0).Format("2006-01-02")) != x.asked {
			t.Errorf("%v: exit %d\n%s%s", x.args, code, out.String(), errs.String())
		}
	}
}
