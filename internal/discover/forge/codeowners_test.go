package forge

import (
	"strings"
	"testing"

	"github.com/hmarr/codeowners"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/twin"
)

// TestOwnersAgree: who owns a path is what the library says, for files without
// sections.
func TestOwnersAgree(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"a", "b", "docs", "*", "**", "*.go", "a*", "?"})
	name := rapid.SampledFrom([]string{"a", "b", "docs", "x.go", "ab", "a.go"})
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 1, 4).Draw(t, "pattern")
		pattern := rapid.SampledFrom([]string{"", "/"}).Draw(t, "head") + strings.Join(parts, "/") + rapid.SampledFrom([]string{"", "/"}).Draw(t, "tail")
		if strings.HasSuffix(pattern, "**/") || strings.Contains(pattern, "**/**") {
			return // nobody writes that, and the library is not sure either
		}
		file := strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), "/")
		rules, err := codeowners.ParseFile(strings.NewReader("* @all\n" + pattern + " @them\n"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := rules.Match(file)
		if err != nil {
			t.Fatal(err)
		}
		got := ParseCodeOwners("CODEOWNERS", []byte("* @all\n"+pattern+" @them\n"), false).Of(file)
		if len(got) != 1 || got[0].Line != want.LineNumber {
			t.Fatalf("%q owns %q: line %d, and the library says %d", pattern, file, got[0].Line, want.LineNumber)
		}
	})
}

func TestParseCodeOwners(t *testing.T) {
	t.Parallel()
	huge := ParseCodeOwners("CODEOWNERS", make([]byte, maxOwnersFile+1), false)
	if len(huge.Rules) != 0 || len(huge.Bad) != 1 {
		t.Errorf("%+v", huge)
	}
	many := ParseCodeOwners("CODEOWNERS", []byte(strings.Repeat("/a @b\n", maxRules+5)), false)
	if len(many.Rules) != maxRules || many.LeftOut != 5 {
		t.Error(len(many.Rules), many.LeftOut)
	}
}

// FuzzCodeOwners: no file ends the program, and every rule can be asked.
func FuzzCodeOwners(f *testing.F) {
	f.Add([]byte("* @a\n[S][2] @b\n/x/**/y\\ z @c # d\n^[T]\n"), true)
	f.Add([]byte("/a/ x@y.z\n!a\n[b]\n\\\n"), false)
	f.Fuzz(func(t *testing.T, body []byte, sections bool) {
		c := ParseCodeOwners("CODEOWNERS", body, sections)
		_ = c.Of("a/b/c.go")
		if _, err := (twin.Repository{Owners: c}).Resource("x/y"); err != nil {
			t.Error(err)
		}
	})
}

// FuzzAnswers: nothing that a forge answers ends the program.
func FuzzAnswers(f *testing.F) {
	for _, body := range githubAnswers() {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var run struct {
			Runs []githubRun `json:"workflow_runs"`
		}
		if decode("/x", body, &run) == nil {
			for i := range run.Runs {
				if b := run.Runs[i].build("github.com/a/b"); b.Name == "" {
					t.Error(b)
				}
			}
		}
		_, _ = parse(body)
		_ = nextPage(string(body))
	})
}
