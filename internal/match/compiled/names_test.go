package compiled_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
)

// named compiles records with what is known beside them.
func named(t testing.TB, signals map[string]advisory.Signal, records ...advisory.Record) *compiled.Index {
	t.Helper()
	return open(t, namedSegment(t, false, signals, records...))
}

func namedSegment(t testing.TB, delta bool, signals map[string]advisory.Signal, records ...advisory.Record) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := compiled.NewWriter(&file, match.Rules)
	if err != nil {
		t.Fatal(err)
	}
	w.With(compiled.Facts{
		Readable: func(s advisory.Severity) bool { return strings.HasPrefix(s.Score, "CVSS:") },
		Names: func() (list []string) {
			for n := range signals {
				list = append(list, n)
			}
			return list
		},
		Signal: func(name string) advisory.Signal {
			s := signals[name]
			s.Name = name
			return s
		},
	})
	for i := range records {
		if err := w.Add(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(nil, delta); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func vector(score string) []advisory.Severity {
	return []advisory.Severity{{Type: "CVSS_V3", Score: score}}
}

// A name whose record has no vector gets those of all records that carry it;
// what an advisory about several weaknesses says is said of none of them.
func TestVectorsUnderAName(t *testing.T) {
	t.Parallel()
	npm := []advisory.Affected{{Ecosystem: "npm", Name: "left", Versions: []string{"1"}}}
	old := advisory.Record{ID: "GHSA-1", Modified: noon, Aliases: []string{"CVE-1"}, Severity: vector("CVSS:old")}
	fresh := advisory.Record{ID: "GHSA-1", Modified: noon.AddDate(0, 0, 1), Aliases: []string{"CVE-1"}, Severity: vector("CVSS:new")}
	ix := named(t, nil, old, fresh,
		advisory.Record{ID: "DEBIAN-CVE-1", Upstream: []string{"CVE-1"}, Affected: npm},
		advisory.Record{ID: "DSA-1", Upstream: []string{"CVE-2", "CVE-3"}, Severity: vector("CVSS:several"), Affected: npm},
		advisory.Record{ID: "X-1", Aliases: []string{"CVE-1"}, Affected: []advisory.Affected{{Ecosystem: "npm", Name: "right", Severity: vector("CVSS:entry")}}},
		advisory.Record{ID: "GHSA-4", Aliases: []string{"CVE-4"}, Severity: vector("CVSS:own"), Affected: npm},
	)
	for name, want := range map[string][]string{
		"CVE-1": {"CVSS:new", "CVSS:entry"}, "GHSA-1": nil, "CVE-2": nil, "DSA-1": nil, "CVE-4": nil, "X-1": {"CVSS:entry"}, "CVE-9": nil, "": nil,
	} {
		k, err := ix.Known(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range k.Vectors {
			got = append(got, s.Score)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
	if !ix.Named() || open(t, compile(t, false, old)).Named() {
		t.Error("only a file with facts says that it has them")
	}
}

func TestSignalsComeBack(t *testing.T) {
	t.Parallel()
	signals := map[string]advisory.Signal{
		"CVE-1": {Name: "CVE-1", KEV: &advisory.KEV{CVE: "CVE-1", Added: noon, Ransomware: true, Name: "n"}, EPSS: &advisory.EPSS{CVE: "CVE-1", Score: 0.97553, Percentile: 0.9, Date: noon, Model: "v1"}},
		"CVE-2": {Name: "CVE-2", EPSS: &advisory.EPSS{CVE: "CVE-2", Score: 0.00042, Date: noon}},
		"CVE-3": {Name: "CVE-3", KEV: &advisory.KEV{CVE: "CVE-3", Added: noon, Due: noon}},
		"CVE-4": {Name: "CVE-4"},
		"CVE-6": {Name: "CVE-6", SSVC: &advisory.SSVC{CVE: "CVE-6", Exploitation: "poc", Date: noon}, Exploits: []advisory.Exploit{{CVE: "CVE-6", Source: advisory.FeedPoC, Weight: advisory.Mentioned, Count: 2, Date: noon}}},
	}
	ix := named(t, signals, whole())
	signals["CVE-5"] = advisory.Signal{Name: "CVE-5"}
	for name, want := range signals {
		k, err := ix.Known(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, k.Signal); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A merged file knows under every name what the chain knew: the newest word.
func TestMergingKeepsWhatIsKnownUnderNames(t *testing.T) {
	t.Parallel()
	scored := func(name string, score float64) advisory.Signal {
		return advisory.Signal{Name: name, EPSS: &advisory.EPSS{CVE: name, Score: score, Date: noon, Model: "m" + name}}
	}
	npm := []advisory.Affected{{Ecosystem: "npm", Name: "left", Versions: []string{"1"}}}
	bare := advisory.Record{ID: "GHSA-1", Aliases: []string{"CVE-1"}, Affected: npm}
	other := advisory.Record{ID: "X-1", Aliases: []string{"CVE-1"}, Severity: vector("CVSS:other"), Affected: npm}
	file := namedSegment(t, false, map[string]advisory.Signal{"CVE-1": scored("CVE-1", 0.1), "CVE-2": scored("CVE-2", 0.2)}, bare, other)
	file = append(file, namedSegment(t, true, map[string]advisory.Signal{"CVE-2": scored("CVE-2", 0.9), "CVE-3": scored("CVE-3", 0.3)}, whole())...)
	file = append(file, compile(t, true, advisory.Record{ID: "X-9", Affected: npm})...) // of a writer without facts
	chain := open(t, file)
	var made bytes.Buffer
	w, err := compiled.NewWriter(&made, match.Rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Copy(chain), w.Close(nil, false)); err != nil {
		t.Fatal(err)
	}
	merged := open(t, made.Bytes())
	if !merged.Named() || merged.Segments() != 1 {
		t.Errorf("named: %v, %d segments", merged.Named(), merged.Segments())
	}
	for _, name := range []string{"CVE-1", "CVE-2", "CVE-3", "GHSA-1", "CVE-9"} {
		want, err := chain.Known(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := merged.Known(name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	if k, err := merged.Known("CVE-2"); err != nil || k.Signal.EPSS == nil || k.Signal.EPSS.Score != 0.9 {
		t.Errorf("CVE-2 has %+v, %v", k.Signal.EPSS, err)
	}
	if k, err := merged.Known("CVE-1"); err != nil || len(k.Vectors) != 1 {
		t.Errorf("CVE-1 has %+v, %v", k.Vectors, err)
	}
}
