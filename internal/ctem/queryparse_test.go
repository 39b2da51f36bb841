package ctem

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		want  []Term
	}{
		{"", nil},
		{"  is:open ", []Term{{Key: "is", Op: ":", Values: []string{"open"}}}},
		{"-decision:act,schedule", []Term{{Key: "decision", Op: ":", Values: []string{"act", "schedule"}, Negate: true}}},
		{"score:>=700 epss:<0.1", []Term{{Key: "score", Op: ">=", Values: []string{"700"}}, {Key: "epss", Op: "<", Values: []string{"0.1"}}}},
		{"score:10..20", []Term{{Key: "score", Op: "..", Values: []string{"10", "20"}}}},
		{"svc:a..b", []Term{{Key: "svc", Op: ":", Values: []string{"a..b"}}}},
		{`svc:"a b",c "free text" word`, []Term{
			{Key: "svc", Op: ":", Values: []string{"a b", "c"}},
			{Key: "text", Op: ":", Values: []string{"free text"}},
			{Key: "text", Op: ":", Values: []string{"word"}},
		}},
		{`svc:"a \"b\" \\"`, []Term{{Key: "svc", Op: ":", Values: []string{`a "b" \`}}}},
		{"purl:pkg:npm/lodash@1", []Term{{Key: "purl", Op: ":", Values: []string{"pkg:npm/lodash@1"}}}},
		{"pkg:npm/lodash@1", []Term{{Key: "purl", Op: ":", Values: []string{"pkg:npm/lodash@1"}}}},
		{"sha256:abc", []Term{{Key: "digest", Op: ":", Values: []string{"sha256:abc"}}}},
		{"IS:open", []Term{{Key: "is", Op: ":", Values: []string{"open"}}}},
	}
	for _, tc := range tests {
		got, err := ParseQuery(tc.query)
		if err != nil {
			t.Errorf("%q: %v", tc.query, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.query, diff)
		}
	}
}

func TestParseQueryRefuses(t *testing.T) {
	t.Parallel()
	for _, q := range []string{"is:", "-", "is:a,", `svc:"a`, `svc:"a"b`, "score:>1,2", ",", strings.Repeat("a ", 65), strings.Repeat("a", 9000), "a\x00", "is:\xff"} {
		if _, err := ParseQuery(q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.20q: %v, want invalid", q, err)
		}
	}
}

func TestUnknownKeyNamesTheNearest(t *testing.T) {
	t.Parallel()
	keys := []string{"is", "decision", "score", "service"}
	for key, want := range map[string]string{"scoer": `did you mean "score"?`, "desision": `did you mean "decision"?`, "zzz": "keys are is, decision, score, service"} {
		if got := fault.HintOf(UnknownKey(key, keys)); got != want {
			t.Errorf("%s: hint %q, want %q", key, got, want)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"", "is:open", `-svc:"a b",c score:>=1 "x"`, "a:1..2", "pkg:npm/x", `\"`, "is:\xff", "a:\"\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		terms, err := ParseQuery(s)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v is not the user's fault", s, err)
			}
			return
		}
		var again []string
		for _, term := range terms {
			again = append(again, term.String())
		}
		back, err := ParseQuery(strings.Join(again, " "))
		if len(strings.Join(again, " ")) > maxQueryLength {
			return
		}
		if err != nil {
			t.Fatalf("%q written as %q: %v", s, again, err)
		}
		if diff := cmp.Diff(terms, back); diff != "" {
			t.Fatalf("%q written as %q (-first +again):\n%s", s, again, diff)
		}
	})
}
