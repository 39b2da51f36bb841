package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// Globals checks that package variables never change: sentinel errors,
// compiled regexes, embedded files, and unexported tables that the package
// only reads.
func Globals(t *Tree) []Finding {
	var out []Finding
	for _, pkg := range t.packages() {
		written := writes(pkg)
		for _, f := range pkg {
			if !f.Test {
				out = append(out, t.fileVariables(f, written)...)
			}
		}
	}
	return out
}

func (t *Tree) fileVariables(f *File, written map[string]bool) []Finding {
	var out []Finding
	for _, decl := range f.AST.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.VAR {
			out = append(out, t.variables(f, gen, written)...)
		}
	}
	return out
}

func (t *Tree) variables(f *File, gen *ast.GenDecl, written map[string]bool) []Finding {
	var out []Finding
	for _, spec := range gen.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || embedded(gen, v) {
			continue
		}
		for i, name := range v.Names {
			var value ast.Expr
			if i < len(v.Values) {
				value = v.Values[i]
			}
			if why := changeable(name, value, v.Type); why != "" {
				out = append(out, t.at(f, name.Pos(), "package variable %s %s", name.Name, why))
			} else if written[name.Name] {
				out = append(out, t.at(f, name.Pos(), "package variable %s is written to", name.Name))
			}
		}
	}
	return out
}

func embedded(gen *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{gen.Doc, v.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			return true
		}
	}
	return false
}

// changeable says why a variable could change although nobody assigns to it.
func changeable(name *ast.Ident, value, typ ast.Expr) string {
	if name.Name == "_" {
		return ""
	}
	made := called(value)
	switch {
	case value == nil:
		return "has no value: only a later write could give it one"
	case made == "errors.New" || made == "fault.New" || made == "fmt.Errorf" || made == "regexp.MustCompile":
		return ""
	case name.IsExported():
		return "is exported: others could change it"
	case made == "make" || made == "new" || strings.HasPrefix(made, "list."):
		return "is made to be filled"
	case stateful(value) || stateful(typ):
		return "holds state"
	}
	return ""
}

func called(value ast.Expr) string {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return ""
	}
	return dotted(call.Fun)
}

func dotted(x ast.Expr) string {
	switch e := x.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return dotted(e.X)
	case *ast.CompositeLit:
		return dotted(e.Type)
	case *ast.UnaryExpr:
		return dotted(e.X)
	}
	return ""
}

// stateful reports types that exist to change: locks, pools, atomics.
func stateful(x ast.Expr) bool {
	if x == nil {
		return false
	}
	name := dotted(x)
	return strings.HasPrefix(name, "sync.") || strings.HasPrefix(name, "atomic.")
}

// writes collects the names that the functions of a package assign to, wholly
// or in part, take the address of, or delete from. Names are taken as they are
// written: a local variable that hides a table is worth renaming.
func writes(pkg []*File) map[string]bool {
	out := map[string]bool{}
	for _, f := range pkg {
		for _, decl := range f.AST.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				collectWrites(fn, out)
			}
		}
	}
	return out
}

func collectWrites(fn *ast.FuncDecl, out map[string]bool) {
	note := func(x ast.Expr) {
		if name := rootName(x); name != "" {
			out[name] = true
		}
	}
	local := locals(fn)
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				each(s.Lhs, local, note)
			}
		case *ast.IncDecStmt:
			each([]ast.Expr{s.X}, local, note)
		case *ast.UnaryExpr:
			if s.Op == token.AND {
				each([]ast.Expr{s.X}, local, note)
			}
		case *ast.CallExpr:
			if name := dotted(s.Fun); (name == "delete" || name == "clear" || name == "slices.Sort") && len(s.Args) > 0 {
				each(s.Args[:1], local, note)
			}
		}
		return true
	})
}

func each(list []ast.Expr, local map[string]bool, note func(ast.Expr)) {
	for _, x := range list {
		if !local[rootName(x)] {
			note(x)
		}
	}
}

// rootName returns the variable that an operand is a part of.
func rootName(x ast.Expr) string {
	switch e := x.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return rootName(e.X)
	case *ast.IndexExpr:
		return rootName(e.X)
	case *ast.StarExpr:
		return rootName(e.X)
	case *ast.ParenExpr:
		return rootName(e.X)
	}
	return ""
}

// locals collects the names that a function declares anywhere inside itself.
func locals(fn *ast.FuncDecl) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Field:
			for _, name := range s.Names {
				out[name.Name] = true
			}
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				addNames(out, s.Lhs)
			}
		case *ast.RangeStmt:
			if s.Tok == token.DEFINE {
				addNames(out, []ast.Expr{s.Key, s.Value})
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				out[name.Name] = true
			}
		}
		return true
	})
	return out
}

func addNames(out map[string]bool, list []ast.Expr) {
	for _, x := range list {
		if id, ok := x.(*ast.Ident); ok {
			out[id.Name] = true
		}
	}
}
