package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
	"github.com/tidemark/tidemark/internal/fault"
)

func (a *app) scanCmd() *cobra.Command {
	var from knowledgeFlags
	var reports reportFlags
	c := &cobra.Command{
		Use: "scan TARGET... (--intel DIR | --index FILE.tmidx)", Short: "Match SBOMs, lock files and images against advisories; nothing is kept",
		Long: `Match what is in each TARGET against a folder of advisories, or against an index
that was made of one, which is many times faster. Nothing is kept.

A TARGET is an SBOM, a lock file, the package database of a system, an image
that was saved in a file or folder (OCI layout, docker archive), or a folder with
any of the first three below it.

  tidemark intel compile --from ./intel --out intel.tmidx
  tidemark scan shop.cdx.json --index intel.tmidx -o json
  tidemark scan shop.cdx.json --index intel.tmidx -o sarif
  tidemark scan go.mod web/package-lock.json --index intel.tmidx
  docker save shop:1.2 -o shop.tar && tidemark scan shop.tar --index intel.tmidx

Exit codes: 0 also with matches; 6 when nothing names a package in a target
(which is not the same as clean), 7 when a file cannot be read.`,
		Args: command.Args(1, -1, "at least one TARGET"),
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
	in, err := gate.ReadTargets(ctx, paths)
	if err != nil {
		return err
	}
	known, err := a.know(ctx, from, in.Docs, false)
	if err != nil {
		return err
	}
	out := gate.Scan(known, in, a.AsOf.Time())
	err = a.publish(reports, published{
		doc: out, print: func() error { return a.printMatches(out) },
		report: func(by report.Maker) report.Report { return report.OfScan(out, by) },
	})
	if err != nil {
		return err
	}
	return a.sayInputs(in)
}

// sayInputs says how the targets were read, and what of them could not be.
func (a *app) sayInputs(in gate.Inputs) error {
	say := func(what, name, why string) {
		_, _ = fmt.Fprintf(a.Err, "tidemark: %s%s%s\n", what, output.Plain(name), output.Plain(why))
	}
	for _, d := range in.Read() {
		for _, note := range d.Notes {
			say("", d.Target, ": "+note)
		}
	}
	for _, r := range in.Skipped {
		say("skipped ", r.SBOM, ": "+r.Reason)
	}
	for _, r := range in.Rejected {
		say("rejected ", r.SBOM, ": "+r.Reason)
	}
	for _, name := range in.Empty() {
		say("no packages found in ", name, "")
	}
	switch {
	case len(in.Empty()) > 0:
		return command.Exit(command.ExitUndecided)
	case len(in.Rejected) > 0:
		return command.Exit(command.ExitPartial)
	}
	return nil
}

func (a *app) printMatches(out api.Matches) error {
	switch a.Print.Format {
	case output.JSON:
		return a.Print.Matches(&out)
	case output.NDJSON:
		return output.Lines(a.Out, out.Items)
	}
	err := output.Rows(&a.Print, out.Items, []output.Column[api.Match]{
		{Head: "ADVISORY", Cell: func(m api.Match) string { return m.Advisory }},
		{Head: "COMPONENT", Cell: func(m api.Match) string { return m.Purl }},
		{Head: "FIXED", Cell: func(m api.Match) string { return cmp.Or(strings.Join(m.Fixed, ", "), "none known") }},
		{Head: "ALIASES", Cell: func(m api.Match) string { return strings.Join(m.Aliases, ", ") }},
		{Head: "TARGET", Cell: func(m api.Match) string { return m.SBOM }},
	})
	if err != nil || a.Print.Format == output.CSV {
		return err
	}
	for _, s := range out.Summary {
		_, _ = fmt.Fprintf(a.Err, "%s: %s, %d components, %d weaknesses\n", output.Plain(s.SBOM), s.Kind, s.Components, s.Matched)
	}
	_, err = fmt.Fprintf(a.Err, "%s weaknesses in %d targets · %d components undecided (see undecided in -o json)\n",
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
		_, _ = fmt.Fprintf(a.Err, "tidemark: rejected %s: %s\n", output.Plain(r.Where), output.Plain(r.Reason))
	}
	return known, nil
}
