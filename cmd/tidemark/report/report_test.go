package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/realdata"
)

var update = flag.Bool("update", false, "write testdata anew")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// samples are a failed gate with all there is, a scan, and answers without a
// finding.
func samples() map[string]Report {
	due, until, fix, base := noon.AddDate(0, 0, 3), noon.AddDate(0, 1, 0), "2.17.1", 10.0
	by := Maker{Version: "1.2.3", Author: "ann@example.org"}
	g := api.Gate{
		AsOf: noon, Verdict: "fail", Sentence: "GATE FAIL: 2 weaknesses meet --fail-on", Baseline: "main.json",
		Failed: []api.GateItem{
			{
				SBOM: "a b/shop.cdx.json", Weakness: "CVE-2021-44228", Aliases: []string{"GHSA-jfh8-c2jp-5v3q"}, Component: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
				Version: "2.14.1", Decision: "Act now", Score: 974, CVSS: &base, Deadline: &due, Fix: &fix, Reason: "meets act",
				Command: "npm install x@2.17.1",
			},
			{
				SBOM: "a b/shop.cdx.json", Weakness: "MAL-2026-1", Component: "pkg:npm/%40x/y@1.0.0?a=<b>|`c`", Version: "1.0.0",
				Decision: "Schedule", Score: 400, Reason: "meets score>=400\n![x](https://example.org) @all <b>",
			},
		},
		Suppressed: []api.GateItem{{
			SBOM: "a b/shop.cdx.json", Weakness: "CVE-2020-1", Component: "pkg:deb/debian/zlib@1.2?arch=amd64", Version: "1.2", Decision: "Watch",
			Score: 120, Reason: "no untrusted input", By: "bob, approved by eve", Until: &until,
		}},
		Deferred: []api.GateItem{{
			SBOM: "./api/../go.mod", Weakness: "CVE-2026-9", Component: "pkg:golang/example.org/x@v1.0.0", Version: "v1.0.0", Decision: "Act now", Score: 900, Fix: &fix,
			Command: "go get example.org/x@v2.17.1", Reason: "meets act", Until: &due,
		}},
		Known:    []api.GateItem{{SBOM: "web/package-lock.json", Weakness: "CVE-2019-2", Component: "pkg:npm/left@1.2.0", Version: "1.2.0", Decision: "No action", Score: 3, Reason: "known before"}},
		Vanished: []api.Vanished{{Weakness: "CVE-2018-3", Component: "pkg:npm/gone@1.0.0", Version: "1.0.0"}},
		Undecided: []api.Undecided{
			{SBOM: "a b/shop.cdx.json", Component: "pkg:npm/git@1.0.0", Reason: "git-only", Detail: "OSV-2021-1 gives commits only"},
			{SBOM: "a b/shop.cdx.json", Component: "thing@1", Reason: "no-purl"},
		},
	}
	unknown := api.Gate{AsOf: noon, Verdict: "unknown", Sentence: "GATE UNKNOWN: pkg:npm/x: no-feed", Undecided: []api.Undecided{{Component: "pkg:npm/x", Reason: "no-feed"}}}
	m := api.Matches{
		AsOf: noon,
		Items: []api.Match{
			{SBOM: "/ci/one.json", Purl: "pkg:npm/left@1.2.0", Version: "1.2.0", Advisory: "GHSA-1", Aliases: []string{"CVE-2026-1"}, Fixed: []string{"1.2.5"}, Reason: "npm left 0..1.2.5: 1.2.0 < 1.2.5"},
			{SBOM: "/ci/two.json", Purl: "pkg:npm/left@1.2.0", Version: "1.2.0", Advisory: "GHSA-1", Aliases: []string{"CVE-2026-1"}, Fixed: []string{"1.2.5"}, Reason: "npm left 0..1.2.5: 1.2.0 < 1.2.5"},
		},
		Summary: []api.ScannedSummary{{SBOM: "/ci/one.json"}, {SBOM: "/ci/two.json"}},
	}
	return map[string]Report{
		"fail": OfGate(g, by), "unknown": OfGate(unknown, Maker{}), "scan": OfScan(m, by),
		"pass": OfGate(api.Gate{AsOf: noon, Verdict: "pass", Sentence: "GATE PASS: none of 0 weaknesses meets --fail-on"}, by),
	}
}

