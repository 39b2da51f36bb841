// Package report writes what a scan or a gate found in the formats that other
// tools read: SARIF, CycloneDX VEX, OpenVEX, JUnit, Markdown and code quality.
//
// The model. A Report is made of one document of ours, and each format is written
// from it alone.
//
// Invariants. The same Report gives the same bytes: times are those of the
// document, lists have an order. Nothing is claimed that the document does not
// say: an address of help is left out, a weakness that was not found is not
// called "not affected". Text from outside stays text in every format.
package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// The formats.
const (
	SARIF        = "sarif"
	CycloneDXVEX = "cyclonedx-vex"
	OpenVEX      = "openvex"
	JUnit        = "junit"
	Markdown     = "markdown"
	CodeQuality  = "codequality"
)

// Formats lists them all.
func Formats() []string {
	return []string{SARIF, CycloneDXVEX, OpenVEX, JUnit, Markdown, CodeQuality}
}

// Report is what a format is written from.
type Report struct {
	Maker     Maker
	AsOf      time.Time
	Verdict   string // pass, fail, unknown; "" of a scan
	Sentence  string
	Findings  []Finding
	Undecided []api.Undecided
	Baseline  string // what was compared with; "": nothing
	Vanished  []api.Vanished
}

// Maker says who writes a report, and in whose name.
type Maker struct {
	Version string
	Author  string // of statements; "": nobody has said
}

// Standing says what a finding means for the verdict.
type Standing string

// The standings.
const (
	Counts     Standing = "counts" // it is a reason to fail, or a scan found it
	Known      Standing = "known"  // it was there before
	Suppressed Standing = "suppressed"
	Deferred   Standing = "deferred" // it is too new to fail
)

// Finding is one weakness of one component.
type Finding struct {
	Weakness  string
	Aliases   []string
	Component string // purl
	Version   string
	File      string // "": not said
	Line      int    // of the file that names the component; 0: not known
	Fixed     []string
	Reason    string
	Command   string // that usually brings the fix; "": none is known
	Judgement
}

// Judgement is what was decided about a finding.
type Judgement struct {
	Standing Standing
	Decision string // "": nobody has decided
	Score    int
	CVSS     *float64
	By       string
	Until    *time.Time
	Deadline *time.Time
}

// OfGate makes a report of a verdict.
func OfGate(g api.Gate, m Maker) Report {
	r := Report{Maker: m, AsOf: g.AsOf, Verdict: g.Verdict, Sentence: g.Sentence, Undecided: g.Undecided, Baseline: g.Baseline, Vanished: g.Vanished}
	for _, part := range []struct {
		items    []api.GateItem
		standing Standing
	}{{g.Failed, Counts}, {g.Deferred, Deferred}, {g.Known, Known}, {g.Suppressed, Suppressed}} {
		for i := range part.items {
			r.Findings = append(r.Findings, ofItem(&part.items[i], part.standing))
		}
	}
	return r
}

func ofItem(it *api.GateItem, s Standing) Finding {
	f := Finding{
		Weakness: it.Weakness, Aliases: it.Aliases, Component: it.Component, Version: it.Version, File: tidy(it.SBOM), Reason: it.Reason, Command: it.Command,
		Judgement: Judgement{
			Standing: s, Decision: it.Decision, Score: it.Score, CVSS: it.CVSS, By: it.By, Until: it.Until, Deadline: it.Deadline,
		},
	}
	if it.Fix != nil {
		f.Fixed = []string{*it.Fix}
	}
	return f
}

