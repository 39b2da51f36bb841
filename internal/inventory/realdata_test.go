package inventory

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/realdata"
)

// TestProducts reads the lock files of real products, and counts what is in
// them in another way.
func TestProducts(t *testing.T) {
	t.Parallel()
	dir := realdata.Dir(t, "products")
	s, err := Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for _, name := range s.Files {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		found, err := ReadFile(t.Context(), dir, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		read[found.Format]++
		if want, ok := counted(found.Format, data); ok {
			if diff := cmp.Diff(want, purls(found)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if len(found.Packages) == 0 {
			t.Errorf("%s: nothing found", name)
		}
	}
	want := map[string]int{"go.mod": 4, "package-lock.json": 2, "requirements.txt": 6, "csproj": 2, "Gemfile.lock": 1}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Error(diff)
	}
}

var (
	goLine  = regexp.MustCompile(`(?m)^\s*(?:require )?([a-z0-9.-]+\.[a-z]+(?:/[^\s]+)?) (v[^\s]+)`)
	goTool  = regexp.MustCompile(`(?m)^(?:toolchain go|go )([0-9.]+)`)
	pinLine = regexp.MustCompile(`(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)`)
)

// counted lists a lock file's packages by nothing but its lines.
func counted(format string, data []byte) (out []string, ok bool) {
	switch format {
	case "go.mod":
		for _, m := range goLine.FindAllStringSubmatch(string(data), -1) {
			out = append(out, "pkg:golang/"+m[1]+"@"+strings.ReplaceAll(m[2], "+", "%2B"))
		}
		tools := goTool.FindAllStringSubmatch(string(data), -1)
		out = append(out, "pkg:golang/stdlib@"+tools[len(tools)-1][1])
	case "requirements.txt":
		for _, m := range pinLine.FindAllStringSubmatch(string(data), -1) {
			out = append(out, "pkg:pypi/"+strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(m[1]))+"@"+strings.ReplaceAll(m[2], "+", "%2B"))
		}
	case "package-lock.json":
		var doc struct {
			Packages map[string]struct{ Version string }
		}
		if json.Unmarshal(data, &doc) != nil {
			return nil, true
		}
		for path, p := range doc.Packages {
			if i := strings.LastIndex(path, "node_modules/"); i >= 0 {
				out = append(out, "pkg:npm/"+strings.ReplaceAll(path[i+len("node_modules/"):], "@", "%40")+"@"+strings.ReplaceAll(p.Version, "+", "%2B"))
			}
		}
	default:
		return nil, false
	}
	slices.Sort(out)
	return slices.Compact(out), true
}
