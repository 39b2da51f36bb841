package accuracy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/realdata"
)

var update = flag.Bool("update", false, "write docs/accuracy.md and the expected figures anew")

// figures is everything that is measured.
type figures struct {
	Orders    map[string]*decided   `json:"orders"`
	Purls     purlFigures           `json:"purls"`
	Documents int                   `json:"documents"`
	Reference map[string]*agreement `json:"reference"`
	Made      map[string]*agreement `json:"made"`
	Scanner   *comparison           `json:"scanner,omitempty"`
}

//go:embed testdata/expected.json
var expected []byte

// TestAccuracy measures everything, and fails when a figure is worse than it
// was. Without osv-scanner its part is left out: "make accuracy" brings it.
func TestAccuracy(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a minute")
	}
	docs := documents(t)
	known := compiled(t)
	ref, gone := loadReference(t)
	ours := scanned(t, known, docs)
	got := figures{Orders: orders(t), Purls: purls(t), Documents: len(docs), Reference: ref.against(t, docs, ours), Made: againstMade(t, known, ref)}
	program := os.Getenv("TIDEMARK_OSV_SCANNER")
	if program != "" {
		got.Scanner = newComparison(gone).against(t, program, docs, ours)
	}
	t.Log("\n" + got.text())
	if *update && got.Scanner != nil {
		got.publish(t)
		return
	}
	var want figures
	if err := json.Unmarshal(expected, &want); err != nil {
		t.Fatal(err)
	}
	got.hold(t, &want)
	if program == "" {
		t.Log("osv-scanner was not given (TIDEMARK_OSV_SCANNER): not compared; make accuracy does it")
		return
	}
	got.publish(t)
}

// hold fails for each figure that is worse than it should be.
func (f *figures) hold(t *testing.T, want *figures) {
	for e, w := range want.Orders {
		if g := f.Orders[e]; g == nil || g.Wrong > 0 || g.Decisions < w.Decisions || g.Undecided > w.Undecided {
			t.Errorf("orders of %s: %+v, and should be %+v", e, g, *w)
		}
	}
	if f.Purls.Passed < want.Purls.Passed || len(f.Purls.Listed) > len(want.Purls.Listed) {
		t.Errorf("purls: %d pass, and should be %d", f.Purls.Passed, want.Purls.Passed)
	}
	worse(t, "the reference", f.Reference, want.Reference)
	worse(t, "what it was made of", f.Made, want.Made)
	if f.Scanner != nil && want.Scanner != nil {
		worse(t, "osv-scanner", f.Scanner.Ecosystems, want.Scanner.Ecosystems)
	}
}

// worse fails when less is found than was, or more that others do not find.
func worse(t *testing.T, who string, got, want map[string]*agreement) {
	for e, w := range want {
		g := got[e]
		if g == nil {
			g = &agreement{}
		}
		if g.recall() < w.recall() || g.precision() < w.precision() || g.Both < w.Both {
			t.Errorf("%s, against %s: %+v, and should not be less than %+v", e, who, *g, *w)
		}
	}
}

func (a *agreement) recall() float64    { return share(a.Both, a.OnlyTheirs) }
func (a *agreement) precision() float64 { return share(a.Both, a.OnlyOurs) }

func share(both, missing int) float64 {
	if both+missing == 0 {
		return 1
	}
	return float64(both) / float64(both+missing)
}

// publish writes the document, or compares it.
func (f *figures) publish(t *testing.T) {
	root := realdata.Root(t)
	path := filepath.Join(root, "docs", "accuracy.md")
	page := []byte(f.page())
	if *update {
		body, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "cmd", "tidemark", "accuracy", "testdata", "expected.json"), append(body, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, page) {
		t.Errorf("docs/accuracy.md does not say what was measured (%v): make accuracy UPDATE=1 writes it anew", err)
	}
}

