// Command lint is the vet tool of this repository: one program with every
// analyzer that we switch on, run by "go vet -vettool", so that results are
// kept in Go's build cache and a second run costs seconds.
//
// tools/README.md gives the reason for each analyzer. There is no way to
// silence a finding by a comment: fix it, or take the analyzer out for all.
package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gordonklaus/ineffassign/pkg/ineffassign"
	"github.com/gostaticanalysis/nilerr"
	"github.com/jingyugao/rowserrcheck/passes/rowserr"
	"github.com/kisielk/errcheck/errcheck"
	"github.com/nishanths/exhaustive/passes/exhaustive"
	"github.com/polyfloyd/go-errorlint/errorlint"
	"github.com/ryanrolds/sqlclosecheck/pkg/analyzer"
	"github.com/sonatard/noctx"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
	"honnef.co/go/tools/analysis/lint"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/unused"
)

func main() {
	unitchecker.Main(analyzers()...)
}

// analyzers lists what runs, cheapest reason first.
func analyzers() []*analysis.Analyzer {
	all := []*analysis.Analyzer{
		errcheck.Analyzer,
		ineffassign.Analyzer,
		errorlint.NewAnalyzer(),
		nilerr.Analyzer,
		bodyclose.Analyzer,
		analyzer.NewAnalyzer(),
		rowserr.NewAnalyzer(),
		noctx.Analyzer,
		enumerations(),
		unusedCode(),
	}
	all = append(all, defaults(staticcheck.Analyzers)...)
	all = append(all, defaults(simple.Analyzers)...)
	slices.SortFunc(all, func(a, b *analysis.Analyzer) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// defaults leaves out the checks that staticcheck itself leaves out unless asked.
func defaults(from []*lint.Analyzer) []*analysis.Analyzer {
	var out []*analysis.Analyzer
	for _, a := range from {
		if !a.Doc.NonDefault {
			out = append(out, a.Analyzer)
		}
	}
	return out
}

// enumerations demands that a switch over an enumeration of ours names every
// value or has a default: a value that is added later then shows where it is
// not thought of yet. Maps are left alone: most are partial on purpose.
func enumerations() *analysis.Analyzer {
	a := exhaustive.Analyzer
	for name, value := range map[string]string{"check": "switch", "d": "true", "typeignore": `^reflect\.`} {
		if err := a.Flags.Set(name, value); err != nil {
			panic(fmt.Sprintf("exhaustive: %v", err))
		}
	}
	return a
}

// unusedCode turns the result of staticcheck's U1000 into findings; its own
// command does that outside of the analyzer.
func unusedCode() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:     "unused",
		Doc:      "reports names that nothing uses",
		Requires: []*analysis.Analyzer{unused.Analyzer.Analyzer},
		Run: func(pass *analysis.Pass) (any, error) {
			result, ok := pass.ResultOf[unused.Analyzer.Analyzer].(unused.Result)
			if !ok {
				return nil, fmt.Errorf("unused gave a %T", pass.ResultOf[unused.Analyzer.Analyzer])
			}
			for _, o := range result.Unused {
				pass.Report(diagnostic(pass, o))
			}
			return nil, nil
		},
	}
}

func diagnostic(pass *analysis.Pass, o unused.Object) analysis.Diagnostic {
	d := analysis.Diagnostic{Message: fmt.Sprintf("%s %s is unused", o.Kind, o.Name)}
	for _, f := range pass.Files {
		file := pass.Fset.File(f.Pos())
		if pass.Fset.Position(f.Pos()).Filename == o.Position.Filename && o.Position.Offset <= file.Size() {
			d.Pos = file.Pos(o.Position.Offset)
		}
	}
	return d
}
