package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/scope"
	"github.com/tidemark/tidemark/internal/server/desk"
)

func (a *app) scopeCmd() *cobra.Command {
	apply := &cobra.Command{
		Use: "apply FILE", Short: "Say what matters and who owns it: a scope file in YAML", Args: args(1, 1, "a scope file"),
		RunE: func(c *cobra.Command, files []string) error { return a.applyScope(c.Context(), files[0]) },
	}
	show := &cobra.Command{
		Use: "show", Short: "The scope in force", Args: args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.showScope(c.Context()) },
	}
	history := &cobra.Command{
		Use: "history", Short: "The versions of the scope, the newest first", Args: args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.scopeHistory(c.Context()) },
	}
	return group("scope", "What matters, and who owns it", apply, show, history)
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
	var did ctem.ScopeChange
	return a.writing(ctx, mutation{verb: "scope apply", object: path}, func(s *session) (err error) {
		did, err = scope.Keeper{Store: s.db, Now: a.present}.Apply(ctx, actor(), body)
		return err
	}, func(*session) error {
		doc := api.ScopeApplied{
			Schema: api.SchemaScopeApplied, AsOf: a.asOf.Time(), Version: did.Version.Version, Unchanged: did.Unchanged, Services: desk.List(did.Services),
		}
		return a.print.document(doc, func(w io.Writer) {
			if doc.Unchanged {
				_, _ = fmt.Fprintf(w, "unchanged: version %d is in force\n", doc.Version)
				return
			}
			_, _ = fmt.Fprintf(w, "version %d is in force; it says something new about %d services\n", doc.Version, len(doc.Services))
		})
	})
}

// scopeDocument is the scope in its wire form, with what services have from
// their products.
func scopeDocument(s *ctem.Scope, v ctem.ScopeVersion, asOf ctem.AsOf) api.Scope {
	doc := api.Scope{
		Schema: api.SchemaScope, AsOf: asOf.Time(), Version: v.Version, At: desk.When(v.At), By: v.By, Text: v.Text,
		Products: []api.ScopeProduct{}, Services: []api.ScopeService{}, Environments: []api.ScopeEnvironment{}, Owners: []api.ScopeOwner{},
	}
	of := map[string][]string{}
	for _, x := range s.Services {
		owner, _ := s.Owner(x.Name)
		doc.Services = append(doc.Services, api.ScopeService{
			Name: x.Name, Products: desk.List(x.Products), Owner: owner, Tier: s.Tier(x.Name), Data: desk.List(s.Data(x.Name)),
		})
		for _, p := range x.Products {
			of[p] = append(of[p], x.Name)
		}
	}
	for _, p := range s.Products {
		doc.Products = append(doc.Products, api.ScopeProduct{
			Name: p.Name, Title: p.Title, Owner: p.Owner, Tier: p.Tier, Data: desk.List(p.Data), Services: desk.List(of[p.Name]),
		})
	}
	for _, e := range s.Environments {
		doc.Environments = append(doc.Environments, api.ScopeEnvironment{Name: e.Name, Kind: string(e.Kind)})
	}
	for _, o := range s.Owners {
		doc.Owners = append(doc.Owners, api.ScopeOwner{Name: o.Name, Mail: o.Mail, Chat: o.Chat})
	}
	return doc
}

func (a *app) showScope(ctx context.Context) error {
	return a.reading(ctx, func(s *session) error {
		said, v, err := s.db.ScopeVersion(ctx, a.asOf)
		if err != nil {
			return err
		}
		doc := scopeDocument(&said, v, a.asOf)
		return a.print.document(doc, func(w io.Writer) { scopeText(w, doc) })
	})
}

func scopeText(w io.Writer, d api.Scope) {
	if d.Version == 0 {
		_, _ = fmt.Fprintln(w, "nobody has said anything yet: tidemark scope apply FILE")
		return
	}
	_, _ = fmt.Fprintf(w, "version %d of %s by %s\n", d.Version, clock(*d.At), plain(d.By))
	for _, x := range d.Services {
		tier := "not said"
		if x.Tier > 0 {
			tier = strconv.Itoa(x.Tier)
		}
		_, _ = fmt.Fprintf(w, "  %-24s tier %-9s owner %-20s in %s; data: %s\n", plain(x.Name), tier, or(plain(x.Owner), "nobody"),
			or(plain(strings.Join(x.Products, ", ")), "no product"), or(plain(strings.Join(x.Data, ", ")), "none said"))
	}
}

func (a *app) scopeHistory(ctx context.Context) error {
	return a.reading(ctx, func(s *session) error {
		list, err := s.db.ScopeHistory(ctx, a.asOf)
		if err != nil {
			return err
		}
		out := api.List[api.Scope]{Schema: "tidemark.scopes/v1", AsOf: a.asOf.Time(), KnownAt: desk.When(a.asOf.KnownAt), Items: []api.Scope{}, Total: len(list)}
		for _, v := range list {
			out.Items = append(out.Items, scopeDocument(&ctem.Scope{}, v, a.asOf))
		}
		return printList(&a.print, out, []column[api.Scope]{
			{"VERSION", func(x api.Scope) string { return strconv.FormatInt(x.Version, 10) }},
			{"AT", func(x api.Scope) string { return day(x.At) }},
			{"BY", func(x api.Scope) string { return x.By }},
		})
	})
}