// text is what the console shows.
func (f *figures) text() string {
	var b strings.Builder
	b.WriteString(f.ordersTable())
	fmt.Fprintf(&b, "\n%d of %d parse cases of the purl specification pass, %d are listed with a reason\n\n", f.Purls.Passed, f.Purls.Cases, len(f.Purls.Listed))
	b.WriteString(table("the reference", f.Reference) + "\n" + f.madeTable())
	if f.Scanner != nil {
		b.WriteString("\n" + table("osv-scanner", f.Scanner.Ecosystems) + "\n" + f.Scanner.kindsTable())
	}
	return b.String()
}

func (f *figures) ordersTable() string {
	var b strings.Builder
	var sum decided
	b.WriteString("| ecosystem | pairs | decisions | wrong | undecided |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, e := range sortedKeys(f.Orders) {
		n := f.Orders[e]
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", e, n.Pairs, n.Decisions, n.Wrong, n.Undecided)
		sum = decided{sum.Pairs + n.Pairs, sum.Decisions + n.Decisions, sum.Undecided + n.Undecided, sum.Wrong + n.Wrong}
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | %d |\n", sum.Pairs, sum.Decisions, sum.Wrong, sum.Undecided)
	return b.String()
}

func table(who string, all map[string]*agreement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| ecosystem | both | only Tidemark | only %s |\n| --- | ---: | ---: | ---: |\n", who)
	var sum agreement
	for _, e := range sortedKeys(all) {
		n := all[e]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", e, n.Both, n.OnlyOurs, n.OnlyTheirs)
		sum = agreement{sum.Both + n.Both, sum.OnlyOurs + n.OnlyOurs, sum.OnlyTheirs + n.OnlyTheirs}
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d |\n", sum.Both, sum.OnlyOurs, sum.OnlyTheirs)
	return b.String()
}

func (f *figures) madeTable() string {
	return strings.Replace(table("the reference", f.Made), "| ecosystem |", "| written as |", 1)
}

func (c *comparison) kindsTable() string {
	var b strings.Builder
	b.WriteString("| kind | differences | right | why | for example |\n| --- | ---: | --- | --- | --- |\n")
	for _, k := range sortedKeys(c.Kinds) {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | `%s` |\n", k, c.Kinds[k], kinds[k].right, kinds[k].words, strings.ReplaceAll(c.examples[k], "|", "/"))
	}
	return b.String()
}

//go:embed testdata/accuracy.md.txt
var frame string

// page is docs/accuracy.md: the frame, with the figures where they belong.
func (f *figures) page() string {
	return strings.NewReplacer(
		"{{orders}}", f.ordersTable(),
		"{{purls}}", fmt.Sprintf("%d of %d cases pass.", f.Purls.Passed, f.Purls.Cases),
		"{{listed}}", "* "+strings.Join(f.Purls.Listed, ".\n* ")+".",
		"{{documents}}", fmt.Sprint(f.Documents),
		"{{reference}}", table("the reference", f.Reference),
		"{{made}}", f.madeTable(),
		"{{scanner}}", table("osv-scanner", f.Scanner.Ecosystems),
		"{{kinds}}", f.Scanner.kindsTable(),
	).Replace(frame)
}

// TestEveryOrderIsStated: the table of docs/accuracy.md names an order for each
// ecosystem, and there is one.
func TestEveryOrderIsStated(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(frame, "## Orders of versions\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	stated := 0
	for line := range strings.Lines(rest) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || strings.Contains(cells[1], "---") || strings.Contains(cells[1], "ecosystems") {
			continue
		}
		for e := range strings.SplitSeq(cells[1], ",") {
			e = strings.TrimSpace(e)
			stated++
			if c, err := match.Compare(e, "1.2.0", "1.10.0"); (err != nil || c >= 0) && !strings.Contains(cells[2], "undecided") {
				t.Errorf("%s has no order: %d, %v", e, c, err)
			}
		}
	}
	if stated < 40 {
		t.Errorf("only %d ecosystems are stated", stated)
	}
}
