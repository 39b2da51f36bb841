package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

func (a *app) affectedCmd() *cobra.Command {
	return &cobra.Command{
		Use: "affected ID|PURL|NAME|DIGEST", Short: "Does it run here, where, since when, and how far was it looked",
		Long: `Answer whether a weakness (CVE, GHSA or any other id), a package (purl or
name, with or without @version) or an artifact (digest) is here.

  tidemark affected CVE-2021-44228
  tidemark affected pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1
  tidemark affected log4j-core --as-of 2026-09-30

The verdict is affected-running, affected-not-running, not-found or cannot-say.
"Not found" is only said where everything was looked into, and of an id only
where an advisory about it is loaded.`,
		Args: command.Args(1, 1, "an id, a purl, a name or a digest"),
		RunE: func(c *cobra.Command, q []string) error { return a.affected(c.Context(), q[0]) },
	}
}

func (a *app) affected(ctx context.Context, what string) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Affected(ctx, what, a.Query())
		if err != nil {
			return err
		}
		return a.printAffected(doc)
	})
}

func (a *app) printAffected(doc api.Affected) error {
	if a.Print.Format == output.CSV {
		return output.Rows(&a.Print, doc.Items, exposureColumns())
	}
	return a.Print.Document(doc, func(w io.Writer) {
		_, _ = fmt.Fprintln(w, output.Plain(doc.Sentence))
		if len(doc.Items) > 0 {
			_ = output.Rows(&a.Print, doc.Items, exposureColumns())
		}
		if doc.Coverage.Oldest != nil {
			_, _ = fmt.Fprintf(w, "Oldest evidence: %s\n", output.Clock(*doc.Coverage.Oldest))
		}
	})
}