func written(t *testing.T, format string, r Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, r); err != nil && !errors.Is(err, ErrNothing) {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every format of every sample is what it was, and comes out twice the same.
func TestFormatsAreAsWritten(t *testing.T) {
	t.Parallel()
	for name, r := range samples() {
		for _, format := range Formats() {
			got := written(t, format, r)
			if !bytes.Equal(got, written(t, format, samples()[name])) {
				t.Errorf("%s of %s differs from itself", format, name)
			}
			path := filepath.Join("testdata", name+"."+format)
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-update writes it; read the diff):\n%s", path, diff)
			}
		}
	}
	if err := Write(&bytes.Buffer{}, "spdx", Report{}); err == nil {
		t.Error("a format that does not exist is written")
	}
}

// What the published schemas can say of the documents, they say.
func TestDocumentsAreWhatTheirSchemasSay(t *testing.T) {
	t.Parallel()
	for format, path := range map[string]string{
		OpenVEX:      realdata.Dir(t, "vex", "openvex-spec", "openvex_json_schema.json"),
		CycloneDXVEX: realdata.Dir(t, "conformance", "cyclonedx", "schema", "bom-1.6.schema.json"),
	} {
		s := openSchema(t, path)
		if found := s.faults(map[string]any{"version": "x"}); len(found) == 0 {
			t.Errorf("%s: the check finds nothing wrong in a wrong document", format)
		}
		for name, r := range samples() {
			body := written(t, format, r)
			if len(body) == 0 {
				continue
			}
			var doc any
			if err := json.Unmarshal(body, &doc); err != nil {
				t.Fatal(err)
			}
			for _, f := range s.faults(doc) {
				t.Errorf("%s of %s: %s", format, name, f)
			}
		}
	}
}

