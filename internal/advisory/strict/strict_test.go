package strict

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func manyKeysObject(extra string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range 100 {
		fmt.Fprintf(&b, `"k%d":%d,`, i, i)
	}
	b.WriteString(extra)
	return b.String() + "}"
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", `{"a":1,"b":[{"a":2},{"a":3}],"c":{"a":"b"}}`, ""},
		{"byte order mark", "\ufeff{}", ""},
		{"same key in siblings", `[{"a":1},{"a":1}]`, ""},
		{"key again after child", `{"a":{"b":1},"a":2}`, `key "a" is repeated`},
		{"nested repeat", `{"x":[1,{"a":1,"b":{},"a":2}]}`, `key "a" is repeated`},
		{"escaped repeat", `{"a":1,"\u0061":2}`, "is repeated"},
		{"value like a key", `{"a":"a","b":"a"}`, ""},
		{"quote in a string", `{"a":"\"a\":","b":"\\","c":1}`, ""},
		{"many keys", manyKeysObject(`"last":1`), ""},
		{"many keys and a repeat", manyKeysObject(`"k3":1`), `key "k3" is repeated`},
		{"deep", strings.Repeat("[", 101) + strings.Repeat("]", 101), "nested deeper than 100"},
		{"very deep", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "depth"},
		{"deep enough", strings.Repeat("[", 100) + strings.Repeat("]", 100), ""},
		{"not utf-8", "{\"a\":\"\xff\"}", "not UTF-8 at byte 6"},
		{"utf-16", "\xff\xfe{\x00}\x00", "not UTF-8 at byte 0"},
		{"truncated", `{"a":`, "unexpected end"},
		{"two values", `{} {}`, "after top-level value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var v any
			err := Unmarshal([]byte(tt.in), &v)
			if tt.want == "" && err != nil {
				t.Fatalf("error %v, want none", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// repeats is the slow, obvious way to find a repeated key.
func repeats(dec *json.Decoder) (bool, error) {
	tok, err := dec.Token()
	if err != nil {
		return false, err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return false, nil
	}
	seen, found := map[string]bool{}, false
	for dec.More() {
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return false, err
			}
			found = found || seen[key.(string)]
			seen[key.(string)] = true
		}
		inner, err := repeats(dec)
		if err != nil {
			return false, err
		}
		found = found || inner
	}
	_, err = dec.Token()
	return found, err
}

func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{`{"a":{"b":1},"a":2}`, `{"a":1,"\u0061":2}`, `[{"a":1},{"a":"\""}]`, manyKeysObject(`"k3":1`), `"\\"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		err := Unmarshal(b, &v)
		if err != nil && !strings.Contains(err.Error(), "is repeated") {
			return
		}
		found, slowErr := repeats(json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))))
		if slowErr != nil {
			t.Fatalf("Unmarshal took %q, the token reader did not: %v", b, slowErr)
		}
		if found != (err != nil) {
			t.Fatalf("%q: Unmarshal says %v, the token reader found a repeated key: %v", b, err, found)
		}
	})
}
