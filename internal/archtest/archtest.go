// Package archtest holds the rules of the house as tests: who may import whom,
// how big things may grow, what a package must say about itself, and what may
// not stand in the repository.
//
// The model. A Tree is every Go file of the module, parsed in the test process
// (nothing is executed), and every other text file. A room is a package's path
// without "internal/": "store", "discover/sbom"; cmd and what is below it is
// the room "cmd". A check is a pure function from a Tree to findings, so each
// is shown to fail on small sources of its own.
//
// Invariants. All findings are reported at once. What a rule exempts stands in
// a table with its reason, next to the rule. The package imports the standard
// library only, and nothing imports it.
package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path under which the rooms import each other.
const Module = "github.com/tidemark/tidemark"

// Finding is one place that breaks a rule.
type Finding struct {
	Path    string
	Line    int // 0: the whole file or folder
	Message string
}

// String prints the finding as compilers do, so that editors can jump to it.
func (f Finding) String() string {
	if f.Line == 0 {
		return f.Path + ": " + f.Message
	}
	return f.Path + ":" + strconv.Itoa(f.Line) + ": " + f.Message
}

// File is one Go file.
type File struct {
	Path  string // from the repository's root, with slashes
	Dir   string
	Room  string
	Test  bool // a _test.go file, or a file of a room that only tests use
	Lines int
	AST   *ast.File
}

// Tree is the repository as the checks see it.
type Tree struct {
	Fset  *token.FileSet
	Files []*File
	Texts map[string][]byte // every text file, Go or not, of all modules, by path
}

// Load reads the repository. Folders with a go.mod of their own are other
// modules: their Go files are texts only.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{Fset: token.NewFileSet(), Texts: map[string][]byte{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped(name) {
				return fs.SkipDir
			}
			return nil
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		return t.add(name, body)
	})
	if err != nil {
		return nil, fmt.Errorf("load the tree: %w", err)
	}
	t.dropOtherModules()
	return t, nil
}

// skipped names the folders that hold nothing of ours: what is not tracked,
// and the corpora that the fuzzer keeps.
func skipped(name string) bool {
	switch path.Base(name) {
	case ".git", "bin", "node_modules", "fuzz", "vendor":
		return true
	}
	return false
}

func (t *Tree) add(name string, body []byte) error {
	if !bytes.ContainsRune(body, 0) {
		t.Texts[name] = body
	}
	if path.Ext(name) != ".go" {
		return nil
	}
	parsed, err := parser.ParseFile(t.Fset, name, body, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	dir := path.Dir(name)
	room := roomOf(dir)
	t.Files = append(t.Files, &File{
		Path: name, Dir: dir, Room: room, AST: parsed,
		Test:  strings.HasSuffix(name, "_test.go") || testRoom(room),
		Lines: bytes.Count(body, []byte("\n")),
	})
	return nil
}

func (t *Tree) dropOtherModules() {
	var others []string
	for name := range t.Texts {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			others = append(others, path.Dir(name)+"/")
		}
	}
	t.Files = slices.DeleteFunc(t.Files, func(f *File) bool {
		return slices.ContainsFunc(others, func(dir string) bool { return strings.HasPrefix(f.Path, dir) })
	})
}

// roomOf turns a folder into the name that the table uses.
func roomOf(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	if first == "cmd" {
		return "cmd"
	}
	return strings.TrimPrefix(dir, "internal/")
}

// packages groups the files by folder, in order.
func (t *Tree) packages() [][]*File {
	byDir := map[string][]*File{}
	var dirs []string
	for _, f := range t.Files {
		if byDir[f.Dir] == nil {
			dirs = append(dirs, f.Dir)
		}
		byDir[f.Dir] = append(byDir[f.Dir], f)
	}
	slices.Sort(dirs)
	out := make([][]*File, 0, len(dirs))
	for _, dir := range dirs {
		out = append(out, byDir[dir])
	}
	return out
}

func (t *Tree) at(f *File, pos token.Pos, format string, args ...any) Finding {
	return Finding{Path: f.Path, Line: t.Fset.Position(pos).Line, Message: fmt.Sprintf(format, args...)}
}

// imports returns the paths that a file imports with their positions.
func imports(f *File) map[string]token.Pos {
	out := map[string]token.Pos{}
	for _, spec := range f.AST.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			out[p] = spec.Pos()
		}
	}
	return out
}
