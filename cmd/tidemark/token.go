package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/login"
)

func (a *app) tokenCmd() *cobra.Command {
	ls := &cobra.Command{
		Use: "list", Short: "Tokens, without their secrets", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.listTokens(c.Context()) },
	}
	revoke := &cobra.Command{
		Use: "revoke ID", Short: "End a token for good, at once", Args: command.Args(1, 1, "the id of a token (TOK-…)"),
		RunE: func(c *cobra.Command, ids []string) error {
			return a.changeToken(c.Context(),
				func(far *client.Client) (api.TokenDetail, error) { return far.RevokeToken(c.Context(), ids[0]) },
				func(desk *login.Admin) (api.TokenDetail, error) {
					return desk.RevokeToken(c.Context(), localUser(), ids[0])
				})
		},
	}
	return command.Group("token", "Secrets that sign in machines", a.tokenCreateCmd(), ls, revoke)
}

func (a *app) tokenCreateCmd() *cobra.Command {
	var q api.TokenRequest
	expires := ""
	c := &cobra.Command{
		Use: "create --role ROLE --expires D", Short: "Create a token and show its secret, once",
		Long: `Create a token and show its secret, this once: only its hash is kept. One with
the role source may append evidence of its own source and nothing else.

  tidemark token create --role source --source ci --expires 90d`,
		Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.createToken(c.Context(), q, expires) },
	}
	f := c.Flags()
	f.StringVar(&q.Role, "role", "", "source, or a role of users")
	f.StringVar(&q.Source, "source", "", "the source that the role source appends evidence of")
	f.StringVar(&q.Name, "name", "", "what the list calls it (default from role and source)")
	f.StringVar(&q.Team, "team", "", "the team whose services the role owner acts on")
	f.StringArrayVar(&q.Products, "product", nil, "a product that it sees; give it several times (default all)")
	f.StringVar(&expires, "expires", "", "how long it holds, as 90d")
	return c
}

func (a *app) createToken(ctx context.Context, q api.TokenRequest, expires string) error {
	life, err := command.ParseDuration("--expires", expires)
	if err != nil {
		return err
	}
	if life == 0 {
		return fault.New(fault.Invalid, "--expires is missing").WithHint("say how long the token holds, as --expires 90d")
	}
	q.Expires = a.Present().Add(life)
	return a.changeToken(ctx,
		func(far *client.Client) (api.TokenDetail, error) { return far.CreateToken(ctx, q) },
		func(desk *login.Admin) (api.TokenDetail, error) { return desk.CreateToken(ctx, localUser(), q) })
}

// changeToken does something to a token and prints it as it is then.
func (a *app) changeToken(ctx context.Context, there func(*client.Client) (api.TokenDetail, error), here func(*login.Admin) (api.TokenDetail, error)) error {
	doc, err := command.Either[api.TokenDetail](there, func(s *local.Session) (api.TokenDetail, error) { return here(a.accessDesk(s)) }).Change(ctx, a.App)
	if err != nil {
		return err
	}
	return a.Print.Document(doc, func(w io.Writer) { tokenText(w, doc) })
}

func (a *app) listTokens(ctx context.Context) error {
	out, err := command.Either[api.List[api.Token]](
		func(c *client.Client) (api.List[api.Token], error) { return c.Tokens(ctx, a.Query()) },
		func(s *local.Session) (api.List[api.Token], error) {
			out, err := a.accessDesk(s).Tokens(ctx, localUser(), a.Flags.Cursor, a.Limit)
			if err == nil {
				out.Computed, err = s.Desk().Computed(ctx)
			}
			return out, err
		},
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, tokenColumns())
}

func tokenColumns() []output.Column[api.Token] {
	return []output.Column[api.Token]{
		{Head: "STATE", Cell: func(k api.Token) string { return k.State }},
		{Head: "NAME", Cell: func(k api.Token) string { return k.Name }},
		{Head: "ROLE", Cell: func(k api.Token) string { return k.Role }},
		{Head: "SOURCE", Cell: func(k api.Token) string { return cmp.Or(k.Source, "-") }},
		{Head: "PRODUCTS", Cell: func(k api.Token) string { return productsWord(k.Products, k.AllProducts) }},
		{Head: "EXPIRES", Cell: func(k api.Token) string { return output.Day(k.Expires) }},
		{Head: "LAST USED", Cell: func(k api.Token) string { return output.Day(k.LastUsed) }},
		{Head: "SECRET", Cell: func(k api.Token) string { return k.Prefix + "…" }},
		{Head: "TOKEN", Cell: func(k api.Token) string { return k.ID }},
	}
}

func tokenText(w io.Writer, k api.TokenDetail) {
	_, _ = fmt.Fprintf(w, "%s  %s, %s\n", k.ID, output.Plain(k.Name), k.State)
	_, _ = fmt.Fprintf(w, "  role       %s%s\n", k.Role, inBrackets(output.Plain(k.Source)))
	_, _ = fmt.Fprintf(w, "  products   %s\n", output.Plain(productsWord(k.Products, k.AllProducts)))
	_, _ = fmt.Fprintf(w, "  holds      until %s\n", output.Day(k.Expires))
	if k.Secret != "" {
		_, _ = fmt.Fprintf(w, "  secret     %s  (not shown again)\n", k.Secret)
	}
}
