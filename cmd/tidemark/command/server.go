package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/fault"
)

// Remote say which server is asked, and as whom.
type Remote struct {
	Server, TokenFile string
	AllowHTTP         bool
	NoWait            bool // of ingest: do not wait until the evidence is computed
}

// Register adds the flags to the root command.
func (f *Remote) Register(c *cobra.Command) {
	p := c.PersistentFlags()
	p.StringVar(&f.Server, "server", "", "URL of a Tidemark server (default $TIDEMARK_SERVER; excludes --data, --db and --now)")
	p.StringVar(&f.TokenFile, "token-file", "", "file with the token for the server (default $TIDEMARK_TOKEN, else what login saved)")
	p.BoolVar(&f.AllowHTTP, "allow-http", false, "send the token over http:// to another machine, for all to read")
}

// IsRemote reports whether a server is asked.
func (a *App) IsRemote() bool { return a.Flags.Remote.Server != "" }

// NotRemote refuses what only works where the data is.
func NotRemote() error {
	return fault.New(fault.Invalid, "this command works on its own data, and not through a server").
		WithHint("run it on the server's machine with --data DIR or --db URL, without --server and TIDEMARK_SERVER")
}

// Client is the way to the server, as whoever the token signs in.
func (a *App) Client() (*client.Client, error) {
	token, err := a.Token()
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, fault.New(fault.Unauthenticated, "there is no token for %s", fault.Mask(a.Flags.Remote.Server)).
			WithHint("tidemark login --server %s, or set TIDEMARK_TOKEN", fault.Mask(a.Flags.Remote.Server))
	}
	return a.ClientOf(token)
}

// ClientOf is the way to the server, signed in by a token.
func (a *App) ClientOf(token string) (*client.Client, error) {
	return client.New(client.Config{
		URL: a.Flags.Remote.Server, Token: token, AllowHTTP: a.Flags.Remote.AllowHTTP, UserAgent: "tidemark/" + a.Version,
	})
}

// MaxToken bounds a file with a token.
const MaxToken = 4096

// Token is that of the flag, else of the environment, else what login saved.
func (a *App) Token() (string, error) {
	if path := a.Flags.Remote.TokenFile; path != "" {
		raw, err := ReadBounded(path, MaxToken)
		if err != nil {
			return "", err
		}
		return strings.TrimSpace(string(raw)), nil
	}
	if token := strings.TrimSpace(a.Env("TIDEMARK_TOKEN")); token != "" {
		return token, nil
	}
	keys, err := a.Keys()
	if err != nil {
		return "", err
	}
	token, _, err := keys.Get(a.Flags.Remote.Server)
	return token, err
}

// Keys are the tokens that login saved.
func (a *App) Keys() (remote.Keys, error) {
	dir := a.Env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return remote.Keys{}, fault.Wrap(fault.Invalid, err, "find the user's folder: use --token-file")
		}
		dir = filepath.Join(home, ".config")
	}
	return remote.Keys{File: filepath.Join(dir, "tidemark", "servers.json")}, nil
}

// Remotely runs a command on the server where one is asked, else in process.
func (a *App) Remotely(there func(*client.Client) error, here func() error) error {
	if !a.IsRemote() {
		return here()
	}
	c, err := a.Client()
	if err != nil {
		return err
	}
	return there(c)
}

// Settle waits until what follows from evidence is computed, unless --no-wait;
// it then says where to look.
func Settle(ctx context.Context, a *App, c *client.Client, r *api.ReceiptStatus) error {
	if a.Flags.Remote.NoWait {
		_, err := fmt.Fprintf(a.Err, "stored as %s, and computed soon: %s\n", r.ID, r.URL)
		return err
	}
	limited, stop := context.WithTimeout(ctx, local.BusyWait)
	defer stop()
	last, err := c.Settled(limited, r.ID)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fault.New(fault.Unavailable, "the server has not computed %s within %s", r.ID, local.BusyWait).
			WithHint("the evidence is stored; its receipt is at %s", r.URL)
	}
	if err == nil {
		*r = last
	}
	return err
}
