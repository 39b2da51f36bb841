package hostile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	tests := []struct {
		name, in string
		limits   Limits
		want     string // "" when the document is good
	}{
		{name: "object", in: `{"a":[1,-2.5e+3,true,false,null,"é\n\u00e9"],"b":{}}`},
		{name: "array", in: " [ ] \n"},
		{name: "same_key_in_two_objects", in: `[{"a":1},{"a":2}]`},
		{name: "empty", in: "", want: "1:1: the document ends where a value is expected"},
		{name: "truncated", in: "{\"a\":\n[1,", want: "2:4: the document ends where a value is expected"},
		{name: "truncated_in_array", in: `[1`, want: "1:3: the document ends inside"},
		{name: "truncated_in_string", in: `["abc`, want: "ends inside a string"},
		{name: "truncated_in_escape", in: `["abc\`, want: "ends inside a string"},
		{name: "duplicate", in: "{\"a\":1,\n \"a\":2}", want: `2:2: key "a" appears twice`},
		{name: "duplicate_escaped", in: `{"a":1,"\u0061":2}`, want: "appears twice"},
		{name: "duplicate_deep", in: `[{"x":{"y":[{"a":1,"b":2,"a":3}]}}]`, want: "appears twice"},
		{name: "duplicate_of_many", in: "{" + strings.Join(many, ",") + `,"k7":0}`, want: `"k7" appears twice`},
		{name: "many", in: "{" + strings.Join(many, ",") + "}"},
		{name: "deep", in: strings.Repeat("[", 101) + strings.Repeat("]", 101), want: "deeper than 100"},
		{name: "deep_enough", in: strings.Repeat("[", 100) + strings.Repeat("]", 100)},
		{name: "very_deep", in: strings.Repeat("[", 1_000_000), want: "deeper than 100"},
		{name: "own_depth", in: `{"a":{"b":1}}`, limits: Limits{Depth: 1}, want: "deeper than 1 levels"},
		{name: "long_string", in: `"` + strings.Repeat("x", 10<<20) + `"`, want: "longer than 1048576 bytes"},
		{name: "own_string", in: `["abcd"]`, limits: Limits{String: 3}, want: "longer than 3 bytes"},
		{name: "not_utf8", in: "{\"a\":\"\xff\"}", want: "1:7: not UTF-8"},
		{name: "utf16", in: "\xff\xfe{\x00}\x00", want: "unexpected character"},
		{name: "control", in: "\"a\nb\"", want: "control character"},
		{name: "bad_escape", in: `"\x"`, want: "bad escape"},
		{name: "bad_unicode_escape", in: `"\u12g4"`, want: "bad escape"},
		{name: "trailing", in: `{} {}`, want: "1:4: something follows"},
		{name: "stream", in: "{}\n[]\n1\n", limits: Limits{Stream: true}},
		{name: "stream_broken", in: "{}\n[}\n", limits: Limits{Stream: true}, want: "2:2: unexpected character"},
		{name: "number", in: `[01]`, want: "bad number"},
		{name: "long_number", in: strings.Repeat("9", 2000), want: "bad number"},
		{name: "word", in: `[nul]`, want: "unexpected character 'n'"},
		{name: "bare_key", in: `{a:1}`, want: "expected a key"},
		{name: "no_colon", in: `{"a" 1}`, want: "expected ':'"},
		{name: "no_comma", in: `[1 2]`, want: "expected ',' or ']'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := CheckJSON([]byte(tt.in), tt.limits)
			if tt.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v (%s), want invalid %q", err, fault.KindOf(err), tt.want)
			}
		})
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2,{"b":"c"}]}`, `[]`, `"\u00e9"`, `{"a":1,"\u0061":2}`, `[[[[`, "{}\n{}", "-0.0e1", "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := CheckJSON(b, Limits{})
		if err == nil && (!json.Valid(b) || !utf8.Valid(b)) {
			t.Fatalf("accepted what is no JSON: %q", b)
		}
		// What encoding/json accepts may be refused only for a reason of ours.
		if err != nil && json.Valid(b) {
			for _, reason := range []string{"deeper", "longer", "twice", "UTF-8", "bad number"} {
				if strings.Contains(err.Error(), reason) {
					return
				}
			}
			t.Fatalf("refused valid JSON %q: %v", b, err)
		}
	})
}
