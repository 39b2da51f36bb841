package e2e

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to change a row behind the program's back
)

// TestDemo tries the demo's company: every page, every number, every key, and
// at last the drill.
func TestDemo(t *testing.T) {
	needs(t)
	s := play(t)
	s.suite(t, "look", nil)
	s.suite(t, "demo", nil)
	s.suite(t, "drill", nil)
}

// TestEmpty tries a server to which nothing is connected.
func TestEmpty(t *testing.T) {
	needs(t)
	serve(t, t.TempDir()).suite(t, "empty", nil)
}

// TestConnect connects a cluster to a server that knows advisories and nothing else.
func TestConnect(t *testing.T) {
	needs(t)
	s := &shop{t: t, dir: t.TempDir(), now: time.Now().Add(-time.Minute)}
	s.feeds(nil)
	serve(t, s.dir).suite(t, "connect", map[string]any{
		"weak": artifactOf(t, "orders-1.4.0"), "weaker": artifactOf(t, "reports-0.9.0"), "examples": absolute(t, small),
	})
}

// TestBlind tries one whose sources have been silent for days.
func TestBlind(t *testing.T) {
	needs(t)
	serve(t, told(t, time.Now().Add(-3*24*time.Hour)).dir).suite(t, "blind", nil)
}

// TestDone tries one where all is covered and nothing needs action.
func TestDone(t *testing.T) {
	needs(t)
	s := &shop{t: t, dir: t.TempDir(), now: time.Now().Add(-time.Minute)}
	s.feeds(nil)
	s.sbom("orders-1.4.1")
	s.running("running-2.json", "orders")
	serve(t, s.dir).suite(t, "done", nil)
}

// TestLoop tries one that is fixed, and broken again.
func TestLoop(t *testing.T) {
	needs(t)
	now := time.Now().Add(-time.Hour)
	s := serve(t, told(t, now).dir)
	s.suite(t, "loop", map[string]any{
		"before": now.Add(-15 * 24 * time.Hour).UTC().Format(time.DateOnly), "digest": artifactOf(t, "orders-1.4.0"), "fixed": artifactOf(t, "orders-1.4.1"),
		"examples": absolute(t, small),
	})
	s.stop()
	t.Run("M6 a changed row breaks the chain", func(t *testing.T) {
		l := line{ID: "M6", Name: "a changed row breaks the chain", Status: "failed"}
		defer func() {
			if !t.Failed() {
				l.Status = "passed"
			}
			note("loop", l)
		}()
		if said := tidemark(t, s.dir, "", "audit", "verify"); !strings.Contains(said, "AUDIT OK") {
			t.Errorf("before: %s", said)
		}
		forge(t, filepath.Join(s.dir, "tidemark.db"))
		if _, err := run("", nil, s.bin, "--data", s.dir, "audit", "verify"); err == nil {
			t.Error("a changed row was not noticed")
		}
	})
}

func absolute(t testing.TB, path string) string {
	t.Helper()
	out, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forge changes who did something.
func forge(t testing.TB, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	res, err := db.ExecContext(t.Context(), `UPDATE audit SET actor = 'somebody else' WHERE seq = (SELECT max(seq) - 1 FROM audit)`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%d rows were changed, %v", n, err)
	}
}

// Names that mean harm.
var hostile = []string{
	`<img src=x onerror="window.__harm=1">`, `<script>window.__harm=2</script>`, `"><svg onload=window.__harm=3>`, "\u202egnp.exe\u202c evil",
	"😀👩‍👩‍👧‍👦🏴‍☠️ emoji", strings.Repeat("long ", 900) + "end", strings.Repeat("x", 3000), "{{7*7}}${7*7}%s%n", "=cmd|' /C calc'!A0",
}

// TestHostile tries titles, services and parts with such names.
func TestHostile(t *testing.T) {
	needs(t)
	s := &shop{t: t, dir: t.TempDir(), now: time.Now().Add(-time.Minute)}
	var advisories []any
	var parts, records []map[string]any
	for i, name := range hostile {
		pkg := "harm-" + string(rune('a'+i))
		advisories = append(advisories, map[string]any{
			"schema_version": "1.6.0", "id": "GHSA-2222-3333-444" + string("23456789c"[i]), "published": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "summary": name, "details": name,
			"affected":   []any{map[string]any{"package": map[string]any{"ecosystem": "npm", "name": pkg}, "ranges": []any{map[string]any{"type": "SEMVER", "events": []any{map[string]any{"introduced": "0"}, map[string]any{"fixed": "9.0.0"}}}}}},
			"references": []any{map[string]any{"type": "WEB", "url": "javascript:window.__harm=4"}},
			"severity":   []any{map[string]any{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
		})
		parts = append(parts, map[string]any{"type": "library", "name": name, "version": "1.0.0", "purl": "pkg:npm/" + pkg + "@1.0.0", "bom-ref": pkg})
	}
	s.feeds(map[string][]any{"npm": advisories})
	digest := "sha256:" + strings.Repeat("ab", 32)
	bom := map[string]any{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts}
	s.say("ingest", "sbom", keep(t, filepath.Join(t.TempDir(), "harm.cdx.json"), asJSON(t, bom)), "--artifact", "registry.example/harm:1@"+digest)
	for _, name := range []string{hostile[0], hostile[3], hostile[4], strings.Repeat("service", 30)} {
		records = append(records, map[string]any{"service": name, "environment": "prod", "artifact": "registry.example/harm:1@" + digest, "replicas": 1})
	}
	path := keep(t, filepath.Join(t.TempDir(), "running.json"), asJSON(t, records))
	c := append([]string{"--data", s.dir, "--now", s.now.UTC().Format(time.RFC3339)}, "ingest", "deploy", path, "--source", "cluster", "--every", "24h")
	if said, err := run("", nil, program(t), c...); err != nil {
		t.Logf("some names were refused, as they may be: %s", said)
	}
	serve(t, s.dir).suite(t, "hostile", nil)
}
