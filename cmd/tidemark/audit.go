package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
)

// version is set by the build.
var version = "dev"

func (a *app) auditCmd() *cobra.Command {
	verify := &cobra.Command{
		Use: "verify", Short: "Walk the hash chain of the audit log",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.verifyAudit(c.Context()) },
	}
	return group("audit", "The log of every mutation", verify)
}

func (a *app) verifyAudit(ctx context.Context) error {
	return a.asking(ctx, func(d answers) error {
		doc, err := d.AuditVerdict(ctx)
		if err != nil {
			return err
		}
		err = a.print.Document(doc, func(w io.Writer) {
			if doc.OK {
				_, _ = fmt.Fprintf(w, "AUDIT OK  %d entries, head %s\n", doc.Entries, cmp.Or(doc.Head, "none"))
				return
			}
			_, _ = fmt.Fprintf(w, "AUDIT BROKEN at entry %d: %s (%d entries before it hold)\n", doc.Broken, doc.Reason, doc.Entries)
		})
		if err == nil && !doc.OK {
			return exit{exitBad}
		}
		return err
	})
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Which build this is", Args: args(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			doc := api.Version{Schema: api.SchemaVersion, Version: version, Go: runtime.Version(), Rules: rules(), OS: runtime.GOOS, Arch: runtime.GOARCH}
			return a.print.Document(doc, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "tidemark %s (%s, rules %s, %s/%s)\n", doc.Version, doc.Go, doc.Rules, doc.OS, doc.Arch)
			})
		},
	}
}
