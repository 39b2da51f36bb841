package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/fault"
)

// remoteFlags say which server is asked, and as whom.
type remoteFlags struct {
	server, tokenFile string
	allowHTTP         bool
	noWait            bool // of ingest: do not wait until the evidence is computed
}

func (f *remoteFlags) register(c *cobra.Command) {
	p := c.PersistentFlags()
	p.StringVar(&f.server, "server", "", "URL of a Tidemark server (default $TIDEMARK_SERVER; excludes --data, --db and --now)")
	p.StringVar(&f.tokenFile, "token-file", "", "file with the token for the server (default $TIDEMARK_TOKEN, else what login saved)")
	p.BoolVar(&f.allowHTTP, "allow-http", false, "send the token over http:// to another machine, for all to read")
}

// homeCommands run where the data is, whatever server the environment names.
var homeCommands = []string{"serve", "demo", "version", "exit-codes", "scan", "bundle"}

// chooseServer takes the server from the environment where no flag says
// otherwise, and refuses flags that contradict each other.
func (a *app) chooseServer(c *cobra.Command) error {
	f := &a.flags
	local := f.data != "" || f.db != "" || f.now != ""
	if f.remote.server == "" && !local && !slices.Contains(homeCommands, c.Name()) {
		f.remote.server = a.env("TIDEMARK_SERVER")
	}
	if f.remote.server != "" && local {
		return fault.New(fault.Invalid, "--server cannot be used with --data, --db or --now").WithHint("a server has its own database and clock")
	}
	if f.remote.server == "" && f.remote.tokenFile != "" {
		return fault.New(fault.Invalid, "--token-file is given, and no server").WithHint("add --server URL")
	}
	return nil
}

// isRemote reports whether a server is asked.
func (a *app) isRemote() bool { return a.flags.remote.server != "" }

// notRemote refuses what only works where the data is.
func notRemote() error {
	return fault.New(fault.Invalid, "this command works on its own data, and not through a server").
		WithHint("run it on the server's machine with --data DIR or --db URL, without --server and TIDEMARK_SERVER")
}

// client is the way to the server, as whoever the token signs in.
func (a *app) client() (*client.Client, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, fault.New(fault.Unauthenticated, "there is no token for %s", fault.Mask(a.flags.remote.server)).
			WithHint("tidemark login --server %s, or set TIDEMARK_TOKEN", fault.Mask(a.flags.remote.server))
	}
	return a.clientOf(token)
}

func (a *app) clientOf(token string) (*client.Client, error) {
	return client.New(client.Config{
		URL: a.flags.remote.server, Token: token, AllowHTTP: a.flags.remote.allowHTTP, UserAgent: "tidemark/" + version,
	})
}

// maxToken bounds a file with a token.
const maxToken = 4096

// token is that of the flag, else of the environment, else what login saved.
func (a *app) token() (string, error) {
	if path := a.flags.remote.tokenFile; path != "" {
		raw, err := readBounded(path, maxToken)
		if err != nil {
			return "", err
		}
		return strings.TrimSpace(string(raw)), nil
	}
	if token := strings.TrimSpace(a.env("TIDEMARK_TOKEN")); token != "" {
		return token, nil
	}
	keys, err := a.keys()
	if err != nil {
		return "", err
	}
	token, _, err := keys.Get(a.flags.remote.server)
	return token, err
}

// keys are the tokens that login saved.
func (a *app) keys() (remote.Keys, error) {
	dir := a.env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return remote.Keys{}, fault.Wrap(fault.Invalid, err, "find the user's folder: use --token-file")
		}
		dir = filepath.Join(home, ".config")
	}
	return remote.Keys{File: filepath.Join(dir, "tidemark", "servers.json")}, nil
}

// remotely runs a command on the server where one is asked, else in process.
func (a *app) remotely(there func(*client.Client) error, here func() error) error {
	if !a.isRemote() {
		return here()
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	return there(c)
}

// settle waits until what follows from evidence is computed, unless --no-wait;
// it then says where to look.
func (a *app) settle(ctx context.Context, c *client.Client, r *api.ReceiptStatus) error {
	if a.flags.remote.noWait {
		_, err := fmt.Fprintf(a.err, "stored as %s, and computed soon: %s\n", r.ID, r.URL)
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

// sendSBOMs is ingestSBOMs through a server.
func (a *app) sendSBOMs(ctx context.Context, c *client.Client, files []string, artifact string) error {
	out := api.Receipts{Schema: api.SchemaReceipts, Items: []api.Receipt{}}
	var bad []error
	var stored []api.ReceiptStatus
	for _, f := range files {
		r, err := sendSBOM(ctx, c, f, artifact)
		if err != nil && fault.KindOf(remote.Fault(err)) != fault.Invalid {
			return err
		}
		if err != nil {
			bad = append(bad, fault.Wrap(fault.Invalid, err, "%s", f))
			out.Items = append(out.Items, refusedReceipt(f, err))
			continue
		}
		out.AsOf, stored = r.At, append(stored, r)
		for _, item := range r.Receipts {
			item.Input = f
			out.Items = append(out.Items, item)
		}
	}
	if len(bad) == len(files) {
		return allBad(bad)
	}
	for i := range stored {
		if err := a.settle(ctx, c, &stored[i]); err != nil {
			return err
		}
	}
	if err := a.print.Document(out, func(w io.Writer) { receiptText(w, out) }); err != nil {
		return err
	}
	return a.partial(bad)
}

func refusedReceipt(file string, err error) api.Receipt {
	return api.Receipt{
		Input: file, Kind: "sbom", Rejected: []api.Rejection{{Where: file, Reason: err.Error()}}, Ignored: []api.Rejection{},
		Notes: []api.Rejection{}, Snapshots: []api.Snapshot{},
	}
}
