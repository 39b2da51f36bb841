package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
)

// loginFlags are the flags of login, as given.
type loginFlags struct {
	name, expires                 string
	passwordOnStdin, tokenOnStdin bool
}

func (a *app) loginCmd() *cobra.Command {
	var f loginFlags
	c := &cobra.Command{
		Use: "login --server URL", Short: "Sign this command line in to a server, and keep its token",
		Long: `Sign in to a server. With a name and a password a personal token is made there,
which has your rights, and is kept in a file that only you can read; the
password is not. A token that you have is checked and kept.

  tidemark login --server https://tidemark.example --name ann
  tidemark login --server https://tidemark.example --token-stdin < token`,
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.login(c.Context(), f) },
	}
	c.Flags().StringVar(&f.name, "name", "", "your name there")
	c.Flags().StringVar(&f.expires, "expires", "90d", "how long the token holds")
	c.Flags().BoolVar(&f.passwordOnStdin, "password-stdin", false, "read the password from standard input")
	c.Flags().BoolVar(&f.tokenOnStdin, "token-stdin", false, "read a token from standard input, and keep that")
	return c
}

func (a *app) logoutCmd() *cobra.Command {
	return &cobra.Command{
		Use: "logout --server URL", Short: "Revoke the token that login made, and forget it", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.logout(c.Context()) },
	}
}

func (a *app) login(ctx context.Context, f loginFlags) error {
	if !a.IsRemote() {
		return fault.New(fault.Invalid, "login needs a server").WithHint("tidemark login --server URL")
	}
	token, id, err := a.newToken(ctx, f)
	if err != nil {
		return err
	}
	c, err := a.ClientOf(token)
	if err != nil {
		return err
	}
	who, err := c.Session(ctx)
	if err != nil {
		return err
	}
	keys, err := a.Keys()
	if err != nil {
		return err
	}
	if err := keys.Put(a.Flags.Remote.Server, token, id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Err, "signed in to %s as %s (%s)\n", a.Flags.Remote.Server, output.Plain(who.Name), output.Plain(who.Role))
	return err
}

// newToken is a token that is given, or one that a name and a password get.
func (a *app) newToken(ctx context.Context, f loginFlags) (token, id string, err error) {
	if f.tokenOnStdin {
		token, err = a.secretLine("token")
		return token, "", err
	}
	life, err := command.ParseDuration("--expires", f.expires)
	if err != nil {
		return "", "", err
	}
	if f.name == "" {
		return "", "", fault.New(fault.Invalid, "login needs your name there").WithHint("add --name NAME, or --token-stdin with a token from Settings, Tokens")
	}
	password, err := a.password(ctx, f)
	if err != nil {
		return "", "", err
	}
	c, err := a.ClientOf("")
	if err != nil {
		return "", "", err
	}
	made, err := c.PersonalToken(ctx, api.LoginRequest{Name: f.name, Password: password}, client.Wish{Name: tokenName(), Expires: a.Present().Add(life)})
	return made.Secret, made.ID, err
}

// tokenName says where the token is kept, for whoever reads the list of tokens.
func tokenName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown machine"
	}
	return "command line on " + host
}

func (a *app) password(ctx context.Context, f loginFlags) (string, error) {
	if f.passwordOnStdin {
		return a.secretLine("password")
	}
	ask := a.terminal()
	if ask == nil {
		return "", fault.New(fault.Unauthenticated, "standard input is no terminal that could ask for a password").
			WithHint("use --password-stdin or --token-stdin")
	}
	return ask(ctx, "Password of "+f.name+": ")
}

// secretLine reads one line of standard input.
func (a *app) secretLine(what string) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(a.In, command.MaxToken+1))
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "read the %s", what)
	}
	line := strings.TrimRight(string(raw), "\r\n")
	if line == "" || len(raw) > command.MaxToken || strings.ContainsAny(line, "\r\n") {
		return "", fault.New(fault.Invalid, "standard input does not hold one %s", what).WithHint("give it as one line")
	}
	return line, nil
}

func (a *app) logout(ctx context.Context) error {
	if !a.IsRemote() {
		return fault.New(fault.Invalid, "logout needs a server").WithHint("tidemark logout --server URL")
	}
	keys, err := a.Keys()
	if err != nil {
		return err
	}
	token, id, err := keys.Get(a.Flags.Remote.Server)
	if err != nil {
		return err
	}
	words := "there was no token of it here"
	if token != "" {
		words = a.revoke(ctx, token, id)
	}
	if _, err := keys.Drop(a.Flags.Remote.Server); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Err, "%s: %s\n", a.Flags.Remote.Server, words)
	return err
}

// revoke ends a token that login made, and says what became of it: it is
// forgotten here also when the server cannot be asked.
func (a *app) revoke(ctx context.Context, token, id string) string {
	if id == "" {
		return "its token is forgotten here; it was made elsewhere, and holds until it expires or is revoked"
	}
	c, err := a.ClientOf(token)
	if err == nil {
		_, err = c.RevokeToken(ctx, id)
	}
	if err != nil {
		return "its token is forgotten here, and could not be revoked there (" + output.Plain(fault.Mask(err.Error())) + "): it holds until it expires"
	}
	return "its token is revoked and forgotten"
}
