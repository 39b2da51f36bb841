package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/scope"
	"github.com/tidemark/tidemark/internal/server/reply"
)

func (a *app) scopeCmd() *cobra.Command {
	apply := &cobra.Command{
		Use: "apply FILE", Short: "Say what matters and who owns it: a scope file in YAML", Args: command.Args(1, 1, "a scope file"),
		RunE: func(c *cobra.Command, files []string) error { return a.applyScope(c.Context(), files[0]) },
	}
	show := &cobra.Command{
		Use: "show", Short: "The scope in force", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.showScope(c.Context()) },
	}
	history := &cobra.Command{
		Use: "history", Short: "The versions of the scope, the newest first", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error { return a.scopeHistory(c.Context(), d) })
		},
	}
	return command.Group("scope", "What matters, and who owns it", apply, show, history)
}

// maxScopeFile is more than a scope may have, so that the parser says so.
const maxScopeFile = 8 << 20

func (a *app) applyScope(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "open the scope file")
	}
	body, err := io.ReadAll(io.LimitReader(f, maxScopeFile))
	_ = f.Close() // it was only read
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "read the scope file")
	}
	if _, err := scope.Parse(body); err != nil {
		return err
	}
	var doc api.ScopeApplied
	show := func() error {
		return a.Print.Document(doc, func(w io.Writer) { appliedText(w, doc) })
	}
	return a.Remotely(func(c *client.Client) (err error) {
		if doc, err = c.ApplyScope(ctx, body); err != nil {
			return err
		}
		return show()
	}, func() error {
		return a.Writing(ctx, local.Mutation{Verb: "scope apply", Object: path}, func(s *local.Session) error {
			did, err := scope.Keeper{Store: s.DB, Now: a.Present}.Apply(ctx, local.Actor(), body)
			doc = api.ScopeApplied{
				Schema: api.SchemaScopeApplied, AsOf: a.AsOf.Time(), Version: did.Version.Version, Unchanged: did.Unchanged, Services: reply.List(did.Services),
			}
			return err
		}, func(*local.Session) error { return show() })
	})
}

func appliedText(w io.Writer, doc api.ScopeApplied) {
	if doc.Unchanged {
		_, _ = fmt.Fprintf(w, "unchanged: version %d is in force\n", doc.Version)
		return
	}
	_, _ = fmt.Fprintf(w, "version %d is in force; it says something new about %d services\n", doc.Version, len(doc.Services))
}

func (a *app) showScope(ctx context.Context) error {
	doc, err := command.Either[api.Scope](
		func(c *client.Client) (api.Scope, error) { return c.Scope(ctx, a.Moment()) },
		func(s *local.Session) (api.Scope, error) {
			said, v, err := s.DB.ScopeVersion(ctx, a.AsOf)
			return local.ScopeDocument(&said, v, a.AsOf), err
		},
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return a.Print.Document(doc, func(w io.Writer) { scopeText(w, doc) })
}

func scopeText(w io.Writer, d api.Scope) {
	if d.Version == 0 {
		_, _ = fmt.Fprintln(w, "nobody has said anything yet: tidemark scope apply FILE")
		return
	}
	_, _ = fmt.Fprintf(w, "version %d of %s by %s\n", d.Version, output.Clock(*d.At), output.Plain(d.By))
	for _, x := range d.Services {
		tier := "not said"
		if x.Tier > 0 {
			tier = strconv.Itoa(x.Tier)
		}
		_, _ = fmt.Fprintf(w, "  %-24s tier %-9s owner %-20s in %s; data: %s\n", output.Plain(x.Name), tier, cmp.Or(output.Plain(x.Owner), "nobody"),
			cmp.Or(output.Plain(strings.Join(x.Products, ", ")), "no product"), cmp.Or(output.Plain(strings.Join(x.Data, ", ")), "none said"))
	}
}

func (a *app) scopeHistory(ctx context.Context, d command.Answers) error {
	out, err := d.ScopeHistory(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.ScopeVersion]{
		{Head: "VERSION", Cell: func(x api.ScopeVersion) string { return strconv.FormatInt(x.Version, 10) }},
		{Head: "AT", Cell: func(x api.ScopeVersion) string { return output.Clock(x.At) }},
		{Head: "BY", Cell: func(x api.ScopeVersion) string { return x.By }},
	})
}
