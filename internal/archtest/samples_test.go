package archtest

import (
	"fmt"
	"strings"
)

// sample is a repository that breaks one rule, and one that just keeps it.
type sample struct {
	check, name string
	bad, good   files
	want        string
}

// one is a repository of one file.
func one(path, text string) files { return files{path: text} }

func importing(room, imported string) files {
	return one("internal/"+room+"/a.go", fmt.Sprintf("package a\nimport _ %q\n", imported))
}

func testImporting(room, imported string) files {
	return one("internal/"+room+"/a_test.go", fmt.Sprintf("package a\nimport _ %q\n", imported))
}

func ours(room string) string { return Module + "/internal/" + room }

func samples() []sample {
	var all []sample
	for _, list := range [][]sample{importSamples(), sizeSamples(), typeSamples(), styleSamples(), globalSamples(), repositorySamples()} {
		all = append(all, list...)
	}
	return all
}

func importSamples() []sample {
	all := []sample{
		{"imports", "unknown-room", one("internal/attic/a.go", "package attic\n"), nil, `room "attic" has no row`},
		{"imports", "noun-upwards", importing("twin", ours("ctem")), importing("ctem", ours("twin")), "twin may not import ctem"},
		{"imports", "step-to-step", importing("assess", ours("discover")), importing("assess", ours("match")), "assess may not import discover"},
		{"imports", "step-to-store", importing("intel", ours("store")), importing("intel", ours("fault")), "intel may not import store"},
		{"imports", "store-to-step", importing("store", ours("assess")), importing("store", ours("store/sqlite")), "store may not import assess"},
		{"imports", "server-to-store", importing("server", ours("store")), importing("server", ours("triage")), "server may not import store"},
		{"imports", "sub-room-has-its-parents-row", importing("discover/sbom", ours("match")), importing("discover/sbom", ours("discover")), "discover/sbom may not import match"},
		{"imports", "sub-rooms-apart", importing("discover/sbom", ours("discover/deploy")), importing("discover", ours("discover/deploy")), "may not import discover/deploy"},
		{"imports", "leaf-upwards", importing("hostile", ours("twin")), importing("intel/osv", ours("hostile")), "hostile may not import twin"},
		{"imports", "nobody-imports-cmd", importing("store", Module+"/cmd/tidemark/show"), one("cmd/tidemark/a.go", "package main\nimport _ \""+ours("store")+"\"\n"), "store may not import cmd"},
		{"imports", "pure-without-files", importing("match", "os"), importing("store", "os"), "match is pure: it may not import os"},
		{"imports", "heavy-module-in-one-room", importing("store", "modernc.org/sqlite"), importing("store/sqlite", "modernc.org/sqlite"), "store may not import modernc.org/sqlite"},
		{"imports", "unlisted-module", importing("cycle", "example.com/clever"), importing("cmd", "github.com/spf13/cobra"), "cycle may not import example.com/clever"},
		{"imports", "test-module-in-code", importing("risk", "github.com/google/go-cmp/cmp"), testImporting("risk", "github.com/google/go-cmp/cmp"), "risk may not import github.com/google/go-cmp/cmp"},
		{"imports", "tests-keep-steps-apart", testImporting("assess", ours("intel")), testImporting("assess", ours("store")), "assess may not import intel"},
		{"imports", "test-helper-in-code", importing("store", ours("realdata")), testImporting("store", ours("realdata")), "store may not import realdata"},
		{"dependencies", "undocumented", one("go.mod", "require github.com/spf13/cobra v1.0.0\n"), files{
			"go.mod":               "require (\n\tgithub.com/spf13/cobra v1.0.0\n\texample.com/far v1.0.0 // indirect\n)\n",
			"docs/dependencies.md": "| `github.com/spf13/cobra` | the command line |\n",
		}, "no line gives the reason for `github.com/spf13/cobra`"},
		{"dependencies", "unlisted", one("go.mod", "require (\n\texample.com/clever v1.0.0\n)\n"), nil, "example.com/clever has no row"},
		{"dependencies", "line-left-over", one("docs/dependencies.md", "| `example.com/gone` | cmd | nothing |\n"), nil, "`example.com/gone` is no direct dependency"},
		{"dependencies", "too-many", one("go.mod", "require (\n"+many(41)+")\n"), nil, "41 direct dependencies"},
	}
	return append(all, sample{"layers", "nine", chain(9), chain(8), "9 layers"})
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\texample.com/m%d v1.0.0\n", i)
	}
	return b.String()
}

