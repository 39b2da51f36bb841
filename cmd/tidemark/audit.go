package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// version is set by the build.
var version = "dev"

func (a *app) auditCmd() *cobra.Command {
	verify := &cobra.Command{
		Use: "verify", Short: "Walk the hash chain of the audit log",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.verifyAudit(c.Context()) },
	}
	return command.Group("audit", "The log of every mutation", a.auditListCmd(), verify)
}

func (a *app) auditListCmd() *cobra.Command {
	var q ctem.AuditQuery
	since, until := "", ""
	c := &cobra.Command{
		Use: "list", Short: "Who did what, newest first", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if q.From, err = command.ParseTime("--since", since); err != nil {
				return err
			}
			if q.To, err = command.ParseTime("--until", until); err != nil {
				return err
			}
			q.Limit, q.After = a.Limit, a.Flags.Cursor
			return a.listAudit(c.Context(), q)
		},
	}
	f := c.Flags()
	f.StringVar(&q.Actor, "actor", "", "who did it")
	f.StringVar(&q.Verb, "verb", "", "what was done, or its first word: exposures")
	f.StringVar(&q.Object, "object", "", "a part of what it was done to")
	f.StringVar(&since, "since", "", "from this time on")
	f.StringVar(&until, "until", "", "up to this time")
	return c
}

func (a *app) listAudit(ctx context.Context, q ctem.AuditQuery) error {
	out, err := command.Either[api.List[api.AuditEntry]](
		func(c *client.Client) (api.List[api.AuditEntry], error) {
			return c.Audit(ctx, client.Mutations{
				Actor: q.Actor, Verb: q.Verb, Object: q.Object, From: reply.When(q.From), To: reply.When(q.To), Limit: q.Limit, Cursor: q.After,
			})
		},
		func(s *local.Session) (api.List[api.AuditEntry], error) { return s.Desk().AuditLog(ctx, q) },
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.AuditEntry]{
		{Head: "AT", Cell: func(e api.AuditEntry) string { return output.Clock(e.At) }},
		{Head: "WHO", Cell: func(e api.AuditEntry) string { return e.Actor }},
		{Head: "WHAT", Cell: func(e api.AuditEntry) string { return e.Verb }},
		{Head: "TO", Cell: func(e api.AuditEntry) string { return e.Object }},
		{Head: "OUTCOME", Cell: func(e api.AuditEntry) string { return e.Outcome }},
		{Head: "REASON", Cell: func(e api.AuditEntry) string { return cmp.Or(e.Reason, "-") }},
		{Head: "ENTRY", Cell: func(e api.AuditEntry) string { return strconv.FormatInt(e.Seq, 10) }},
	})
}

func (a *app) verifyAudit(ctx context.Context) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.AuditVerdict(ctx)
		if err != nil {
			return err
		}
		err = a.Print.Document(doc, func(w io.Writer) {
			if doc.OK {
				_, _ = fmt.Fprintf(w, "AUDIT OK  %d entries, head %s\n", doc.Entries, cmp.Or(doc.Head, "none"))
				return
			}
			_, _ = fmt.Fprintf(w, "AUDIT BROKEN at entry %d: %s (%d entries before it hold)\n", doc.Broken, doc.Reason, doc.Entries)
		})
		if err == nil && !doc.OK {
			return command.Exit(command.ExitBad)
		}
		return err
	})
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Which build this is", Args: command.Args(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			doc := api.Version{Schema: api.SchemaVersion, Version: version, Go: runtime.Version(), Rules: rules(), OS: runtime.GOOS, Arch: runtime.GOARCH}
			return a.Print.Document(doc, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "tidemark %s (%s, rules %s, %s/%s)\n", doc.Version, doc.Go, doc.Rules, doc.OS, doc.Arch)
			})
		},
	}
}
