package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// check is one rule with the samples that it must find fault with, each the
// text of one file of an otherwise empty repository.
type check struct {
	name string
	run  func(*Tree) []Finding
}

func checks() []check {
	return []check{
		{"imports", Imports},
		{"layers", Layers},
		{"dependencies", Dependencies},
		{"functions", Functions},
		{"files", Files},
		{"types", Types},
		{"names", Names},
		{"documentation", Documentation},
		{"habits", Habits},
		{"globals", Globals},
		{"tested", Tested},
		{"strays", Strays},
	}
}

// TestHouse holds the repository to its rules.
func TestHouse(t *testing.T) {
	t.Parallel()
	tree, err := Load(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) == 0 {
		t.Fatal("no Go files were found: the check looked in the wrong place")
	}
	t.Log(Shape(tree))
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, f := range c.run(tree) {
				lines = append(lines, f.String())
			}
			slices.Sort(lines)
			if len(lines) > 0 {
				t.Errorf("%d findings:\n%s", len(lines), strings.Join(lines, "\n"))
			}
		})
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test's folder")
	return ""
}

// files is a repository in memory: path to text.
type files map[string]string

func (fs files) tree(t *testing.T) *Tree {
	t.Helper()
	mem := fstest.MapFS{}
	for name, text := range fs {
		mem[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := Load(mem)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestChecksCanFail proves that each check finds what it is there for, and
// nothing in the sample's sound twin.
func TestChecksCanFail(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range samples() {
		seen[s.check] = true
		t.Run(s.check+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			run := checks()[slices.IndexFunc(checks(), func(c check) bool { return c.name == s.check })].run
			found := run(s.bad.tree(t))
			if !slices.ContainsFunc(found, func(f Finding) bool { return strings.Contains(f.String(), s.want) }) {
				t.Errorf("no finding says %q: %v", s.want, found)
			}
			if s.good == nil {
				return
			}
			if found := run(s.good.tree(t)); len(found) > 0 {
				t.Errorf("the sound sample has findings: %v", found)
			}
		})
	}
	for _, c := range checks() {
		if !seen[c.name] {
			t.Errorf("no sample shows that check %q can fail", c.name)
		}
	}
}

func TestLoadRefusesBrokenSource(t *testing.T) {
	t.Parallel()
	if _, err := Load(fstest.MapFS{"internal/twin/a.go": {Data: []byte("package")}}); err == nil {
		t.Error("a file that does not parse was accepted")
	}
}

func TestLoadLeavesOtherModulesAlone(t *testing.T) {
	t.Parallel()
	tree := files{
		"go.mod":             "module x\n",
		"tools/go.mod":       "module x/tools\n",
		"tools/lint/main.go": "package main\n",
		"internal/twin/a.go": "package twin\n",
		"bin/b.go":           "package b\n",
	}.tree(t)
	if len(tree.Files) != 1 || tree.Files[0].Room != "twin" {
		t.Errorf("want the one file of the room twin, got %d files", len(tree.Files))
	}
	if tree.Texts["tools/lint/main.go"] == nil {
		t.Error("the other module's source is not among the texts")
	}
}

func TestNestingCountsElseIfOnce(t *testing.T) {
	t.Parallel()
	good := files{"internal/twin/a.go": `package twin
func f(a, b bool) int {
	for {
		for {
			if a {
				a = b
			} else if b {
				b = a
			} else {
				a = !b
			}
		}
	}
}
`}
	if found := Functions(good.tree(t)); len(found) > 0 {
		t.Errorf("three levels are allowed: %v", found)
	}
}