// chain is a repository of n packages in a row.
func chain(n int) files {
	out := files{}
	for i := range n {
		next := ""
		if i+1 < n {
			next = fmt.Sprintf("import _ %q\n", ours(fmt.Sprintf("store/p%d", i+1)))
		}
		out[fmt.Sprintf("internal/store/p%d/a.go", i)] = "package p\n" + next
	}
	return out
}

func sizeSamples() []sample {
	body := func(line string, n int) files {
		return one("internal/twin/a.go", "package twin\nfunc f() {\n"+strings.Repeat(line+"\n", n)+"}\n")
	}
	nested := func(n int) files {
		return body(strings.Repeat("for {\n", n)+strings.Repeat("}\n", n), 1)
	}
	closure := "g(func() {\nfor {\nfor {\nif x {\nfor {\n}\n}\n}\n}\n})"
	long := func(name string, lines int) files {
		return one("internal/twin/"+name, "package twin\n"+strings.Repeat("// why\n", lines-1))
	}
	return []sample{
		{"functions", "lines", body("// why", 71), body("// why", 70), "f has 71 lines"},
		{"functions", "statements", body("f(); f()", 26), body("f(); f()", 25), "f has 52 statements"},
		{"functions", "statements-in-cases", body("switch { case x: "+strings.Repeat("f(); ", 50)+" }", 1), body("switch { case x: "+strings.Repeat("f(); ", 49)+" }", 1), "f has 51 statements"},
		{"functions", "parameters", one("internal/twin/a.go", "package twin\nfunc f(a, b, c, d, e int) {}\n"), one("internal/twin/a.go", "package twin\nfunc f(a, b, c, d int) {}\n"), "f has 5 parameters"},
		{"functions", "method", one("internal/twin/a.go", "package twin\nfunc (t T) f(a, b, c, d, e int) {}\n"), one("internal/twin/a_test.go", "package twin\nfunc (t T) f(a, b, c, d, e int) {}\n"), "f has 5 parameters"},
		{"functions", "nesting", nested(4), nested(3), "f has 4 levels of nesting"},
		{"functions", "nesting-in-a-closure", body(closure, 1), nil, "f has 4 levels of nesting"},
		{"files", "file", long("a.go", 501), long("a.go", 500), "501 lines"},
		{"files", "test-file", long("a_test.go", 1001), long("a_test.go", 1000), "1001 lines"},
		{"files", "package", wide(9), wide(8), "the package has 4500 lines"},
	}
}

// wide is a package of n files of 500 lines, and a test file that does not count.
func wide(n int) files {
	out := files{"internal/twin/a_test.go": "package twin\n" + strings.Repeat("// why\n", 900)}
	for i := range n {
		out[fmt.Sprintf("internal/twin/a%d.go", i)] = "package twin\n" + strings.Repeat("// why\n", 499)
	}
	return out
}

