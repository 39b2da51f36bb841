package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/bundle"
)

// feedsAsked says which feeds to load.
type feedsAsked struct {
	from         string          // a folder or a bundle; "": the public addresses
	trust        string          // the key of a bundle
	acceptShrink []string        // feeds that may have shrunk
	allowOlder   bool            // a bundle that is older than the one loaded last
	csaf         []string        // provider-metadata.json of suppliers
	bundle       bundle.Manifest // of what was unpacked; zero: no bundle
}

func (a *app) intelCmd() *cobra.Command {
	var f feedsAsked
	up := &cobra.Command{
		Use:   "update [--from DIR|BUNDLE --trust KEY] [--accept-shrink FEED]... [--csaf URL]...",
		Short: "Load advisories (OSV) and signs of exploitation from a folder, a bundle or their public addresses",
		Args:  command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			return a.fromBundle(f, func(f feedsAsked) error {
				return a.Remotely(func(to *client.Client) error { return a.sendIntel(c.Context(), to, f) },
					func() error { return a.updateIntel(c.Context(), f) })
			})
		},
	}
	up.Flags().StringVar(&f.from, "from", "", "folder with OSV <Ecosystem>/all.zip, KEV, EPSS, exploits and SSVC anywhere below, or a signed bundle")
	up.Flags().StringVar(&f.trust, "trust", "", "public key (or a file with it) that the bundle must be signed by")
	up.Flags().StringSliceVar(&f.acceptShrink, "accept-shrink", nil, "take this feed (osv/npm, kev) although it lost more than a fifth of its entries")
	up.Flags().BoolVar(&f.allowOlder, "allow-older", false, "load a bundle although it, or a feed in it, is older than what was loaded from one before")
	up.Flags().StringSliceVar(&f.csaf, "csaf", nil, "https address of a supplier's provider-metadata.json, whose CSAF documents are fetched as well")
	status := &cobra.Command{
		Use: "status", Short: "How fresh each feed is, and what follows from one that is not", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.intelStatus(c.Context()) },
	}
	return command.Group("intel", "What the world knows about weaknesses", up, status, a.compileCmd(), a.bundleCmd(), a.intelEventsCmd())
}

