package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/fault"
)

// target is where what is seen goes, as the flags say.
type target struct {
	url, tokenFile, caFile, state, listen string
	allowHTTP, asJSON, verbose            bool
	buffer                                int64 // MiB
}

func (t *target) flags(c *cobra.Command, p process) {
	f := c.Flags()
	f.StringVar(&t.url, "server", p.env("TIDEMARK_SERVER"), "address of the Tidemark server")
	f.StringVar(&t.tokenFile, "token-file", p.env("TIDEMARK_TOKEN_FILE"), "file with the token of this source; it is read again when it changes")
	f.StringVar(&t.caFile, "ca-file", "", "certificates of authorities that may stand for the server, beside the system's")
	f.BoolVar(&t.allowHTTP, "allow-http", false, "send the token over plain HTTP to another machine")
	f.StringVar(&t.state, "state", p.env("TIDEMARK_STATE"), "folder for what is not sent yet and what was told; of this agent alone")
	f.Int64Var(&t.buffer, "buffer", 256, "MiB of disk for what cannot be sent at once")
	f.StringVar(&t.listen, "listen", ":8686", "address of /healthz, /readyz and /metrics; \"\" for none")
	f.BoolVar(&t.asJSON, "log-json", false, "write the log as JSON")
	f.BoolVar(&t.verbose, "verbose", false, "log more")
}

// check finds all that is wrong with the flags before anything starts.
func (t *target) check() error {
	for name, value := range map[string]string{"--server": t.url, "--token-file": t.tokenFile} {
		if value == "" {
			return fault.New(fault.Invalid, "%s is not given", name).WithHint("tidemark-agent kube|host|hubble --server URL --token-file FILE")
		}
	}
	if t.buffer < 1 || t.buffer > 1<<20 {
		return fault.New(fault.Invalid, "--buffer %d is not between 1 and %d MiB", t.buffer, 1<<20)
	}
	return nil
}

// folder is the state folder: as given, or the system's for services, or the user's.
func (t *target) folder(p process) (string, error) {
	if t.state != "" {
		return t.state, nil
	}
	if dir := p.env("STATE_DIRECTORY"); dir != "" { // of a systemd service
		return dir, nil
	}
	if dir := p.env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tidemark-agent"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "find the user's state folder: use --state DIR")
	}
	return filepath.Join(home, ".local", "state", "tidemark-agent"), nil
}

// door is the way to the server. A token that is changed in its file is taken
// from the next batch on.
type door struct {
	target target
	http   *http.Client
	mu     sync.Mutex
	token  string
	client *client.Client
}

// open reads the token and the certificates; it sends nothing yet.
func (t *target) open() (*door, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	d := &door{target: *t}
	if t.caFile != "" {
		pem, err := os.ReadFile(t.caFile)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the certificates")
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Invalid, "%s has no certificates", t.caFile)
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		d.http = &http.Client{Transport: transport}
	}
	_, err := d.now()
	return d, err
}

// now is the client with the token of today.
func (d *door) now() (*client.Client, error) {
	raw, err := os.ReadFile(d.target.tokenFile)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the token")
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return nil, fault.New(fault.Invalid, "the token file %s is empty", d.target.tokenFile)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client != nil && token == d.token {
		return d.client, nil
	}
	c, err := client.New(client.Config{
		URL: d.target.url, Token: token, HTTP: d.http, UserAgent: "tidemark-agent/" + version, AllowHTTP: d.target.allowHTTP,
	})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "--server")
	}
	d.client, d.token = c, token
	return c, nil
}

// SendObservations sends a batch.
func (d *door) SendObservations(ctx context.Context, batch api.Observations) (api.Observed, error) {
	c, err := d.now()
	if err != nil {
		return api.Observed{}, err
	}
	return c.SendObservations(ctx, batch)
}
