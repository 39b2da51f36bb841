package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/cmd/tidemark/images"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
)

func (a *app) serveCmd() *cobra.Command {
	o, check := host.Options{}, false
	var registries images.Asked
	c := &cobra.Command{
		Use: "serve", Short: "Run the server: pages, API, and the steps of the loop",
		Long: `Run the server. The first start makes the user admin and prints a link to sign in
with once. While it runs it is the only writer of the data folder: other
commands that write then need --server URL.

  tidemark serve --data /var/lib/tidemark
  tidemark serve --db postgres://… --listen :8443 --tls-cert cert.pem --tls-key key.pem`,
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			if check {
				return host.Check(c.Context(), o.Listen)
			}
			if err := a.lookAt(registries, &o); err != nil {
				return err
			}
			return a.serve(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Listen.Address, "listen", "127.0.0.1:8080", "address to listen on")
	f.StringVar(&o.Listen.Cert, "tls-cert", "", "certificate file (PEM)")
	f.StringVar(&o.Listen.Key, "tls-key", "", "key file (PEM)")
	f.BoolVar(&o.TrustProxy, "trusted-proxy", false, "believe X-Forwarded-For, -Proto and -Host: only behind a proxy that sets them")
	f.BoolVar(&o.Listen.Insecure, "insecure-http", false, "plain HTTP on an address that others can reach")
	f.StringSliceVar(&o.CIHooks, "ci-hook", nil, "take webhooks of a CI system, proven by the secret in a file: github=FILE, gitlab=FILE (docs/provenance.md)")
	f.StringSliceVar(&registries.Hosts, "registry", nil, "look at images that run in this registry, * for any (docs/registry.md); default: none is asked")
	f.StringVar(&registries.File, "registries", "", "file with registries and credentials (default DATA/registries.json)")
	f.BoolVar(&check, "check", false, "start nothing: ask the server at --listen whether it is ready (for health checks)")
	return c
}

// lookAt has the server look at images, where registries are configured.
func (a *app) lookAt(q images.Asked, o *host.Options) error {
	dir, err := a.DataDir()
	if err != nil {
		return err
	}
	cfg, err := q.Config(dir)
	if err != nil || len(cfg.Hosts) == 0 {
		return err
	}
	o.Beside = func(ctx context.Context, s *local.Session, wake func()) error {
		l, err := images.New(s, cfg, "tidemark/"+version, wake)
		if err != nil {
			return err
		}
		return l.Run(ctx)
	}
	return nil
}

// serve runs a server on the data that the flags name.
func (a *app) serve(ctx context.Context, o host.Options) error {
	if a.IsRemote() {
		return command.NotRemote()
	}
	if a.Flags.Now != "" {
		return fault.New(fault.Invalid, "a server has a clock of its own").WithHint("leave --now out")
	}
	return a.host().Serve(ctx, o)
}

// host runs servers for this command line.
func (a *app) host() host.Host {
	h := host.Host{Home: a.Home(), Clock: a.Clock, Version: version}
	h.Log = a.serverLog()
	return h
}

// serverLog tells of requests, and without -v in one line each on standard error.
func (a *app) serverLog() *slog.Logger {
	level := slog.LevelInfo
	if a.Flags.Verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level}))
}

func (a *app) demoCmd() *cobra.Command {
	o, quiet := host.Options{}, false
	c := &cobra.Command{
		Use: "demo", Short: "Run the server on a made-up company, with a drill to play",
		Long: `Run the server on a made-up company with 26 weeks of history, and open it in the
browser. Nothing of yours is touched: the data is in a folder of its own, which
is removed at the end. It needs no network.`,
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			return a.host().Demo(c.Context(), o, host.Guide{Out: a.Out, Browser: !quiet && output.TerminalWidth(a.Out) > 0})
		},
	}
	c.Flags().StringVar(&o.Listen.Address, "listen", "127.0.0.1:8080", "address to listen on")
	c.Flags().BoolVar(&quiet, "no-browser", false, "open no browser")
	return c
}
