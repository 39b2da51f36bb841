package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/agent/host"
	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory"
)

// hostFlags are those of "host".
type hostFlags struct {
	target  target
	cfg     host.Config
	beat    time.Duration
	percent float64
	once    bool
	within  time.Duration
}

func hostCommand(p process) *cobra.Command {
	var f hostFlags
	c := &cobra.Command{
		Use: "host --server URL --token-file FILE [--once]", Short: "watch this machine",
		Long: `Watch this machine and tell the server what is installed on it, what of that
processes have loaded, who listens, and whom it talks to. It reads, and changes
nothing; neither memory nor environment of a process is read. The token is that of
the source host/NAME.

As root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, it sees every process. With
less it says what it could not see, and calls nothing "not seen loaded".`,
		Example: "  tidemark-agent host --server https://tidemark.example.org --token-file /etc/tidemark/token",
		RunE:    func(c *cobra.Command, _ []string) error { return runHost(c.Context(), p, f) },
	}
	f.target.flags(c, p)
	listen := c.Flags().Lookup("listen")
	listen.DefValue, f.target.listen = hostListen, hostListen
	flags := c.Flags()
	flags.StringVar(&f.cfg.Name, "name", p.env("TIDEMARK_HOST"), "name of the host (default: the machine's own)")
	flags.StringVar(&f.cfg.Service, "service", "", "service that runs here (default: the name)")
	flags.StringVar(&f.cfg.Environment, "environment", host.DefaultEnvironment, "environment in which the host stands")
	flags.StringVar(&f.cfg.Machine.Root, "root", "/", "root folder of the host, where it is mounted elsewhere")
	flags.StringVar(&f.cfg.Machine.Proc, "proc", "/proc", "folder with the host's processes")
	flags.BoolVar(&f.cfg.Machine.OnlySystem, "only-system", false, "search no folders: what the package manager did not install is known only where it runs")
	flags.BoolVar(&f.cfg.Commands, "commands", false, "tell command lines too, with secrets masked")
	flags.DurationVar(&f.cfg.Timing.Window, "window", 7*24*time.Hour, "how far back something counts as loaded")
	flags.DurationVar(&f.cfg.Timing.Sample, "sample", time.Minute, "how often to look at the processes")
	flags.DurationVar(&f.beat, "every", 5*time.Minute, "how often the agent says that all is as it was told")
	flags.Float64Var(&f.percent, "cpu-percent", 1, "share of one core that it may use; ten times that until the first inventory is made")
	flags.BoolVar(&f.once, "once", false, "look once, without that bound, tell it, and end")
	flags.DurationVar(&f.within, "within", 10*time.Minute, "with --once: how long to try to reach the server")
	return c
}

// hostListen is where the agent of a host tells of its health: to this machine only.
const hostListen = "127.0.0.1:8686"

// The memory that the agent of a host asks Go to keep to: what it links and maps is
// beside that.
const (
	hostHeap  = 40 << 20
	hostGrows = 50 // percent, until what is no longer used is collected
)

func runHost(ctx context.Context, p process, f hostFlags) error {
	if p.env("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(hostHeap)
		debug.SetGCPercent(hostGrows)
	}
	if err := f.fill(); err != nil {
		return err
	}
	door, err := f.target.open()
	if err != nil {
		return err
	}
	dir, err := f.target.folder(p)
	if err != nil {
		return err
	}
	log := newLog(p.err, f.target.asJSON, f.target.verbose)
	inventory.Report(func(message string) { log.Debug("a file says something odd", "message", message) })
	sender, err := send.Open(send.Config{
		Source: "host/" + f.cfg.Name, Dir: filepath.Join(dir, "host"), Every: f.beat, Server: door, Now: p.now, Most: f.target.buffer << 20, Log: log,
	})
	if err != nil {
		return err
	}
	f.cfg.State, f.cfg.Log = filepath.Join(dir, "host-watch"), log
	f.cfg.Clock = host.Clock{Now: p.now, CPU: used, Pause: pause}
	agent, err := host.New(f.cfg, sender)
	if err != nil {
		return err
	}
	log.Info("watching", "host", f.cfg.Name, "server", f.target.url, "state", dir, "version", version)
	err = f.watch(ctx, agent, sender)
	log.Info("stopped", "sending", sender.Stats().String())
	if closed := sender.Close(); err == nil {
		err = closed
	}
	return err
}

// watch looks once, or until ctx ends.
func (f *hostFlags) watch(ctx context.Context, agent *host.Agent, sender *send.Sender) error {
	if f.once {
		if err := agent.Once(ctx); err != nil {
			return err
		}
		ctx, stop := context.WithTimeout(ctx, f.within)
		defer stop()
		return sender.Drain(ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return agent.Run(ctx) })
	group.Go(func() error { return sender.Run(ctx) })
	group.Go(func() error { return watch(ctx, f.target.listen, hostVital{agent}, sender) })
	return group.Wait()
}

// fill checks the flags, and completes them with what the machine says.
func (f *hostFlags) fill() error {
	c := &f.cfg
	if c.Name == "" {
		name, err := os.Hostname()
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "ask for the name of this machine: use --name")
		}
		c.Name = name
	}
	c.Name = strings.ToLower(c.Name)
	const most = 100
	switch {
	case f.percent <= 0 || f.percent > most:
		return fault.New(fault.Invalid, "--cpu-percent %v is no share of a core: more than 0, at most 100", f.percent)
	case f.beat < time.Second || c.Timing.Sample < time.Second || c.Timing.Window < c.Timing.Sample:
		return fault.New(fault.Invalid, "--every and --sample are at least a second, and --window not less than --sample")
	}
	c.Machine.Arch, c.Machine.Addresses = runtime.GOARCH, addresses
	c.Timing.Beat, c.Timing.Share = f.beat, f.percent/most
	if f.once {
		c.Timing.Share = -1
	}
	return nil
}

// addresses are those of the machine's own network.
func addresses() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "ask for the addresses of this machine")
	}
	var out []netip.Addr
	for _, a := range list {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, prefix.Addr().Unmap())
		}
	}
	return out, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// hostVital tells of the health of the agent of a host.
type hostVital struct{ *host.Agent }

// State is a line for people.
func (v hostVital) State() (string, bool) {
	s := v.Stats()
	line := fmt.Sprintf("host: %d parts installed, %d of them loaded in the window, %d processes that may not be looked at, %d samples", s.Parts, s.Loaded, s.Unseen, s.Samples)
	if s.Inventory.IsZero() {
		line = "host: the first inventory is being made"
	}
	return line, s.Told
}

// Gauges writes what is seen of the host.
func (v hostVital) Gauges(m *metrics) {
	s := v.Stats()
	m.one("ready", "gauge", "1: all was told once", flag(s.Told))
	m.one("samples_total", "counter", "how often all processes were looked at", float64(s.Samples))
	m.one("last_sample_timestamp_seconds", "gauge", "when they were last", seconds(s.Sampled))
	m.one("last_inventory_timestamp_seconds", "gauge", "when the newest inventory was begun", seconds(s.Inventory))
	m.one("unseen_processes", "gauge", "processes that the newest sample could not look at", float64(s.Unseen))
	m.one("images", "gauge", "images of containers that are watched", float64(s.Images))
	m.one("parts", "gauge", "packages and modules that are installed", float64(s.Parts))
	m.one("loaded_parts", "gauge", "of them, seen loaded in the window", float64(s.Loaded))
	m.one("cpu_seconds_total", "counter", "time of a core that this process has used", used().Seconds())
}
