package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/agent/hubble"
	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/internal/fault"
)

// hubbleFlags are those of "hubble".
type hubbleFlags struct {
	target  target
	relay   string
	cluster string
	every   time.Duration
	tls     relayTLS
}

// relayTLS is how the relay proves who it is, and the agent to it.
type relayTLS struct{ ca, name, cert, key string }

func hubbleCommand(p process) *cobra.Command {
	var f hubbleFlags
	c := &cobra.Command{
		Use: "hubble --relay HOST:PORT --cluster NAME --server URL --token-file FILE", Short: "follow the flows of a cluster's network",
		Long: `Follow the flows that Hubble, the observer of Cilium, sees in a cluster, and tell the
server which workloads talk to which, how, and when last. Flows are gathered to edges
with counts here; of what is said over them nothing is read. The token is that of the
source hubble/NAME.

The relay is asked in plain text, or with --tls-ca over TLS. When its stream ends it is
begun again where it ended; what the server does not take is kept, up to 20,000 edges.`,
		Example: "  tidemark-agent hubble --relay hubble-relay.kube-system.svc:80 --cluster prod --server https://tidemark.example.org --token-file /etc/tidemark/token",
		RunE:    func(c *cobra.Command, _ []string) error { return runHubble(c.Context(), p, f) },
	}
	f.target.flags(c, p)
	for _, of := range []string{"state", "buffer"} { // it keeps nothing on disk
		_ = c.Flags().MarkHidden(of) // it is there: the line before has made it
	}
	flags := c.Flags()
	flags.StringVar(&f.relay, "relay", p.env("TIDEMARK_HUBBLE_RELAY"), "address of Hubble's relay, HOST:PORT")
	flags.StringVar(&f.cluster, "cluster", p.env("TIDEMARK_CLUSTER"), "name of the cluster, where flows do not name their own: as the agent of the cluster is told")
	flags.DurationVar(&f.every, "every", 15*time.Second, "how often what was seen is told")
	flags.StringVar(&f.tls.ca, "tls-ca", "", "certificates of authorities that may stand for the relay: ask over TLS")
	flags.StringVar(&f.tls.name, "tls-name", "", "name in the relay's certificate, where it is not that of its address")
	flags.StringVar(&f.tls.cert, "tls-cert", "", "certificate of this agent, where the relay asks for one")
	flags.StringVar(&f.tls.key, "tls-key", "", "key of that certificate")
	return c
}

func runHubble(ctx context.Context, p process, f hubbleFlags) error {
	if _, _, err := net.SplitHostPort(f.relay); err != nil {
		return fault.Wrap(fault.Invalid, err, "--relay %q is not HOST:PORT", f.relay)
	}
	if strings.TrimSpace(f.cluster) == "" || f.every < time.Second || f.every > time.Hour {
		return fault.New(fault.Invalid, "--cluster names the cluster, and --every is between a second and an hour")
	}
	secure, err := f.tls.config()
	if err != nil {
		return err
	}
	door, err := f.target.open()
	if err != nil {
		return err
	}
	log := newLog(p.err, f.target.asJSON, f.target.verbose)
	agent := hubble.New(hubble.Config{
		Cluster: f.cluster, Stream: hubble.NewRelay(f.relay, secure), Server: door, Every: f.every, Now: p.now, Pause: pause, Log: log,
	})
	log.Info("following", "relay", f.relay, "cluster", f.cluster, "server", f.target.url, "version", version)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return agent.Follow(ctx) })
	group.Go(func() error { return agent.Send(ctx) })
	group.Go(func() error { return watch(ctx, f.target.listen, hubbleVital{agent}, hubbleSent{agent}) })
	err = group.Wait()
	s := agent.Stats()
	log.Info("stopped", "flows", s.Flows, "edges", s.Sent)
	return err
}

// config reads the certificates; nil: plain text.
func (t relayTLS) config() (*tls.Config, error) {
	if t.ca == "" {
		if t != (relayTLS{}) {
			return nil, fault.New(fault.Invalid, "--tls-name, --tls-cert and --tls-key are for TLS").WithHint("give --tls-ca")
		}
		return nil, nil
	}
	pem, err := os.ReadFile(t.ca)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "--tls-ca")
	}
	out := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: t.name, MinVersion: tls.VersionTLS12}
	if !out.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "%s has no certificates", t.ca)
	}
	if t.cert == "" && t.key == "" {
		return out, nil
	}
	pair, err := tls.LoadX509KeyPair(t.cert, t.key)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "--tls-cert and --tls-key")
	}
	out.Certificates = []tls.Certificate{pair}
	return out, nil
}

// SendFlows sends what was gathered of a network.
func (d *door) SendFlows(ctx context.Context, environment string, body []byte) error {
	c, err := d.now()
	if err != nil {
		return err
	}
	return c.SendFlows(ctx, environment, body)
}

// hubbleVital tells of the health of the agent of a network.
type hubbleVital struct{ *hubble.Agent }

// State is a line for people.
func (v hubbleVital) State() (string, bool) {
	s := v.Stats()
	if s.Failure != "" {
		return "hubble: no flows come: " + masked(s.Failure), false
	}
	return fmt.Sprintf("hubble: %d flows seen", s.Flows), !s.Connected.IsZero()
}

// Gauges writes what is seen of the network.
func (v hubbleVital) Gauges(m *metrics) {
	s := v.Stats()
	m.one("ready", "gauge", "1: flows come", flag(s.Failure == "" && !s.Connected.IsZero()))
	m.one("flows_total", "counter", "messages of the relay", float64(s.Flows))
	m.one("last_flow_timestamp_seconds", "gauge", "when the newest came", seconds(s.Connected))
}

// hubbleSent says how sending goes.
type hubbleSent struct{ *hubble.Agent }

// Stats says it in the words of every agent.
func (v hubbleSent) Stats() send.Stats {
	s := v.Agent.Stats()
	return send.Stats{Sent: s.Sent, Rejected: s.Refused, Succeeded: s.Succeeded, Failure: s.Unsent}
}
