package yaml_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile/yaml"
)

func TestRead(t *testing.T) {
	t.Parallel()
	docs, err := yaml.Read([]byte("# first\na: 1\nb: &x [on, 2.5, null]\n---\n---\nc: *y\n"))
	if err == nil {
		t.Fatalf("an alias without an anchor was taken: %v", docs)
	}
	docs, err = yaml.Read([]byte("# first\na: 1\nb: &x [on, 2.5, null]\nd: *x\n---\n---\n200: {t: \"on\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := []any{true, json.Number("2.5"), nil}
	want := []yaml.Document{
		{Line: 2, Value: map[string]any{"a": json.Number("1"), "b": list, "d": list}},
		{Line: 7, Value: map[string]any{"200": map[string]any{"t": "on"}}},
	}
	if diff := cmp.Diff(want, docs); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [" + strings.Repeat("x,", 100) + "]\n"
	for i := range 8 {
		bomb += string(rune('b'+i)) + ": &" + string(rune('b'+i)) + " [" + strings.Repeat("*"+string(rune('a'+i))+",", 100) + "]\n"
	}
	for name, body := range map[string]string{
		"a key twice":                         "a: 1\nb: 2\na: 3\n",
		"no UTF-8":                            "a: \xff\n",
		"too deep":                            strings.Repeat("[", 300) + strings.Repeat("]", 300),
		"a bomb":                              bomb,
		"a long string":                       "a: " + strings.Repeat("x", 2<<20),
		"broken":                              "a: [1\nb",
		"keys of a kind that are one as text": "1: a\n\"1\": b\n",
	} {
		if _, err := yaml.Read([]byte(body)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a: 1", "- &a [*a]", "---\n...\n---\nx", "? {a: b}\n: c", "a: !!binary x", "<<: {a: 1}\nb: .inf", "\xef\xbb\xbfa: 1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		docs, err := yaml.Read(body)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("the error is %v, of kind %v", err, fault.KindOf(err))
		}
		for _, d := range docs {
			if _, err := json.Marshal(d.Value); err != nil {
				t.Errorf("a value cannot be written as JSON: %v", err)
			}
		}
	})
}
