package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
	"github.com/tidemark/tidemark/internal/fault"
)

func (a *app) scanCmd() *cobra.Command {
	var from knowledgeFlags
	var reports reportFlags
	c := &cobra.Command{
		Use: "scan FILE_OR_DIR... (--intel DIR | --index FILE.tmidx)", Short: "Match SBOMs against advisories; nothing is kept",
		Long: `Match SBOMs against a folder of advisories, or against an index that was made
of one, which is many times faster. Nothing is kept.

  tidemark intel compile --from ./intel --out intel.tmidx
  tidemark scan shop.cdx.json --index intel.tmidx -o json
  tidemark scan shop.cdx.json --index intel.tmidx -o sarif`,
		Args: args(1, -1, "at least one SBOM or folder"),
		RunE: func(c *cobra.Command, paths []string) error { return a.scan(c.Context(), from, reports, paths) },
	}
	c.Flags().StringVar(&from.dir, "intel", "", "folder with OSV <Ecosystem>/all.zip anywhere below")
	c.Flags().StringVar(&from.index, "index", "", "file made by: tidemark intel compile")
	reports.register(c)
	return c
}

// knowledgeFlags say where advisories are: in a folder, or in a compiled file.
type knowledgeFlags struct{ dir, index string }

// know reads or opens what the documents need.
func (a *app) know(ctx context.Context, from knowledgeFlags, docs []gate.Document, judged bool) (*gate.Knowledge, error) {
	if from.dir != "" && from.index != "" {
		return nil, fault.New(fault.Invalid, "--intel and --index are two sources of one thing").WithHint("give one of them")
	}
	if from.index != "" {
		known, err := gate.OpenIndex(from.index)
		if err == nil && judged {
			err = known.Judges()
		}
		return known, err
	}
	return a.load(ctx, from.dir, docs, judged)
}

func (a *app) scan(ctx context.Context, from knowledgeFlags, reports reportFlags, paths []string) error {
	if err := reports.check(); err != nil {
		return err
	}
	docs, rejected, err := gate.ReadAll(paths)
	if err != nil {
		return err
	}
	known, err := a.know(ctx, from, docs, false)
	if err != nil {
		return err
	}
	out := gate.Scan(known, docs, rejected, a.asOf.Time())
	err = a.publish(reports, published{
		doc: out, print: func() error { return a.printMatches(out) },
		report: func(by report.Maker) report.Report { return report.OfScan(out, by) },
	})
	if err != nil {
		return err
	}
	if len(rejected) == 0 {
		return nil
	}
	for _, r := range rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", output.Plain(r.SBOM), output.Plain(r.Reason))
	}
	return exit{exitPartial}
}

func (a *app) printMatches(out api.Matches) error {
	switch a.print.Format {
	case output.JSON:
		return a.print.Indented(out)
	case output.NDJSON:
		return output.Lines(a.out, out.Items)
	}
	err := output.Rows(&a.print, out.Items, []output.Column[api.Match]{
		{Head: "ADVISORY", Cell: func(m api.Match) string { return m.Advisory }},
		{Head: "COMPONENT", Cell: func(m api.Match) string { return m.Purl }},
		{Head: "FIXED", Cell: func(m api.Match) string { return cmp.Or(strings.Join(m.Fixed, ", "), "none known") }},
		{Head: "ALIASES", Cell: func(m api.Match) string { return strings.Join(m.Aliases, ", ") }},
		{Head: "SBOM", Cell: func(m api.Match) string { return m.SBOM }},
	})
	if err != nil || a.print.Format == output.CSV {
		return err
	}
	_, err = fmt.Fprintf(a.err, "%s weaknesses in %d SBOMs · %d components undecided (see undecided in -o json)\n",
		strconv.Itoa(len(out.Items)), len(out.Summary), len(out.Undecided))
	return err
}

// load reads from a folder what the documents need, and says what of it cannot
// be read.
func (a *app) load(ctx context.Context, dir string, docs []gate.Document, signals bool) (*gate.Knowledge, error) {
	known, err := gate.Load(ctx, dir, docs, signals)
	if err != nil {
		return nil, err
	}
	for _, r := range known.Rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", output.Plain(r.Where), output.Plain(r.Reason))
	}
	return known, nil
}
