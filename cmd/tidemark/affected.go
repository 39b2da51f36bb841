package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
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
		Args: args(1, 1, "an id, a purl, a name or a digest"),
		RunE: func(c *cobra.Command, q []string) error { return a.affected(c.Context(), q[0]) },
	}
}

func (a *app) affected(ctx context.Context, query string) error {
	return a.reading(ctx, func(s *session) error {
		got, err := s.db.Affected(ctx, query, a.asOf, a.limit)
		if err != nil {
			return err
		}
		doc := api.Affected{
			Schema: api.SchemaAffected, AsOf: a.asOf.Time(), KnownAt: at(a.asOf.KnownAt), Query: query,
			Verdict: string(got.Verdict()), Total: got.Page.Total, Items: []api.Exposure{},
			Coverage: api.AffectedCoverage{Searched: got.Coverage.Searched, Total: got.Coverage.Total, Oldest: at(got.Coverage.Oldest)},
		}
		for _, e := range got.Page.Items {
			doc.Items = append(doc.Items, exposureItem(e))
		}
		doc.Sentence = affectedSentence(&got)
		return a.printAffected(doc)
	})
}

// affectedSentence is the answer as a person would say it.
func affectedSentence(got *ctem.Affected) string {
	c := got.Coverage
	looked := fmt.Sprintf("Searched %d of %d workloads.", c.Searched, c.Total)
	switch got.Verdict() {
	case ctem.AffectedRunning:
		return fmt.Sprintf("Affected: %d exposures to %s run here. %s", got.Running[ctem.Yes], got.Query, looked)
	case ctem.AffectedNotRunning:
		return fmt.Sprintf("Affected, but not running: %d exposures to %s. %s", got.Page.Total, got.Query, looked)
	case ctem.NotFound:
		return fmt.Sprintf("Not found: %s is in nothing that is deployed. %s", got.Query, looked)
	case ctem.CannotSay:
	}
	if n := got.Running[ctem.Unknown]; n > 0 {
		return fmt.Sprintf("Cannot say whether it runs: %d exposures to %s, and no fresh run-time evidence. %s", n, got.Query, looked)
	}
	if got.Unheard {
		return fmt.Sprintf("Cannot say: no advisory that is loaded is about %s, so nothing could be compared with it. %s", got.Query, looked)
	}
	if got.Present > 0 {
		return fmt.Sprintf("Cannot say: %d workloads have %s, and no weakness of it is known. %s", got.Present, got.Query, looked)
	}
	return fmt.Sprintf("Cannot say: no exposure to %s where it was looked, and not everything could be looked into. %s", got.Query, looked)
}

func (a *app) printAffected(doc api.Affected) error {
	if a.print.format == formatCSV {
		return printRows(&a.print, doc.Items, exposureColumns())
	}
	return a.print.document(doc, func(w io.Writer) {
		_, _ = fmt.Fprintln(w, plain(doc.Sentence))
		if len(doc.Items) > 0 {
			_ = printRows(&a.print, doc.Items, exposureColumns())
		}
		if doc.Coverage.Oldest != nil {
			_, _ = fmt.Fprintf(w, "Oldest evidence: %s\n", clock(*doc.Coverage.Oldest))
		}
	})
}
