package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/twin"
)

func (a *app) scanCmd() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "scan FILE_OR_DIR... --intel DIR", Short: "Match SBOMs against a folder of advisories; nothing is kept",
		Args: args(1, -1, "at least one SBOM or folder"),
		RunE: func(c *cobra.Command, paths []string) error { return a.scan(c.Context(), dir, paths) },
	}
	c.Flags().StringVar(&dir, "intel", "", "folder with OSV <Ecosystem>/all.zip anywhere below")
	return c
}

// document is one SBOM of a scan.
type document struct {
	name string // as given
	sbom twin.SBOM
}

func (a *app) scan(ctx context.Context, dir string, paths []string) error {
	docs, rejected, err := readSBOMs(paths)
	if err != nil {
		return err
	}
	known, err := a.intelFor(ctx, dir, docs, false)
	if err != nil {
		return err
	}
	out := api.Matches{
		Schema: api.SchemaMatches, AsOf: a.asOf.Time(), Items: []api.Match{}, Undecided: []api.Undecided{},
		Rejected: list(rejected), Feeds: desk.FeedItems(known.Feeds), Summary: []api.ScannedSummary{},
	}
	eval := match.NewEvaluator(known.index)
	for _, d := range docs {
		scanOne(eval, d, a.asOf.Time(), &out)
	}
	sortMatches(&out)
	if err := a.printMatches(out); err != nil {
		return err
	}
	if len(rejected) == 0 {
		return nil
	}
	for _, r := range rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", plain(r.SBOM), plain(r.Reason))
	}
	return exit{exitPartial}
}

// evaluated gives each component with what the records say of it. A component
// that the document lists twice comes once.
func (d document) evaluated(eval *match.Evaluator) iter.Seq2[twin.Component, match.Result] {
	return func(yield func(twin.Component, match.Result) bool) {
		seen := map[string]bool{}
		for _, c := range d.sbom.Contents() {
			if c.Purl != "" && seen[c.Purl] {
				continue
			}
			seen[c.Purl] = true
			if !yield(c, eval.Evaluate(c)) {
				return
			}
		}
	}
}

// undecidedItems lists what could not be said about one component.
func undecidedItems(d document, res match.Result) (out []api.Undecided) {
	for _, u := range res.Undecided {
		out = append(out, api.Undecided{SBOM: d.name, Component: u.Component, Reason: string(u.Reason), Detail: u.Detail})
	}
	return out
}

// scanOne matches every component of one document.
func scanOne(eval *match.Evaluator, d document, now time.Time, out *api.Matches) {
	sum := api.ScannedSummary{SBOM: d.name, Components: len(d.sbom.Contents())}
	for c, res := range d.evaluated(eval) {
		undecided := undecidedItems(d, res)
		out.Undecided = append(out.Undecided, undecided...)
		sum.Undecided += len(undecided)
		for _, it := range match.Group(inForce(res.Matches, now)) {
			out.Items = append(out.Items, api.Match{
				SBOM: d.name, Purl: c.Purl, Version: cmp.Or(c.Version, res.Package.Version),
				Advisory: it.Advisory, Aliases: it.Aliases, Fixed: list(it.Fixed), Reason: why(it.Matches[0]),
			})
			sum.Matched++
		}
	}
	out.Summary = append(out.Summary, sum)
}

// inForce drops the matches of records that are withdrawn.
func inForce(matches []match.Match, now time.Time) []match.Match {
	return slices.DeleteFunc(slices.Clone(matches), func(m match.Match) bool {
		return m.Withdrawn && !m.Record.Withdrawn.After(now)
	})
}

func why(m match.Match) string {
	name := m.Reason.Key.Ecosystem
	if m.Reason.Release != "" {
		name += ":" + m.Reason.Release
	}
	return name + " " + m.Reason.Key.Name + " " + m.Reason.Range + ": " + m.Reason.Comparison
}

func sortMatches(out *api.Matches) {
	slices.SortFunc(out.Items, func(x, y api.Match) int {
		return cmp.Or(cmp.Compare(x.SBOM, y.SBOM), cmp.Compare(x.Purl, y.Purl), cmp.Compare(x.Advisory, y.Advisory))
	})
	slices.SortFunc(out.Undecided, func(x, y api.Undecided) int {
		return cmp.Or(cmp.Compare(x.SBOM, y.SBOM), cmp.Compare(x.Component, y.Component), cmp.Compare(x.Reason, y.Reason))
	})
}

