package archtest

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// unfitNames say form, not meaning.
var unfitNames = []string{
	"util", "utils", "common", "helper", "helpers", "type", "types", "model", "models",
	"manager", "base", "misc", "shared", "core", "lib",
}

var interfacePrefix = regexp.MustCompile(`^I[A-Z][a-z]`)

// Names checks the names of packages and of interfaces.
func Names(t *Tree) []Finding {
	var out []Finding
	for _, pkg := range t.packages() {
		if name := pkg[0].AST.Name.Name; slices.Contains(unfitNames, strings.TrimSuffix(name, "_test")) {
			out = append(out, Finding{Path: pkg[0].Dir, Message: fmt.Sprintf("package name %q says form, not meaning", name)})
		}
		for _, f := range pkg {
			eachType(f, func(spec *ast.TypeSpec) {
				if _, ok := spec.Type.(*ast.InterfaceType); ok && interfacePrefix.MatchString(spec.Name.Name) {
					out = append(out, t.at(f, spec.Pos(), "interface %s: no I before a name", spec.Name.Name))
				}
			})
		}
	}
	return out
}

// Documentation checks that every package and every exported name has its comment.
func Documentation(t *Tree) []Finding {
	var out []Finding
	for _, pkg := range t.packages() {
		documented, code := false, false
		for _, f := range pkg {
			if strings.HasSuffix(f.Path, "_test.go") {
				continue
			}
			code = true
			documented = documented || f.AST.Doc.Text() != ""
			for _, decl := range f.AST.Decls {
				out = append(out, t.undocumented(f, decl)...)
			}
		}
		if code && !documented {
			out = append(out, Finding{Path: pkg[0].Dir, Message: "the package has no comment"})
		}
	}
	return out
}

func (t *Tree) undocumented(f *File, decl ast.Decl) []Finding {
	var out []Finding
	missing := func(name *ast.Ident) {
		out = append(out, t.at(f, name.Pos(), "exported %s has no comment", name.Name))
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		ofExported := d.Recv == nil || ast.IsExported(receiver(d))
		if d.Name.IsExported() && ofExported && d.Doc.Text() == "" {
			missing(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if name := exportedBare(spec); name != nil && d.Doc.Text() == "" {
				missing(name)
			}
		}
	}
	return out
}

// exportedBare returns the first exported name of a spec without a comment.
func exportedBare(spec ast.Spec) *ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc.Text() == "" {
			return s.Name
		}
	case *ast.ValueSpec:
		i := slices.IndexFunc(s.Names, (*ast.Ident).IsExported)
		if i >= 0 && s.Doc.Text() == "" && s.Comment.Text() == "" {
			return s.Names[i]
		}
	}
	return nil
}

// Habits checks what code may not do: init functions, else after a return,
// goroutines and clocks outside of the rooms that may have them.
func Habits(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if why := bad(f, n); why != "" {
				out = append(out, t.at(f, n.Pos(), "%s", why))
			}
			return true
		})
	}
	return out
}

func bad(f *File, n ast.Node) string {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv == nil && n.Name.Name == "init" {
			return "no init: wire it in cmd"
		}
	case *ast.GoStmt:
		if !slices.Contains(starters, f.Room) {
			return "libraries start no goroutines"
		}
	case *ast.IfStmt:
		if n.Else != nil && leaves(n.Body) {
			return "else after a branch that leaves: return early"
		}
	case *ast.SelectorExpr:
		if isClock(n) && !slices.Contains(clocks, f.Room) {
			return "time." + n.Sel.Name + " in a library: the clock is a field that cmd fills"
		}
	}
	return ""
}

func leaves(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	switch body.List[len(body.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

func isClock(s *ast.SelectorExpr) bool {
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name)
}

// Tested checks that every package with code has tests beside it.
func Tested(t *Tree) []Finding {
	var out []Finding
	for _, pkg := range t.packages() {
		tested := slices.ContainsFunc(pkg, func(f *File) bool { return f.Test })
		code := slices.ContainsFunc(pkg, func(f *File) bool { return !f.Test && hasCode(f) })
		if code && !tested {
			out = append(out, Finding{Path: pkg[0].Dir, Message: "no test file beside the code"})
		}
	}
	return out
}

func hasCode(f *File) bool {
	return slices.ContainsFunc(f.AST.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Body != nil
	})
}
