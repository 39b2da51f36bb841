package hostile

import "testing"

func TestUnmarshalChecksFirst(t *testing.T) {
	t.Parallel()
	var v struct{ A int }
	if err := Unmarshal([]byte("\ufeff{\"a\":1}"), Limits{}, &v); err != nil || v.A != 1 {
		t.Errorf("a byte order mark: %v, %d", err, v.A)
	}
	for name, in := range map[string]string{"twice": `{"a":1,"a":2}`, "bytes": "{\"a\":\"\xff\"}", "two": `{} {}`, "cut": `{"a":`} {
		v.A = 7
		if err := Unmarshal([]byte(in), Limits{}, &v); err == nil || v.A != 7 {
			t.Errorf("%s: %v, and the value became %d", name, err, v.A)
		}
	}
}