// fromBundle checks and unpacks a bundle before anything is loaded from it.
func (a *app) fromBundle(f feedsAsked, load func(feedsAsked) error) (err error) {
	if len(f.csaf) > 0 && (f.from != "" || a.IsRemote()) {
		return fault.New(fault.Invalid, "--csaf fetches, on this machine's own data").WithHint("leave --from and --server out; fetched documents are part of intel bundle")
	}
	if f.allowOlder && f.trust == "" {
		return fault.New(fault.Invalid, "--allow-older is for a bundle").WithHint("intel update --from FILE --trust KEY --allow-older")
	}
	if info, statErr := os.Stat(f.from); f.from == "" || statErr != nil || info.IsDir() {
		if f.trust != "" {
			return fault.New(fault.Invalid, "--trust is for a bundle, and --from names none").WithHint("intel update --from FILE --trust KEY")
		}
		return load(f)
	}
	if f.trust == "" {
		return fault.New(fault.Invalid, "%s is loaded only if it is signed by a key that you trust", f.from).
			WithHint("add --trust KEY, as intel bundle --public-key prints it where the bundle was made")
	}
	key, err := bundle.ParseKey(f.trust)
	if err != nil {
		return err
	}
	dir, made, err := bundle.Open(f.from, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	f.from, f.bundle = dir, made
	return load(f)
}

func (a *app) bundleCmd() *cobra.Command {
	var from, out string
	var keyOnly bool
	c := &cobra.Command{
		Use: "bundle --out FILE [--from DIR] | --public-key", Short: "Make one signed file of the feeds, for where none can be fetched",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			if a.IsRemote() {
				return command.NotRemote()
			}
			if keyOnly == (out != "") {
				return fault.New(fault.Invalid, "give --out FILE, or --public-key").WithHint("intel bundle --out feeds.tmb")
			}
			doc, err := a.Home().Bundle(c.Context(), local.BundleAsked{From: from, Out: out, Version: version})
			if err != nil {
				return err
			}
			return a.Print.Document(doc, func(w io.Writer) {
				if doc.Out != "" {
					_, _ = fmt.Fprintf(w, "%s: %d feeds, %.1f MB; its readers trust\n", output.Plain(doc.Out), len(doc.Feeds), float64(doc.Bytes)/1e6)
				}
				_, _ = fmt.Fprintln(w, doc.PublicKey)
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "folder of feeds (default: what intel update has fetched)")
	c.Flags().StringVar(&out, "out", "", "file to write; it is replaced as a whole")
	c.Flags().BoolVar(&keyOnly, "public-key", false, "print only the key that readers of our bundles trust")
	return c
}

func (a *app) compileCmd() *cobra.Command {
	var from, out string
	c := &cobra.Command{
		Use: "compile --from DIR --out FILE.tmidx", Short: "Make one fast file of a folder of advisories, for scan --index",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			doc, err := gate.Compile(c.Context(), from, out, a.AsOf.Time())
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
	err := a.Print.Document(doc, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s: %d records about %d packages of %d feeds, %.1f MB\n",
			output.Plain(doc.Out), doc.Records, doc.Packages, len(doc.Feeds), float64(doc.Bytes)/1e6)
	})
	if err != nil || len(doc.Rejected) == 0 {
		return err
	}
	for _, r := range doc.Rejected {
		_, _ = fmt.Fprintf(a.Err, "tidemark: rejected %s: %s\n", output.Plain(r.Where), output.Plain(r.Reason))
	}
	return command.Exit(command.ExitPartial)
}

func (a *app) updateIntel(ctx context.Context, f feedsAsked) error {
	var rep intel.Report
	object := cmp.Or(f.from, "public feeds")
	if f.trust != "" {
		object = "a bundle signed by " + f.trust
	}
	m := local.Mutation{Verb: "intel update", Object: object}
	return a.Writing(ctx, m, func(s *local.Session) (err error) {
		if err := s.Follows(ctx, f.bundle, f.allowOlder); err != nil {
			return err
		}
		up, err := s.Updater(f.from)
		if err != nil {
			return err
		}
		up.Sources.CSAF = f.csaf
		if up.AcceptShrink = f.acceptShrink; f.trust != "" {
			up.As = "the bundle"
		}
		if rep, err = up.Update(ctx, f.from, a.progress()); err != nil {
			return err
		}
		return s.NoteBundle(ctx, f.bundle)
	}, func(*local.Session) error { return a.printIntel(local.IntelDocument(rep, a.AsOf.Time())) })
}

// progress prints one line for each feed and stage, at most one a second.
func (a *app) progress() func(intel.Progress) {
	var last time.Time
	return func(p intel.Progress) {
		if p.Stage != intel.Finished && time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		if a.Print.Width == 0 && !a.Flags.Verbose {
			return
		}
		_, _ = fmt.Fprintf(a.Err, "%-5s %-20s %d/%d\n", p.Stage, p.Feed, p.Done, p.Total)
	}
}

func (a *app) printIntel(doc api.IntelReport) error {
	if err := a.Print.Document(doc, func(w io.Writer) { intelText(w, doc) }); err != nil {
		return err
	}
	if len(doc.Rejected) == 0 {
		return nil
	}
	for _, r := range doc.Rejected {
		_, _ = fmt.Fprintf(a.Err, "tidemark: rejected %s: %s\n", output.Plain(r.Where), output.Plain(r.Reason))
	}
	return command.Exit(command.ExitPartial)
}

func intelText(w io.Writer, doc api.IntelReport) {
	for _, f := range doc.Feeds {
		what := fmt.Sprintf("%d changed", f.Changed)
		switch {
		case f.Held:
			what = "held: it shrank"
		case f.Unchanged:
			what = "the same input as last time"
		}
		_, _ = fmt.Fprintf(w, "%-10s %-16s %7d records  %-28s data of %s\n", f.Kind, f.Name, f.Records, what, output.Day(f.DataTime))
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
	return a.Asking(ctx, func(d command.Answers) error {
		out, err := d.Feeds(ctx, a.Query())
		if err != nil {
			return err
		}
		return output.List(&a.Print, out, []output.Column[api.Feed]{
			{Head: "FEED", Cell: func(f api.Feed) string { return f.Kind }},
			{Head: "NAME", Cell: func(f api.Feed) string { return f.Name }},
			{Head: "RECORDS", Cell: func(f api.Feed) string { return fmt.Sprint(f.Records) }},
			{Head: "DATA OF", Cell: func(f api.Feed) string { return output.Day(f.DataTime) }},
			{Head: "LOADED", Cell: func(f api.Feed) string { return output.Day(f.LoadedAt) }},
			{Head: "STATE", Cell: func(f api.Feed) string { return f.Freshness }},
			{Head: "WHAT FOLLOWS", Cell: func(f api.Feed) string { return f.Effect }},
		})
	})
}
