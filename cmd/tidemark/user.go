package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/login"
)

func (a *app) userCmd() *cobra.Command {
	ls := &cobra.Command{
		Use: "list", Short: "Who may sign in", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.listUsers(c.Context()) },
	}
	return command.Group("user", "People who may sign in to the server", a.userCreateCmd(), a.userPasswdCmd(), ls,
		a.userSwitchCmd("disable", "End a user's sessions and let them in no more", true),
		a.userSwitchCmd("enable", "Let a disabled user in again", false))
}

func (a *app) userCreateCmd() *cobra.Command {
	var q api.UserRequest
	invite, fromStdin := false, false
	c := &cobra.Command{
		Use: "create NAME --role ROLE", Short: "Create a user",
		Long: `Create a user. The password is asked for at the terminal, or read from the first
line of standard input where there is none: it is never a flag. With --invite
there is no password yet: the answer has a code to sign in with once, within an
hour, to set one. Without --product the user sees all products.

  tidemark user create ann --role triager --product shop --product pay`,
		Args: command.Args(1, 1, "the name of the user"),
		RunE: func(c *cobra.Command, names []string) (err error) {
			q.Name = names[0]
			if !invite {
				if q.Password, err = a.newPassword(c.Context(), q.Name, fromStdin); err != nil {
					return err
				}
			}
			return a.changeUser(c.Context(),
				func(far *client.Client) (api.UserDetail, error) { return far.CreateUser(c.Context(), q) },
				func(desk *login.Admin) (api.UserDetail, error) { return desk.CreateUser(c.Context(), localUser(), q) })
		},
	}
	f := c.Flags()
	f.StringVar(&q.Role, "role", "", "admin, operator, triager, owner, approver, auditor or viewer")
	f.StringArrayVar(&q.Products, "product", nil, "a product that they see; give it several times (default all)")
	f.StringVar(&q.Team, "team", "", "the team whose services the role owner acts on")
	f.BoolVar(&invite, "invite", false, "no password yet: print a one-time code")
	f.BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input, also at a terminal")
	c.MarkFlagsMutuallyExclusive("invite", "password-stdin")
	return c
}

func (a *app) userPasswdCmd() *cobra.Command {
	fromStdin := false
	c := &cobra.Command{
		Use: "passwd NAME", Short: "Set a user's password and end their sessions", Args: command.Args(1, 1, "the name of the user"),
		RunE: func(c *cobra.Command, names []string) error {
			password, err := a.newPassword(c.Context(), names[0], fromStdin)
			if err != nil {
				return err
			}
			return a.changeUser(c.Context(),
				func(far *client.Client) (api.UserDetail, error) {
					return far.ChangeUser(c.Context(), names[0], api.UserChange{Password: &password})
				},
				func(desk *login.Admin) (api.UserDetail, error) {
					return desk.SetPassword(c.Context(), localUser(), names[0], password)
				})
		},
	}
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input, also at a terminal")
	return c
}

func (a *app) userSwitchCmd(use, short string, disabled bool) *cobra.Command {
	return &cobra.Command{
		Use: use + " NAME", Short: short, Args: command.Args(1, 1, "the name of the user"),
		RunE: func(c *cobra.Command, names []string) error {
			return a.changeUser(c.Context(),
				func(far *client.Client) (api.UserDetail, error) {
					return far.ChangeUser(c.Context(), names[0], api.UserChange{Disabled: &disabled})
				},
				func(desk *login.Admin) (api.UserDetail, error) {
					_, after, err := desk.ChangeUser(c.Context(), localUser(), names[0], api.UserChange{Disabled: &disabled})
					return after, err
				})
		},
	}
}

// changeUser does something to a user and prints them as they are then.
func (a *app) changeUser(ctx context.Context, there func(*client.Client) (api.UserDetail, error), here func(*login.Admin) (api.UserDetail, error)) error {
	doc, err := command.Either[api.UserDetail](there, func(s *local.Session) (api.UserDetail, error) { return here(a.accessDesk(s)) }).Change(ctx, a.App)
	if err != nil {
		return err
	}
	return a.Print.Document(doc, func(w io.Writer) { userText(w, doc) })
}

