package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
)

// Scan and gate have the formats of other tools; other commands say which forms
// they have.
func TestReportsOfScanAndGate(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	sbom, feeds := file(t, "weak.json", weakSBOM), smallIntel(t)
	for _, format := range report.Formats() {
		for _, args := range [][]string{{"scan", sbom}, {"gate", "--sbom", sbom}} {
			want := 0
			if args[0] == "gate" {
				want = command.ExitBad
			}
			args = append(args, "--intel", feeds, "-o", format)
			out := c.run(want, args...)
			if !strings.Contains(out, "CVE-2026-0001") || out != c.run(want, args...) {
				t.Errorf("%v prints:\n%s", args, out)
			}
		}
	}
	c.run(command.ExitUsage, "version", "-o", "sarif")
	c.run(command.ExitUsage, "scan", sbom, "--intel", feeds, "-o", "spdx")
	c.run(command.ExitUsage, "gate", "--sbom", sbom, "--intel", feeds, "--report", "sarif")
	c.run(command.ExitUsage, "gate", "--sbom", sbom, "--intel", feeds, "--report", "pdf=x")
}

// One run writes several reports, also when the gate fails.
func TestOneRunWritesSeveralReports(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	dir := t.TempDir()
	args := []string{"gate", "--sbom", file(t, "weak.json", weakSBOM), "--intel", smallIntel(t)}
	for _, format := range append(report.Formats(), "json") {
		args = append(args, "--report", format+"="+filepath.Join(dir, format))
	}
	printed := c.run(command.ExitBad, append(args, "-o", "json")...)
	for _, format := range report.Formats() {
		if b, err := os.ReadFile(filepath.Join(dir, format)); err != nil || !strings.Contains(string(b), "CVE-2026-0001") {
			t.Errorf("%s: %v\n%s", format, err, b)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "json")); err != nil || string(b) != printed {
		t.Errorf("the JSON file is not what is printed: %v\n%s", err, b)
	}
	c.run(command.ExitFailure, "gate", "--sbom", file(t, "weak.json", weakSBOM), "--intel", smallIntel(t), "--report", "sarif="+filepath.Join(dir, "none", "x"))
}

// With a baseline only what is new fails; what is old and what is gone is said.
func TestGateAgainstABaseline(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	weak, mended, feeds := file(t, "weak.json", weakSBOM), file(t, "mended.json", mendedBOM), smallIntel(t)
	gate := func(code int, sbom string, more ...string) (out api.Gate) {
		t.Helper()
		text := c.run(code, append([]string{"gate", "--sbom", sbom, "--intel", feeds, "-o", "json"}, more...)...)
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	dir := t.TempDir()
	var before []string
	for _, format := range []string{"json", "sarif"} {
		path := filepath.Join(dir, "gate."+format)
		gate(command.ExitBad, weak, "--report", format+"="+path)
		before = append(before, path)
		path = filepath.Join(dir, "scan."+format)
		c.run(0, "scan", weak, "--intel", feeds, "--report", format+"="+path)
		before = append(before, path)
	}
	for _, path := range before {
		got := gate(0, weak, "--baseline", path)
		if got.Verdict != "pass" || len(got.Known) != 1 || len(got.Failed) != 0 || len(got.Vanished) != 0 || got.Baseline != path {
			t.Errorf("%s, the same build: %+v", path, got)
		}
		got = gate(0, mended, "--baseline", path)
		if len(got.Known) != 0 || len(got.Vanished) != 1 || !slices.Contains(append(got.Vanished[0].Aliases, got.Vanished[0].Weakness), "CVE-2026-0001") {
			t.Errorf("%s, the mended build: %+v", path, got)
		}
	}
	none := filepath.Join(dir, "none.json")
	gate(0, mended, "--report", "json="+none)
	if got := gate(command.ExitBad, weak, "--baseline", none); len(got.Failed) != 1 || !strings.Contains(got.Sentence, "new against "+none) {
		t.Errorf("against a build without weaknesses: %+v", got)
	}
	c.run(command.ExitUsage, "gate", "--sbom", weak, "--intel", feeds, "--baseline", weak)
	c.run(command.ExitUsage, "gate", "--sbom", weak, "--intel", feeds, "--baseline", filepath.Join(dir, "missing"))
}

// What cannot be decided fails, unless it is chosen otherwise; a failure is none
// of that.
func TestGateThatCannotDecide(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(30, 0)}
	sbom, weak, feeds := file(t, "mended.json", mendedBOM), file(t, "weak.json", weakSBOM), smallIntel(t)
	for choice, want := range map[string]int{"fail": command.ExitUndecided, "warn": 0, "pass": 0, "maybe": command.ExitUsage} {
		c.run(want, "gate", "--sbom", sbom, "--intel", feeds, "--max-age", "1d", "--on-unknown", choice)
	}
	c.run(command.ExitBad, "gate", "--sbom", weak, "--intel", feeds, "--max-age", "1d", "--on-unknown", "pass")
}