func typeSamples() []sample {
	fields := func(room string, n int, tag string) files {
		return one("internal/"+room+"/a.go", "package a\ntype T struct {\n"+numbered("\tF%d int "+tag+"\n", n)+"}\n")
	}
	methods := func(room, name string, n int) files {
		return one("internal/"+room+"/a.go", "package a\ntype "+name+" struct{}\n"+numbered("func (t *"+name+") m%d() {}\n", n))
	}
	asked := func(n int) files {
		return one("internal/risk/a.go", "package a\ntype t interface {\n"+numbered("\tm%d()\n", n)+"}\n")
	}
	return []sample{
		{"types", "fields", fields("risk", 13, ""), fields("risk", 12, ""), "T has 13 fields"},
		{"types", "fields-of-a-document", fields("risk", 13, ""), fields("risk", 13, "`json:\"f\"`"), "T has 13 fields"},
		{"types", "fields-of-a-noun", fields("assess", 13, ""), fields("ctem", 13, ""), "T has 13 fields"},
		{"types", "methods", methods("risk", "DB", 16), methods("store/sqldb", "DB", 16), "DB has 16 methods"},
		{"types", "interface", asked(6), asked(5), "interface t has 6 methods"},
		{"types", "interface-parameters", one("internal/risk/a.go", "package a\ntype t interface { m(a, b, c, d, e int) }\n"), nil, "a method of t has 5 parameters"},
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func styleSamples() []sample {
	twin := func(text string) files { return one("internal/twin/a.go", "// Package twin is.\npackage twin\n"+text) }
	cmd := func(text string) files {
		return one("cmd/tidemark/a.go", "// Command tidemark is.\npackage main\n"+text)
	}
	return []sample{
		{"names", "package", one("internal/store/util/a.go", "package util\n"), one("internal/store/row/a.go", "package row\n"), `"util" says form`},
		{"names", "interface", twin("type IStore interface{}\n"), twin("type Index interface{}\n"), "no I before a name"},
		{"documentation", "package", one("internal/twin/a.go", "package twin\n"), twin(""), "the package has no comment"},
		{"documentation", "function", twin("func F() {}\n"), twin("// F does.\nfunc F() {}\nfunc g() {}\n"), "exported F"},
		{"documentation", "method", twin("func (t *T) F() {}\n"), twin("func (t *hidden) F() {}\n"), "exported F"},
		{"documentation", "type", twin("type T int\n"), twin("// T is.\ntype T int\n"), "exported T"},
		{"documentation", "constant", twin("const C = 1\n"), twin("const C = 1 // why\n// Many are.\nconst (\nD = 1\nE = 2\n)\n"), "exported C"},
		{"habits", "init", twin("func init() {}\n"), twin("func (t T) init() {}\n"), "no init"},
		{"habits", "goroutine", twin("func f() { go f() }\n"), cmd("func f() { go f() }\n"), "no goroutines"},
		{"habits", "else", twin("func f() int { if x { return 1 } else { return 2 } }\n"), twin("func f() { if x { f() } else { g() } }\n"), "return early"},
		{"habits", "clock", twin("func f() { time.Now() }\n"), cmd("func f() { time.Now() }\n"), "time.Now in a library"},
		{"tested", "no-tests", twin("func f() {}\n"), files{"internal/twin/a.go": "package twin\nfunc f() {}\n", "internal/twin/a_test.go": "package twin\n"}, "no test file"},
	}
}

func globalSamples() []sample {
	pkg := func(text string) files { return one("internal/twin/a.go", "package twin\n"+text) }
	return []sample{
		{"globals", "bare", pkg("var x int\n"), pkg("const x = 1\n"), "x has no value"},
		{"globals", "exported", pkg("var X = []int{1}\n"), pkg("var ErrX = errors.New(\"x\")\nvar X = regexp.MustCompile(`x`)\n"), "X is exported"},
		{"globals", "map-to-fill", pkg("var x = make(map[string]int)\n"), pkg("var x = map[string]int{\"a\": 1}\nfunc f() int { return x[\"a\"] }\n"), "x is made to be filled"},
		{"globals", "lock", pkg("var x = &sync.Mutex{}\n"), pkg("var x = sync.OnceValue(f)\n"), "x holds state"},
		{"globals", "assigned", pkg("var x = 1\nfunc f() { x = 2 }\n"), pkg("var x = 1\nfunc f() { x := 1; x = 2 }\n"), "x is written to"},
		{"globals", "element", pkg("var x = []int{1}\nfunc f() { x[0]++ }\n"), pkg("var x = []int{1}\nfunc f(x []int) { x[0]++ }\n"), "x is written to"},
		{"globals", "deleted", pkg("var x = map[int]int{1: 1}\nfunc f() { delete(x, 1) }\n"), nil, "x is written to"},
		{"globals", "address", pkg("var x = T{}\nfunc f() *T { return &x }\n"), pkg("//go:embed a.sql\nvar x embed.FS\nvar _ I = T{}\n"), "x is written to"},
	}
}

func repositorySamples() []sample {
	return []sample{
		{"strays", "machine-path", one("docs/a.md", "see /ho"+"me/ann/notes\n"), one("docs/a.md", "see notes/work/done and $HOME/notes\n"), "docs/a.md:1: path of one machine"},
		{"strays", "in-code", one("internal/twin/a.go", "package twin\n\nconst x = \"/ro"+"ot/x\"\n"), nil, "internal/twin/a.go:3: path of one machine"},
		{"strays", "silenced", one("internal/twin/a.go", "package twin\n\nvar x = f() //no"+"lint:all\n"), nil, "silences nothing"},
		{"strays", "registry", one("Makefile", "curl https://pro"+"xy.golang.org/x\n"), one("go.sum", "pro"+"xy.golang.org\n"), "names the package registry"},
	}
}