// The library that others read CycloneDX with finds what we said.
func TestCycloneDXIsReadBack(t *testing.T) {
	t.Parallel()
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(written(t, CycloneDXVEX, samples()["fail"])), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range *bom.Components {
		known[c.BOMRef] = true
	}
	states := map[string]string{}
	for _, v := range *bom.Vulnerabilities {
		states[v.ID] = string(v.Analysis.State)
		for _, a := range *v.Affects {
			if !known[a.Ref] {
				t.Errorf("%s affects %s, which is not listed", v.ID, a.Ref)
			}
		}
	}
	want := map[string]string{
		"CVE-2021-44228": "exploitable", "MAL-2026-1": "exploitable", "CVE-2020-1": "exploitable", "CVE-2026-9": "exploitable", "CVE-2019-2": "exploitable", "OSV-2021-1": "in_triage",
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
}

// Nothing that was merely not found, or that somebody lets pass, is called
// unaffected.
func TestVEXClaimsNothing(t *testing.T) {
	t.Parallel()
	for name, r := range samples() {
		for _, format := range []string{OpenVEX, CycloneDXVEX} {
			if body := string(written(t, format, r)); strings.Contains(body, "not_affected") || strings.Contains(body, "false_positive") {
				t.Errorf("%s of %s says that something is not affected", format, name)
			}
		}
	}
}

// A SARIF log has what readers need, and is read back as a baseline.
func TestSARIFIsReadBack(t *testing.T) {
	t.Parallel()
	body := written(t, SARIF, samples()["fail"])
	var log sarifLog
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	levels, states := map[string]string{}, map[string]string{}
	seen := map[string]bool{}
	for _, r := range run.Results {
		levels[r.RuleID], states[r.RuleID] = r.Level, r.State
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("%s points at the rule %s", r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		}
		print := r.Fingerprints[fingerprintKey]
		if print == "" || seen[print] || r.Message.Text == "" || len(r.Locations) == 0 {
			t.Errorf("%s: %+v", r.RuleID, r)
		}
		seen[print] = true
		if (len(r.Suppressions) > 0) != (r.RuleID == "CVE-2020-1") {
			t.Errorf("%s has %d suppressions", r.RuleID, len(r.Suppressions))
		}
	}
	if diff := cmp.Diff(map[string]string{"CVE-2021-44228": "error", "MAL-2026-1": "warning", "CVE-2020-1": "note", "CVE-2019-2": "none", "CVE-2026-9": "error"}, levels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"CVE-2021-44228": "new", "MAL-2026-1": "new", "CVE-2020-1": "new", "CVE-2019-2": "unchanged", "CVE-2026-9": "new"}, states); diff != "" {
		t.Error(diff)
	}
	back, err := ReadSARIF(body)
	if err != nil || len(back) != 5 || back[0].Component != "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1" {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

// Code scanning takes what is not in the schema for granted: a rule with words of
// its own, a file and a line, a fingerprint of its name, and not too much.
func TestSARIFIsWhatCodeScanningTakes(t *testing.T) {
	t.Parallel()
	many := samples()["fail"]
	for i := range maxResults {
		f := many.Findings[0]
		f.Weakness, f.Line = "CVE-2026-"+strconv.Itoa(i), i
		many.Findings = append(many.Findings, f)
	}
	list := samples()
	list["many"] = many
	for name, r := range list {
		var log sarifLog
		body := written(t, SARIF, r)
		if err := json.Unmarshal(body, &log); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(body, []byte(" more results are left out")) != (name == "many") {
			t.Errorf("%s says something else of what is left out", name)
		}
		run := log.Runs[0]
		for _, rule := range run.Tool.Driver.Rules {
			tags, _ := rule.Properties["tags"].([]any)
			if rule.ID == "" || rule.Short.Text == "" || rule.Full.Text == "" || rule.Help.Text == "" || rule.Help.Markdown == "" || len(tags) > 20 {
				t.Errorf("%s: rule %+v", name, rule)
			}
		}
		if len(run.Results) > maxResults {
			t.Errorf("%s: %d results", name, len(run.Results))
		}
		for _, res := range run.Results {
			at := res.Locations[0].Physical
			if res.RuleID == "" || res.Message.Text == "" || !strings.HasSuffix(res.Fingerprints[scanningKey], ":1") || at == nil || at.Artifact.URI == "" || at.Region.Line < 1 {
				t.Errorf("%s: %+v", name, res)
			}
			if _, err := url.Parse(at.Artifact.URI); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if res.State == "absent" {
				t.Errorf("%s: a weakness that is gone would be opened again: %s", name, res.RuleID)
			}
		}
	}
}

// The fingerprint of a finding survives an update of the component.
func TestAFingerprintIsStable(t *testing.T) {
	t.Parallel()
	one := Finding{Weakness: "CVE-1", Component: "pkg:npm/left@1.2.0?x=y", File: "a"}
	two := Finding{Weakness: "CVE-1", Component: "pkg:npm/left@1.3.0", File: "b"}
	other := Finding{Weakness: "CVE-2", Component: "pkg:npm/left@1.2.0"}
	if one.Fingerprint() != two.Fingerprint() || one.Fingerprint() == other.Fingerprint() {
		t.Error(one.Fingerprint(), two.Fingerprint(), other.Fingerprint())
	}
}

func TestJUnitIsReadBack(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][4]int{"fail": {6, 2, 0, 3}, "unknown": {1, 0, 1, 0}, "pass": {1, 0, 0, 0}, "scan": {3, 2, 0, 0}} {
		var s junitSuites
		if err := xml.Unmarshal(written(t, JUnit, samples()[name]), &s); err != nil {
			t.Fatal(err)
		}
		if got := [4]int{s.Suite.Tests, s.Suite.Failures, s.Suite.Errors, s.Suite.Skipped}; got != want || len(s.Suite.Cases) != want[0] {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Outside text makes no markup of its own in a comment.
func TestMarkdownIsText(t *testing.T) {
	t.Parallel()
	body := string(written(t, Markdown, samples()["fail"]))
	for _, bad := range []string{"![x]", "](https", "@all", "<b>", "://example"} {
		if i := strings.Index(body, bad); i >= 0 && !strings.Contains(body[:i], "`") {
			t.Errorf("%q is markup in:\n%s", bad, body)
		}
	}
	columns := 0
	for line := range strings.Lines(body) {
		switch n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); {
		case n == 0:
			columns = 0
		case columns == 0:
			columns = n
		case n != columns:
			t.Errorf("a row has %d columns, not %d: %s", n, columns, line)
		}
	}
	for _, want := range []string{"bob, approved by eve", "2026-12-22", "2.17.1", "GATE FAIL"} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not say %q:\n%s", want, body)
		}
	}
}