func (a *app) printMatches(out api.Matches) error {
	switch a.print.format {
	case formatJSON:
		return a.print.indented(out)
	case formatNDJSON:
		return lines(a.out, out.Items)
	}
	err := printRows(&a.print, out.Items, []column[api.Match]{
		{"ADVISORY", func(m api.Match) string { return m.Advisory }},
		{"COMPONENT", func(m api.Match) string { return m.Purl }},
		{"FIXED", func(m api.Match) string { return or(strings.Join(m.Fixed, ", "), "none known") }},
		{"ALIASES", func(m api.Match) string { return strings.Join(m.Aliases, ", ") }},
		{"SBOM", func(m api.Match) string { return m.SBOM }},
	})
	if err != nil || a.print.format == formatCSV {
		return err
	}
	_, err = fmt.Fprintf(a.err, "%s weaknesses in %d SBOMs · %d components undecided (see undecided in -o json)\n",
		strconv.Itoa(len(out.Items)), len(out.Summary), len(out.Undecided))
	return err
}

// knowledge is what a folder of feeds says, indexed.
type knowledge struct {
	*intel.Intelligence
	index *match.MapIndex
}

// intelFor reads from a folder what the documents need: the archives of their
// ecosystems, and of these the records that may speak of their packages.
func (a *app) intelFor(ctx context.Context, dir string, docs []document, signals bool) (*knowledge, error) {
	if dir == "" {
		return nil, fault.New(fault.Invalid, "no advisories given").WithHint("use --intel DIR with OSV <Ecosystem>/all.zip anywhere below it")
	}
	wanted, present := packagesOf(docs)
	in, err := intel.LoadDir(ctx, dir, intel.Query{
		Ecosystems: func(e string) bool { return present[e] },
		Want:       func(e, name string) bool { return wanted[advisory.PackageKey{Ecosystem: e, Name: name}] },
		Signals:    signals,
	})
	if err != nil {
		return nil, err
	}
	for _, r := range in.Rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", plain(r.Where), plain(r.Reason))
	}
	records := make([]*advisory.Record, len(in.Records))
	for i := range in.Records {
		records[i] = &in.Records[i]
	}
	return &knowledge{in, match.NewMapIndex(records, ecosystemsOf(in.Feeds))}, nil
}

// ecosystemsOf lists the ecosystems for which there is a feed.
func ecosystemsOf(feeds []advisory.Feed) []string {
	var out []string
	for _, f := range feeds {
		if f.Kind == advisory.FeedOSV {
			base, _ := advisory.SplitEcosystem(f.Name)
			out = append(out, base)
		}
	}
	return out
}

func packagesOf(docs []document) (wanted map[advisory.PackageKey]bool, ecosystems map[string]bool) {
	wanted, ecosystems = map[advisory.PackageKey]bool{}, map[string]bool{}
	for _, d := range docs {
		for _, c := range d.sbom.Contents() {
			p, _ := match.PackageOf(c)
			if p.Ecosystem == "" {
				continue
			}
			ecosystems[p.Ecosystem] = true
			for _, k := range match.Keys(p) {
				wanted[k] = true
			}
		}
	}
	return wanted, ecosystems
}

// readSBOMs reads the files, and those below folders, in a stable order. A
// file that cannot be read as an SBOM is rejected; a path that does not exist
// is an error.
func readSBOMs(paths []string) (docs []document, rejected []api.RejectedInput, err error) {
	files, err := expand(paths)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range files {
		doc, err := readSBOM(path)
		if err != nil {
			rejected = append(rejected, api.RejectedInput{SBOM: path, Reason: err.Error()})
			continue
		}
		docs = append(docs, document{path, doc})
	}
	return docs, rejected, nil
}

func readSBOM(path string) (doc twin.SBOM, err error) {
	f, err := os.Open(path)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return sbom.Read(f, sbom.Options{})
}

// expand lists files as given, and the JSON and XML files below folders.
func expand(paths []string) (files []string, err error) {
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "read the input")
		}
		if !info.IsDir() {
			files = append(files, p)
			continue
		}
		below, err := documentsBelow(p)
		if err != nil {
			return nil, err
		}
		if len(below) == 0 {
			return nil, fault.New(fault.Invalid, "%s has no .json or .xml file", p).WithHint("name a folder with SBOMs")
		}
		files = append(files, below...)
	}
	return files, nil
}

// documentsBelow lists the documents below a folder by the paths under it.
// Links to files are followed, links to folders are not.
func documentsBelow(dir string) (files []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if ext := strings.ToLower(filepath.Ext(name)); d.IsDir() || ext != ".json" && ext != ".xml" {
			return nil
		}
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return nil
		}
		files = append(files, path) // a link that leads nowhere is rejected when it is read
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the folder %s", dir)
	}
	return files, nil
}
