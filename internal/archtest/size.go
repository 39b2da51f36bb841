package archtest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// The budgets of house-style.md. Test files have one of their own and are
// free of the rest: a table test is long and flat.
const (
	maxFuncLines   = 70
	maxStatements  = 50
	maxParams      = 4 // a context counts
	maxNesting     = 3
	maxFileLines   = 500
	maxTestLines   = 1000
	maxPackage     = 4000 // non-test lines; 2,000 are expected
	maxFields      = 12
	maxMethods     = 15
	maxInterface   = 5
	expectedLength = 2000
)

// exempt lifts one budget from one type, or from a whole room ("*").
type exempt struct {
	room, name string
	reason     string
}

// wideStructs may have more than maxFields fields.
var wideStructs = []exempt{
	{"twin", "*", "nouns: their fields are the contract between the rooms"},
	{"advisory", "*", "nouns, in the shape of OSV"},
	{"ctem", "*", "nouns: an exposure and a decision carry all their reasons"},
}

// wideTypes may have more than maxMethods methods.
var wideTypes = []exempt{
	{"store/sqldb", "DB", "the edge: what it offers is declared in small interfaces by those who use it"},
	{"cmd", "app", "the edge: one method for each sub-command"},
}

func exempted(list []exempt, f *File, name string) bool {
	return slices.ContainsFunc(list, func(e exempt) bool {
		return e.room == f.Room && (e.name == "*" || e.name == name)
	})
}

// Functions checks length, statements, parameters and nesting of every function.
func Functions(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.Files {
		for _, fn := range functions(f) {
			out = append(out, t.function(f, fn)...)
		}
	}
	return out
}

func (t *Tree) function(f *File, fn *ast.FuncDecl) []Finding {
	var out []Finding
	report := func(what string, have, most int) {
		if have > most {
			out = append(out, t.at(f, fn.Pos(), "%s has %d %s, at most %d", fn.Name.Name, have, what, most))
		}
	}
	report("lines", t.lines(fn.Body), maxFuncLines)
	report("statements", statements(fn.Body), maxStatements)
	report("parameters", fn.Type.Params.NumFields(), maxParams)
	report("levels of nesting", nesting(fn.Body), maxNesting)
	return out
}

// lines counts what stands between the braces.
func (t *Tree) lines(body *ast.BlockStmt) int {
	return max(0, t.Fset.Position(body.End()).Line-t.Fset.Position(body.Pos()).Line-1)
}

// statements counts those of a body and of everything nested in it; the arms
// of a switch count by what is in them.
func statements(body *ast.BlockStmt) int {
	n := 0
	ast.Inspect(body, func(node ast.Node) bool {
		switch s := node.(type) {
		case *ast.BlockStmt:
			n += len(s.List)
		case *ast.CaseClause:
			n += len(s.Body) - 1
		case *ast.CommClause:
			n += len(s.Body) - 1
		}
		return true
	})
	return n
}

// nesting returns the depth of control statements; "else if" stays on the
// level of its "if", and a function literal on that of its surroundings.
func nesting(root ast.Node) int {
	deepest := 0
	var walk func(n ast.Node, depth int)
	walk = func(root ast.Node, depth int) {
		deepest = max(deepest, depth)
		ast.Inspect(root, func(n ast.Node) bool {
			if n == nil || n == root {
				return true
			}
			if s, ok := n.(*ast.IfStmt); ok {
				walkIf(s, depth, walk)
				return false
			}
			if isControl(n) {
				walk(n, depth+1)
				return false
			}
			return true
		})
	}
	walk(root, 0)
	return deepest
}

func walkIf(s *ast.IfStmt, depth int, walk func(ast.Node, int)) {
	walk(s.Body, depth+1)
	walk(s.Cond, depth)
	if s.Init != nil {
		walk(s.Init, depth)
	}
	switch e := s.Else.(type) {
	case *ast.IfStmt:
		walkIf(e, depth, walk)
	case *ast.BlockStmt:
		walk(e, depth+1)
	}
}

func isControl(n ast.Node) bool {
	switch n.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		return true
	}
	return false
}