// A gate asks an index as it asks a folder, and one of them only.
func TestGateOnAnIndex(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	weak, feeds, path := file(t, "weak.json", weakSBOM), smallIntel(t), filepath.Join(t.TempDir(), "feeds.tmidx")
	c.run(0, "intel", "compile", "--from", feeds, "--out", path)
	for _, condition := range []string{"act", "kev"} {
		if a, b := c.run(command.ExitBad, "gate", "--sbom", weak, "--intel", feeds, "--fail-on", condition, "-o", "sarif"),
			c.run(command.ExitBad, "gate", "--sbom", weak, "--index", path, "--fail-on", condition, "-o", "sarif"); a != b {
			t.Errorf("%s: the folder says\n%s\nthe index says\n%s", condition, a, b)
		}
	}
	c.run(command.ExitUsage, "gate", "--sbom", weak, "--index", path, "--intel", feeds)
	c.run(command.ExitUsage, "gate", "--sbom", weak, "--index", weak)
	c.run(command.ExitUndecided, "gate", "--sbom", weak, "--index", path, "--max-age", "1d", "--fail-on", "score>=1000")
}

// An exception that two people have agreed on suppresses at its place, until its
// end, and the answer names them.
func TestGateHonoursExceptions(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, `,"doors":[{"address":"shop:443","public":true}]`)), "--source", "s")
	exp := c.only("svc:shop env:prod").ID
	sbom, feeds := file(t, "weak.json", weakSBOM), smallIntel(t)
	gate := func(code int, more ...string) (out api.Gate) {
		t.Helper()
		text := c.run(code, append([]string{"gate", "--sbom", sbom, "--intel", feeds, "--service", "shop", "-o", "json", "--environment"}, more...)...)
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	gate(command.ExitBad, "prod")
	c.run(0, "exposures", "decide", exp, "watch", "--reason", "no untrusted input", "--until", "2026-02-01")
	gate(command.ExitBad, "prod") // somebody asks; nobody has agreed
	c.run(0, "exposures", "decide", exp, "watch", "--reason", "no untrusted input", "--until", "2026-02-01", "--approver", "eve")
	got := gate(0, "prod")
	if len(got.Suppressed) != 1 || len(got.Failed) != 0 {
		t.Fatalf("%+v", got)
	}
	s := got.Suppressed[0]
	if !strings.HasSuffix(s.By, "approved by eve") || s.Until == nil || !s.Until.Equal(on(32, 0)) || s.Reason != "no untrusted input" || s.Decision != "Watch" {
		t.Errorf("suppressed: %+v", s)
	}
	if text := c.run(0, "gate", "--sbom", sbom, "--intel", feeds, "--service", "shop", "--environment", "prod", "-o", "markdown"); !strings.Contains(text, "approved by eve") {
		t.Errorf("the comment does not say who agreed:\n%s", text)
	}
	gate(0, "prod", "--fail-on", "kev")
	gate(command.ExitBad, "staging")
	c.now = on(40, 0)
	gate(command.ExitBad, "prod")
}
