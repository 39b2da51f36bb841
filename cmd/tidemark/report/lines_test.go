package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The line is that of the component, in whatever way its file writes it.
func TestLinesOfComponents(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ name, text, purl, version, line string }{
		{"go.mod", "module x\nrequire (\n\texample.org/left/v2 v2.0.0\n\texample.org/left v1.2.0\n)", "pkg:golang/example.org/left@v1.2.0", "v1.2.0", "\texample.org/left v1.2.0"},
		{"package-lock.json", "{\"packages\": {\n\"node_modules/left-pad\": {\n\"version\": \"1.2.0\"},\n\"node_modules/left\": {\n \"version\": \"1.2.0\"\n}}}", "pkg:npm/left@1.2.0", "1.2.0", `"node_modules/left": {`},
		{"scoped", "\"node_modules/left\": {\n\"version\": \"1.0.0\"},\n\"node_modules/@a/left\": {\n\"version\": \"1.0.0\"", "pkg:npm/%40a/left@1.0.0", "1.0.0", `"node_modules/@a/left": {`},
		{"not scoped", "\"node_modules/@a/left\": {\n\"version\": \"1.0.0\"},\n\"node_modules/left\": {\n\"version\": \"1.0.0\"", "pkg:npm/left@1.0.0", "1.0.0", `"node_modules/left": {`},
		{"two versions", "left@^1:\n  version \"1.2.0\"\n\nleft@^2:\n  version \"2.0.0\"", "pkg:npm/left@2.0.0", "2.0.0", "left@^2:"},
		{"pnpm", "packages:\n\n  /left/1.2.0:\n", "pkg:npm/left@1.2.0", "1.2.0", "  /left/1.2.0:"},
		{"requirements", "# typing_extensions\nTyping_Extensions==4.1\n", "pkg:pypi/typing-extensions@4.1", "4.1", "# typing_extensions"},
		{"cargo", "[[package]]\nname = \"left\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"left\"\nversion = \"2.0.0\"", "pkg:cargo/left@2.0.0", "2.0.0", "6"},
		{"pom", "<dependency>\n<groupId>org.x</groupId>\n<artifactId>left-core</artifactId>\n<version>2.1</version>", "pkg:maven/org.x/left-core@2.1", "2.1", "<artifactId>left-core</artifactId>"},
		{"gradle", "org.x:left-core-api:2.1=a\norg.x:left-core:2.1=runtime", "pkg:maven/org.x/left-core@2.1", "2.1", "org.x:left-core:2.1=runtime"},
		{"sbom", "{\n\"purl\": \"pkg:npm/left@1.2.0\"", "pkg:npm/left@1.2.0", "1.2.0", `"purl": "pkg:npm/left@1.2.0"`},
		{"absent", "a\nb", "pkg:npm/left@1.2.0", "1.2.0", "0"},
		{"no purl", "a\nb", "thing", "1", "0"},
		{"binary", "left\x001.2.0", "pkg:npm/left@1.2.0", "1.2.0", "0"},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := Report{Findings: []Finding{{Component: x.purl, Version: x.version, File: path}, {Component: x.purl, File: path + "-missing"}}}
		r.Locate()
		want := map[string]int{"0": 0, "6": 6}[x.line]
		for i, line := range strings.Split(x.text, "\n") {
			if line == x.line {
				want = i + 1
			}
		}
		if got := r.Findings[0].Line; got != want || r.Findings[1].Line != 0 {
			t.Errorf("%s: line %d, want %d", x.name, got, want)
		}
	}
}

// Whatever the file, the line is one of it, or none.
func FuzzLines(f *testing.F) {
	f.Add("require (\n\texample.org/left v1.2.0\n)", "pkg:golang/example.org/left@v1.2.0", "v1.2.0")
	f.Add("\"node_modules/left\": {", "pkg:npm/left@1", "1")
	f.Add("/left/", "pkg:npm/left@1", "")
	f.Fuzz(func(t *testing.T, raw, purl, version string) {
		lines := &source{raw: []byte(raw), folded: fold([]byte(raw))}
		if n := lines.lineOf(purl, version); n < 0 || n > 1+strings.Count(raw, "\n") {
			t.Errorf("line %d of %q", n, raw)
		}
	})
}
