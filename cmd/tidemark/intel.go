package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/intel"
)

func (a *app) intelCmd() *cobra.Command {
	var from string
	up := &cobra.Command{
		Use: "update [--from DIR]", Short: "Load advisories (OSV), KEV and EPSS from a folder or their public addresses",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			return a.remotely(func(to *client.Client) error { return a.sendIntel(c.Context(), to, from) },
				func() error { return a.updateIntel(c.Context(), from) })
		},
	}
	up.Flags().StringVar(&from, "from", "", "folder with OSV <Ecosystem>/all.zip, KEV and EPSS anywhere below")
	status := &cobra.Command{
		Use: "status", Short: "How fresh each feed is", Args: args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.intelStatus(c.Context()) },
	}
	return group("intel", "What the world knows about weaknesses", up, status, a.compileCmd())
}

func (a *app) compileCmd() *cobra.Command {
	var from, out string
	c := &cobra.Command{
		Use: "compile --from DIR --out FILE.tmidx", Short: "Make one fast file of a folder of advisories, for scan --index",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			doc, err := gate.Compile(c.Context(), from, out, a.asOf.Time())
			if err != nil {
				return err
			}
			return a.printCompiled(doc)
		},
	}
	c.Flags().StringVar(&from, "from", "", "folder with OSV <Ecosystem>/all.zip anywhere below")
	c.Flags().StringVar(&out, "out", "", "file to write; it is replaced as a whole")
	return c
}

func (a *app) printCompiled(doc api.Compiled) error {
	err := a.print.Document(doc, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s: %d records about %d packages of %d feeds, %.1f MB\n",
			output.Plain(doc.Out), doc.Records, doc.Packages, len(doc.Feeds), float64(doc.Bytes)/1e6)
	})
	if err != nil || len(doc.Rejected) == 0 {
		return err
	}
	for _, r := range doc.Rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", output.Plain(r.Where), output.Plain(r.Reason))
	}
	return exit{exitPartial}
}

func (a *app) updateIntel(ctx context.Context, from string) error {
	var rep intel.Report
	m := local.Mutation{Verb: "intel update", Object: cmp.Or(from, "public feeds")}
	return a.writing(ctx, m, func(s *local.Session) (err error) {
		up, err := s.Updater(from)
		if err != nil {
			return err
		}
		rep, err = up.Update(ctx, from, a.progress())
		return err
	}, func(*local.Session) error { return a.printIntel(local.IntelDocument(rep, a.asOf.Time())) })
}

// progress prints one line for each feed and stage, at most one a second.
func (a *app) progress() func(intel.Progress) {
	var last time.Time
	return func(p intel.Progress) {
		if p.Stage != intel.Finished && time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		if a.print.Width == 0 && !a.flags.verbose {
			return
		}
		_, _ = fmt.Fprintf(a.err, "%-5s %-20s %d/%d\n", p.Stage, p.Feed, p.Done, p.Total)
	}
}

func (a *app) printIntel(doc api.IntelReport) error {
	if err := a.print.Document(doc, func(w io.Writer) { intelText(w, doc) }); err != nil {
		return err
	}
	if len(doc.Rejected) == 0 {
		return nil
	}
	for _, r := range doc.Rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", output.Plain(r.Where), output.Plain(r.Reason))
	}
	return exit{exitPartial}
}

func intelText(w io.Writer, doc api.IntelReport) {
	for _, f := range doc.Feeds {
		what := fmt.Sprintf("%d changed", f.Changed)
		if f.Unchanged {
			what = "the same input as last time"
		}
		_, _ = fmt.Fprintf(w, "%-4s %-16s %7d records  %-28s data of %s\n", f.Kind, f.Name, f.Records, what, output.Day(f.DataTime))
	}
	const shown = 10
	for _, i := range doc.Ignored[:min(shown, len(doc.Ignored))] {
		_, _ = fmt.Fprintf(w, "ignored %s: %s\n", output.Plain(i.Where), output.Plain(i.Reason))
	}
	if more := len(doc.Ignored) - shown; more > 0 {
		_, _ = fmt.Fprintf(w, "ignored %d more files (-o json lists all)\n", more)
	}
	_, _ = fmt.Fprintf(w, "%d changes\n", doc.Changed)
}

func (a *app) intelStatus(ctx context.Context) error {
	return a.asking(ctx, func(d answers) error {
		out, err := d.Feeds(ctx, a.query())
		if err != nil {
			return err
		}
		return output.List(&a.print, out, []output.Column[api.Feed]{
			{Head: "FEED", Cell: func(f api.Feed) string { return f.Kind }},
			{Head: "NAME", Cell: func(f api.Feed) string { return f.Name }},
			{Head: "RECORDS", Cell: func(f api.Feed) string { return fmt.Sprint(f.Records) }},
			{Head: "DATA OF", Cell: func(f api.Feed) string { return output.Day(f.DataTime) }},
			{Head: "LOADED", Cell: func(f api.Feed) string { return output.Day(f.LoadedAt) }},
		})
	})
}
