package gate

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
	"github.com/tidemark/tidemark/internal/fault"
)

// formerAnswers are one weakness as each kind of answer tells it.
func formerAnswers(t testing.TB) map[string][]byte {
	t.Helper()
	item := api.GateItem{Weakness: "CVE-1", Aliases: []string{"GHSA-1"}, Component: "pkg:npm/left@1.2.0", Version: "1.2.0"}
	g := api.Gate{Schema: api.SchemaGate, Failed: []api.GateItem{item}}
	var sarif bytes.Buffer
	if err := report.Write(&sarif, report.SARIF, report.OfGate(g, report.Maker{})); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"gate":  jsonOf(t, g),
		"known": jsonOf(t, api.Gate{Schema: api.SchemaGate, Known: []api.GateItem{item}}),
		"scan":  jsonOf(t, api.Matches{Schema: api.SchemaMatches, Items: []api.Match{{Purl: item.Component, Version: "1.2.0", Advisory: "GHSA-1", Aliases: []string{"CVE-1"}}}}),
		"sarif": sarif.Bytes(),
	}
}

func jsonOf(t testing.TB, doc any) []byte {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestABaselineKnowsAWeaknessByAnyNameAndInAnyVersion(t *testing.T) {
	t.Parallel()
	for kind, body := range formerAnswers(t) {
		b, err := ParseBaseline(kind, body)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		for _, c := range []struct {
			item api.GateItem
			want bool
		}{
			{api.GateItem{Weakness: "CVE-2", Component: "pkg:npm/left@1.2.0"}, false},
			{api.GateItem{Weakness: "CVE-1", Component: "pkg:npm/right@1.2.0"}, false},
			{api.GateItem{Weakness: "CVE-1", Component: "pkg:npm/left@1.3.0?x=y"}, true},
			{api.GateItem{Weakness: "CVE-9", Aliases: []string{"GHSA-1"}, Component: "pkg:npm/left@1.2.0"}, true},
		} {
			if before := len(b.vanished()); c.want && kind == "gate" && c.item.Weakness == "CVE-1" && before != 1 {
				t.Errorf("%s: %d vanished before it was seen", kind, before)
			}
			if got := b.has(&c.item); got != c.want {
				t.Errorf("%s: %s in %s: %v", kind, c.item.Weakness, c.item.Component, got)
			}
		}
		if diff := cmp.Diff([]api.Vanished{}, b.vanished()); diff != "" {
			t.Errorf("%s: what was seen has vanished: %s", kind, diff)
		}
	}
}

func TestWhatIsNoBaselineIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "null", "[]", "{}", `{"schema":"tidemark.exposures/v1","items":[]}`, `{"version":"2.0.0","runs":[]}`,
		`{"schema":"tidemark.gate/v1","failed":3}`, `{"schema":"tidemark.gate/v1"`, strings.Repeat("[", 1000),
	} {
		if _, err := ParseBaseline("x", []byte(body)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.40q: %v", body, err)
		}
	}
	var none *Baseline
	if none.has(&api.GateItem{}) {
		t.Error("no baseline knows something")
	}
}

// Whatever the bytes, a baseline is read or refused, and what it has is either
// known or gone.
func FuzzParseBaseline(f *testing.F) {
	for _, body := range formerAnswers(f) {
		f.Add(body)
	}
	f.Add([]byte(`{"version":"2.1.0","runs":[{"results":[{"ruleId":"x","properties":null}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := ParseBaseline("x", body)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, v := range b.vanished() {
			if !b.has(&api.GateItem{Weakness: v.Weakness, Component: v.Component}) {
				t.Errorf("%+v is listed and not known", v)
			}
		}
		if len(b.vanished()) > 0 {
			t.Errorf("all was asked for, and %d are gone", len(b.vanished()))
		}
	})
}
