package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/agent/kube"
	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/internal/fault"
)

// kubeFlags are those of "kube".
type kubeFlags struct {
	target       target
	kubeconfig   string
	cluster      string
	environment  string
	environments map[string]string
	every, full  time.Duration
}

func kubeCommand(p process) *cobra.Command {
	var f kubeFlags
	c := &cobra.Command{
		Use: "kube --server URL --token-file FILE", Short: "watch a Kubernetes cluster",
		Long: `Watch a Kubernetes cluster and tell the server what runs in it: images by
digest, doors, accounts, policies, roles. It reads, and changes nothing; contents
of secrets and configuration are never read. The token is that of the source
kube/CLUSTER.`,
		Example: "  tidemark-agent kube --server https://tidemark.example.org --token-file /etc/tidemark/token --cluster prod-eu",
		RunE:    func(c *cobra.Command, _ []string) error { return runKube(c.Context(), p, f) },
	}
	f.target.flags(c, p)
	flags := c.Flags()
	flags.StringVar(&f.kubeconfig, "kubeconfig", p.env("KUBECONFIG"), "how to reach the cluster; \"\" in a pod of it")
	flags.StringVar(&f.cluster, "cluster", p.env("TIDEMARK_CLUSTER"), "name of the cluster; else that of the kubeconfig")
	flags.StringVar(&f.environment, "environment", "", "environment of all namespaces; else CLUSTER/NAMESPACE. The label tidemark.dev/environment of a namespace goes before")
	flags.StringToStringVar(&f.environments, "namespace-environment", nil, "NAMESPACE=ENVIRONMENT,…: that of some")
	flags.DurationVar(&f.every, "every", 5*time.Minute, "how often the agent says that all is as it was told")
	flags.DurationVar(&f.full, "full", 6*time.Hour, "how often it tells everything anew")
	return c
}

// memoryLimit is what the agent stays below where the cluster allows it.
const memoryLimit = 120 << 20

func runKube(ctx context.Context, p process, f kubeFlags) error {
	if f.every < time.Second || f.full < f.every {
		return fault.New(fault.Invalid, "--every is at least a second, and --full not less")
	}
	if p.env("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	door, err := f.target.open()
	if err != nil {
		return err
	}
	cluster, err := kube.Connect(f.kubeconfig)
	if err != nil {
		return err
	}
	name := cmp.Or(f.cluster, cluster.Name)
	if name == "" || strings.ContainsAny(name, " \t\n") {
		return fault.New(fault.Invalid, "the cluster has no name").WithHint("give --cluster NAME: the token is that of kube/NAME")
	}
	dir, err := f.target.folder(p)
	if err != nil {
		return err
	}
	log := newLog(p.err, f.target.asJSON, f.target.verbose)
	sender, err := send.Open(send.Config{
		Source: "kube/" + name, Dir: filepath.Join(dir, "kube"), Every: f.every, Server: door, Now: p.now, Most: f.target.buffer << 20, Log: log,
	})
	if err != nil {
		return err
	}
	agent, err := kube.New(kube.Config{
		Cluster: cluster, Naming: kube.Naming{Cluster: name, Environment: f.environment, Namespaces: f.environments}, Sender: sender,
		Memory: filepath.Join(dir, "kube", "memory.json"), Every: f.every, Full: f.full, Now: p.now, Log: log,
	})
	if err != nil {
		return err
	}
	log.Info("watching", "cluster", name, "server", f.target.url, "state", dir, "version", version)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return agent.Run(ctx) })
	group.Go(func() error { return sender.Run(ctx) })
	group.Go(func() error { return watch(ctx, f.target.listen, kubeVital{agent}, sender) })
	err = group.Wait()
	log.Info("stopped", "sending", sender.Stats().String())
	if closed := sender.Close(); err == nil {
		err = closed
	}
	return err
}

// kubeVital tells of the health of the agent of a cluster.
type kubeVital struct{ *kube.Agent }

// State is a line for people.
func (v kubeVital) State() (string, bool) {
	s := v.Stats()
	line := fmt.Sprintf("cluster: %d workloads, all told %d times, %d changes", s.Workloads, s.Fulls, s.Deltas)
	for _, k := range s.Kinds {
		if k.Why != "" {
			line += "\n" + k.Name + ": " + masked(k.Why)
		}
	}
	return line, s.Ready
}

// Gauges writes what is seen of the cluster.
func (v kubeVital) Gauges(m *metrics) {
	s := v.Stats()
	m.one("ready", "gauge", "1: all was told once", flag(s.Ready))
	m.one("sound", "gauge", "1: every watch stands", flag(s.Sound))
	m.one("workloads", "gauge", "workloads that are seen", float64(s.Workloads))
	m.one("deltas_total", "counter", "changes that were told", float64(s.Deltas))
	m.one("reconciles_total", "counter", "how often everything was told", float64(s.Fulls))
	m.one("heartbeats_total", "counter", "how often it was said that all is as it was", float64(s.Beats))
	m.one("last_reconcile_timestamp_seconds", "gauge", "when everything was told last", seconds(s.LastFull))
	m.add("objects", "gauge", "objects that are kept, by kind")
	for _, k := range s.Kinds {
		m.value("objects", float64(k.Objects), "kind", k.Name)
	}
	m.add("readable", "gauge", "1: objects of the kind can be read")
	for _, k := range s.Kinds {
		m.value("readable", flag(k.Sound), "kind", k.Name)
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