// accessDesk is the desk for users and tokens, as the server has it.
func (a *app) accessDesk(s *local.Session) *login.Admin {
	return login.New(login.Config{Store: s.DB, Now: a.Present, Log: a.Log}).Admin()
}

// localUser is who runs the command: the file system has let them in.
func localUser() access.Principal { return access.LocalUser(local.Actor()) }

func (a *app) listUsers(ctx context.Context) error {
	out, err := command.Either[api.List[api.User]](
		func(c *client.Client) (api.List[api.User], error) { return c.Users(ctx, a.Query()) },
		func(s *local.Session) (api.List[api.User], error) {
			out, err := a.accessDesk(s).Users(ctx, localUser(), a.Flags.Cursor, a.Limit)
			if err == nil {
				out.Computed, err = s.Desk().Computed(ctx)
			}
			return out, err
		},
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, userColumns())
}

func userColumns() []output.Column[api.User] {
	return []output.Column[api.User]{
		{Head: "NAME", Cell: func(u api.User) string { return u.Name }},
		{Head: "ROLE", Cell: func(u api.User) string { return u.Role }},
		{Head: "PRODUCTS", Cell: func(u api.User) string { return productsWord(u.Products, u.AllProducts) }},
		{Head: "TEAM", Cell: func(u api.User) string { return cmp.Or(u.Team, "-") }},
		{Head: "STATE", Cell: userState},
		{Head: "LAST SEEN", Cell: func(u api.User) string { return output.Day(u.LastSeen) }},
	}
}

func userState(u api.User) string {
	switch {
	case u.Disabled:
		return "disabled"
	case !u.HasPassword:
		return "no password"
	}
	return "active"
}

func productsWord(products []string, all bool) string {
	if all {
		return "all"
	}
	return cmp.Or(strings.Join(products, ", "), "none")
}

func userText(w io.Writer, u api.UserDetail) {
	_, _ = fmt.Fprintf(w, "%s  %s, %s\n", u.Name, u.Role, userState(u.User))
	_, _ = fmt.Fprintf(w, "  products   %s\n", output.Plain(productsWord(u.Products, u.AllProducts)))
	if u.Team != "" {
		_, _ = fmt.Fprintf(w, "  team       %s\n", output.Plain(u.Team))
	}
	if u.Code != "" {
		_, _ = fmt.Fprintf(w, "  code       %s  (once, until %s; not shown again)\n", u.Code, output.Clock(*u.CodeExpires))
	}
}

// newPassword asks for a new password, twice, or takes the first line of
// standard input where nobody can be asked.
func (a *app) newPassword(ctx context.Context, name string, fromStdin bool) (string, error) {
	if err := access.CheckUserName(name); err != nil {
		return "", err
	}
	ask := a.terminal()
	if fromStdin || ask == nil {
		password, err := firstLine(a.In)
		if err != nil {
			return "", err
		}
		return password, login.CheckPassword(name, password)
	}
	first, err := ask(ctx, "New password: ")
	if err != nil {
		return "", err
	}
	if err := login.CheckPassword(name, first); err != nil {
		return "", err
	}
	again, err := ask(ctx, "Once more: ")
	if err == nil && again != first {
		err = fault.New(fault.Invalid, "the two passwords differ").WithHint("start again; nothing was changed")
	}
	return first, err
}

// mostLine is the longest line that may hold a password.
const mostLine = 4096

// firstLine reads the first line of an input.
func firstLine(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, mostLine))
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "read the password")
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fault.New(fault.Invalid, "standard input has no password in its first line").
			WithHint("run the command at a terminal, pipe the password in, or use --invite when you create a user")
	}
	return line, nil
}