// Files checks the length of files and packages.
func Files(t *Tree) []Finding {
	var out []Finding
	for _, pkg := range t.packages() {
		total := 0
		for _, f := range pkg {
			most := maxFileLines
			if f.Test {
				most = maxTestLines
			} else {
				total += f.Lines
			}
			if f.Lines > most {
				out = append(out, Finding{Path: f.Path, Message: fmt.Sprintf("%d lines, at most %d", f.Lines, most)})
			}
		}
		if total > maxPackage {
			out = append(out, Finding{Path: pkg[0].Dir, Message: fmt.Sprintf("the package has %d lines without tests, at most %d", total, maxPackage)})
		}
	}
	return out
}

// Types checks the width of structs, interfaces and method sets.
func Types(t *Tree) []Finding {
	var out []Finding
	for _, pkg := range t.packages() {
		methods := map[string]int{}
		for _, f := range pkg {
			countMethods(f, methods)
		}
		for _, f := range pkg {
			if f.Test {
				continue
			}
			eachType(f, func(spec *ast.TypeSpec) {
				out = append(out, t.typeSpec(f, spec, methods[spec.Name.Name])...)
			})
		}
	}
	return out
}

// countMethods adds a file's methods to the count of each type.
func countMethods(f *File, methods map[string]int) {
	for _, fn := range functions(f) {
		if fn.Recv != nil {
			methods[receiver(fn)]++
		}
	}
}

// functions returns the functions of a file that is no test.
func functions(f *File) []*ast.FuncDecl {
	var out []*ast.FuncDecl
	for _, decl := range f.AST.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil && !f.Test {
			out = append(out, fn)
		}
	}
	return out
}

func (t *Tree) typeSpec(f *File, spec *ast.TypeSpec, methods int) []Finding {
	var out []Finding
	name := spec.Name.Name
	if methods > maxMethods && !exempted(wideTypes, f, name) {
		out = append(out, t.at(f, spec.Pos(), "%s has %d methods, at most %d", name, methods, maxMethods))
	}
	switch d := spec.Type.(type) {
	case *ast.StructType:
		if n := d.Fields.NumFields(); n > maxFields && !wire(d) && !exempted(wideStructs, f, name) {
			out = append(out, t.at(f, spec.Pos(), "%s has %d fields, at most %d", name, n, maxFields))
		}
	case *ast.InterfaceType:
		if n := d.Methods.NumFields(); n > maxInterface {
			out = append(out, t.at(f, spec.Pos(), "interface %s has %d methods, at most %d", name, n, maxInterface))
		}
		for _, m := range d.Methods.List {
			if fn, ok := m.Type.(*ast.FuncType); ok && fn.Params.NumFields() > maxParams {
				out = append(out, t.at(f, m.Pos(), "a method of %s has %d parameters, at most %d", name, fn.Params.NumFields(), maxParams))
			}
		}
	}
	return out
}

// wire reports a struct whose every field has a tag: its width is that of a
// document which others define.
func wire(s *ast.StructType) bool {
	return !slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool { return f.Tag == nil })
}

func eachType(f *File, visit func(*ast.TypeSpec)) {
	for _, decl := range f.AST.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			if ts, ok := spec.(*ast.TypeSpec); ok {
				visit(ts)
			}
		}
	}
}

// receiver returns the name of the type that a method belongs to.
func receiver(fn *ast.FuncDecl) string {
	x := fn.Recv.List[0].Type
	for {
		switch e := x.(type) {
		case *ast.StarExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.IndexListExpr:
			x = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// Shape sums up the tree in one line, for the log of the test.
func Shape(t *Tree) string {
	var sizes []int
	var wide []string
	for _, pkg := range t.packages() {
		total := 0
		for _, f := range pkg {
			if f.Test {
				continue
			}
			total += f.Lines
			for _, fn := range functions(f) {
				sizes = append(sizes, t.lines(fn.Body))
			}
		}
		if total > expectedLength {
			wide = append(wide, fmt.Sprintf("%s (%d lines)", pkg[0].Dir, total))
		}
	}
	if len(sizes) == 0 {
		return "no functions"
	}
	slices.Sort(sizes)
	out := fmt.Sprintf("%d functions: median %d lines, p95 %d, longest %d", len(sizes), sizes[len(sizes)/2], sizes[len(sizes)*95/100], sizes[len(sizes)-1])
	if len(wide) > 0 {
		out += fmt.Sprintf("; over the expected %d lines: %s", expectedLength, strings.Join(wide, ", "))
	}
	return out
}