// OfScan makes a report of what a scan found, about which nothing is decided.
func OfScan(m api.Matches, by Maker) Report {
	r := Report{Maker: by, AsOf: m.AsOf, Undecided: m.Undecided, Sentence: reply.Counted(len(m.Items), "weakness", "weaknesses") + " in " +
		reply.Counted(len(m.Summary), "document", "documents") + ", " + reply.Counted(len(m.Undecided), "component", "components") + " undecided"}
	for _, it := range m.Items {
		names := append([]string{it.Advisory}, it.Aliases...)
		best := advisory.BestKnown(names)
		r.Findings = append(r.Findings, Finding{
			Weakness: best, Aliases: slices.DeleteFunc(names, func(n string) bool { return n == best }), Component: it.Purl,
			Version: it.Version, File: tidy(it.SBOM), Fixed: it.Fixed, Reason: it.Reason, Judgement: Judgement{Standing: Counts},
		})
	}
	return r
}

// tidy is a path as hosts of code take it: without "./", and with slashes.
func tidy(path string) string {
	if path == "" {
		return ""
	}
	return filepath.ToSlash(filepath.Clean(path))
}

// Named is the format that a name means; some have a short one.
func Named(format string) string {
	if format == "md" {
		return Markdown
	}
	return format
}

// Write writes a report in a format.
func Write(w io.Writer, format string, r Report) error {
	switch format {
	case SARIF:
		return writeSARIF(w, r)
	case CycloneDXVEX:
		return writeCycloneDX(w, r)
	case OpenVEX:
		return writeOpenVEX(w, r)
	case JUnit:
		return writeJUnit(w, r)
	case Markdown:
		return writeMarkdown(w, r)
	case CodeQuality:
		return writeCodeQuality(w, r)
	}
	return fault.New(fault.Invalid, "no report format %q", format).WithHint("the formats are %s", strings.Join(Formats(), ", "))
}

// Fingerprint names a finding for as long as it is the same: neither the
// component's version nor the file changes it.
func (f *Finding) Fingerprint() string {
	sum := sha256.Sum256([]byte(f.Weakness + "\n" + Place(f.Component)))
	return hex.EncodeToString(sum[:16])
}

// Place is a component whatever its version.
func Place(component string) string {
	if strings.HasPrefix(component, "pkg:") {
		return twin.Locus(component)
	}
	return component
}

// Action is what is to be done about a finding.
func (f *Finding) Action() string {
	if len(f.Fixed) == 0 {
		return "No fixed version is known."
	}
	return "Update to " + strings.Join(f.Fixed, " or ") + "."
}

// Stand says who let a finding pass, why and until when; "" when nobody did.
func (f *Finding) Stand() string {
	switch f.Standing {
	case Known:
		return "known before"
	case Deferred:
		if f.Until == nil {
			return "in grace"
		}
		return "in grace until " + f.Until.UTC().Format(time.DateOnly)
	case Suppressed:
		text := "suppressed by " + cmp.Or(f.By, "nobody in particular")
		if f.Until != nil {
			text += " until " + f.Until.UTC().Format(time.DateOnly)
		}
		return text + ": " + f.Reason
	case Counts:
	}
	return ""
}

// statements are the findings, each weakness of a component once, in whatever
// file it is.
func (r *Report) statements() (out []Finding) {
	said := map[[2]string]bool{}
	for _, f := range r.Findings {
		key := [2]string{f.Weakness, f.Component}
		if !said[key] {
			said[key], out = true, append(out, f)
		}
	}
	return out
}

// doubt is a component of which a named weakness could not be decided.
type doubt struct{ weakness, component, detail string }

// doubts lists them; what is undecided without a weakness's name is no statement
// about one.
func (r *Report) doubts() (out []doubt) {
	for _, u := range r.Undecided {
		name, _, ok := strings.Cut(u.Detail, " gives commits only")
		if ok && u.Reason == string(twin.GitOnly) && name != "" && !strings.Contains(name, " ") {
			out = append(out, doubt{name, u.Component, u.Detail})
		}
	}
	slices.SortFunc(out, func(a, b doubt) int {
		return cmp.Or(cmp.Compare(a.weakness, b.weakness), cmp.Compare(a.component, b.component))
	})
	return slices.Compact(out)
}

// encode writes JSON for people and machines.
func encode(w io.Writer, doc any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
