package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/server/desk"
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
	return group("intel", "What the world knows about weaknesses", up, status)
}

func (a *app) updateIntel(ctx context.Context, from string) error {
	var rep intel.Report
	m := mutation{verb: "intel update", object: or(from, "public feeds")}
	return a.writing(ctx, m, func(s *session) (err error) {
		up, err := a.updater(s, from)
		if err != nil {
			return err
		}
		rep, err = up.Update(ctx, from, a.progress())
		return err
	}, func(*session) error { return a.printIntel(a.intelDoc(rep)) })
}

// progress prints one line for each feed and stage, at most one a second.
func (a *app) progress() func(intel.Progress) {
	var last time.Time
	return func(p intel.Progress) {
		if p.Stage != intel.Finished && time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		if a.print.width == 0 && !a.flags.verbose {
			return
		}
		_, _ = fmt.Fprintf(a.err, "%-5s %-20s %d/%d\n", p.Stage, p.Feed, p.Done, p.Total)
	}
}

// intelDoc is what an update did, as a document.
func (a *app) intelDoc(rep intel.Report) api.IntelReport {
	doc := api.IntelReport{
		Schema: api.SchemaIntel, AsOf: a.asOf.Time(), Feeds: []api.FeedDone{}, Ignored: []api.Rejection{},
		Rejected: []api.Rejection{},
	}
	for _, f := range rep.Feeds {
		changed := f.Did.New + f.Did.Changed + f.Did.Removed
		doc.Changed += changed
		doc.Feeds = append(doc.Feeds, api.FeedDone{Feed: desk.FeedItems([]advisory.Feed{f.Feed})[0], Changed: changed, Unchanged: f.Status == intel.Unchanged})
	}
	for _, i := range rep.Ignored {
		doc.Ignored = append(doc.Ignored, api.Rejection{Where: i.Path, Reason: i.Reason})
	}
	for _, r := range rep.Rejections() {
		doc.Rejected = append(doc.Rejected, api.Rejection{Where: r.Where, Reason: r.Reason})
	}
	return doc
}

func (a *app) printIntel(doc api.IntelReport) error {
	if err := a.print.document(doc, func(w io.Writer) { intelText(w, doc) }); err != nil {
		return err
	}
	if len(doc.Rejected) == 0 {
		return nil
	}
	for _, r := range doc.Rejected {
		_, _ = fmt.Fprintf(a.err, "tidemark: rejected %s: %s\n", plain(r.Where), plain(r.Reason))
	}
	return exit{exitPartial}
}

func intelText(w io.Writer, doc api.IntelReport) {
	for _, f := range doc.Feeds {
		what := fmt.Sprintf("%d changed", f.Changed)
		if f.Unchanged {
			what = "the same input as last time"
		}
		_, _ = fmt.Fprintf(w, "%-4s %-16s %7d records  %-28s data of %s\n", f.Kind, f.Name, f.Records, what, day(f.DataTime))
	}
	const shown = 10
	for _, i := range doc.Ignored[:min(shown, len(doc.Ignored))] {
		_, _ = fmt.Fprintf(w, "ignored %s: %s\n", plain(i.Where), plain(i.Reason))
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
		return printList(&a.print, out, []column[api.Feed]{
			{"FEED", func(f api.Feed) string { return f.Kind }},
			{"NAME", func(f api.Feed) string { return f.Name }},
			{"RECORDS", func(f api.Feed) string { return fmt.Sprint(f.Records) }},
			{"DATA OF", func(f api.Feed) string { return day(f.DataTime) }},
			{"LOADED", func(f api.Feed) string { return day(f.LoadedAt) }},
		})
	})
}
