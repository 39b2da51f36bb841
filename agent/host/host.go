// Package host is the agent of one machine: it lists what is installed there, and
// watches what of it is loaded while the machine runs.
//
// The model. An index says which part (a package of the distribution, a module
// of a Go program, an archive of Java, a package of Python or Node) a file
// belongs to. A sample goes once over all processes and notes for each part when a
// process last had a file of it mapped, ran it, or held it open. What was noted in
// the watch window is the state: from it follow the host, its bill of materials,
// what is loaded of it, its doors, and whom it talks to; what of that changed is
// told, and nothing else. Processes in a container are those of another target:
// the image of the container.
//
// Invariants. "Not seen loaded" is said only of parts that a process would show
// and whose processes could all be looked at; everything else is unknown, with
// the reason. What could not be read is told as trouble. The agent keeps to its
// share of one core: see Clock and pace. It reads neither the memory nor the
// environment of a process, runs nothing, and masks secrets in command lines.
package host

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory"
)

// Sender takes what is to be told: *send.Sender.
type Sender interface {
	Put(items ...api.Observation) error
	Scopes(all []string) error
	Trouble(name string, list []api.Rejection)
	Resync() <-chan struct{}
}

// Machine is what the agent looks at.
type Machine struct {
	Root string // its files; "" is "/"
	Proc string // its processes; "" is "/proc"
	// Addresses are the machine's own; nil: nobody knows them.
	Addresses func() ([]netip.Addr, error)
	Arch      string
	// OnlySystem leaves the folders unsearched: what the package manager did not
	// install is known only where it runs.
	OnlySystem bool
}

// Clock is the time, and the share of it that is used.
type Clock struct {
	Now   func() time.Time
	CPU   func() time.Duration // that this process has used since it began
	Pause func(context.Context, time.Duration) error
}

// Timing says how often what is done. Zero fields have the defaults.
type Timing struct {
	Window  time.Duration // how far back something counts as loaded; 7 days
	Sample  time.Duration // between two looks at the processes; 1 minute
	Refresh time.Duration // between two inventories where nothing says that one is due; 24 hours
	Beat    time.Duration // between two signs of life; 5 minutes
	Share   float64       // of one core; 0.01, and ten times that for the first inventory. Less than 0: no bound
}

// Config says who the host is and how it is watched.
type Config struct {
	Name        string // of the host
	Service     string // "": the name
	Environment string // "": hosts
	State       string // folder in which the watch outlives the process; "": it does not
	Commands    bool   // tell command lines, with secrets masked
	Machine     Machine
	Clock       Clock
	Timing      Timing
	Log         *slog.Logger
}

// The defaults of Timing, and what else is fixed.
const (
	defaultWindow  = 7 * 24 * time.Hour
	defaultSample  = time.Minute
	defaultRefresh = 24 * time.Hour
	defaultBeat    = 5 * time.Minute
	defaultShare   = 0.01
	saveEvery      = 10 * time.Minute
	// gap is how long nobody may have looked for the watch to be one.
	gap = 15 * time.Minute
)

// DefaultEnvironment is where hosts stand that nobody put elsewhere.
const DefaultEnvironment = "hosts"

// Agent watches a host. It is used by one goroutine.
type Agent struct {
	cfg   Config
	out   Sender
	look  *sampler
	tell  *teller
	facts *systemFacts
	done  times
	stats atomic.Pointer[Stats]
	// untold is why what was last seen could not be told.
	untold error
}

// times is when what was last done.
type times struct{ refresh, sample, save time.Time }

// New makes an agent.
func New(cfg Config, out Sender) (*Agent, error) {
	if cfg.Name == "" || cfg.Clock.Now == nil || cfg.Clock.CPU == nil || cfg.Clock.Pause == nil || out == nil {
		return nil, fault.New(fault.Internal, "an agent of a host needs a name, a clock and a sender")
	}
	cfg.Service = cmp.Or(cfg.Service, cfg.Name)
	cfg.Environment = cmp.Or(cfg.Environment, DefaultEnvironment)
	cfg.Machine.Root, cfg.Machine.Proc = cmp.Or(cfg.Machine.Root, "/"), cmp.Or(cfg.Machine.Proc, "/proc")
	t := &cfg.Timing
	t.Window, t.Sample = cmp.Or(t.Window, defaultWindow), cmp.Or(t.Sample, defaultSample)
	t.Refresh, t.Beat = cmp.Or(t.Refresh, defaultRefresh), cmp.Or(t.Beat, defaultBeat)
	t.Share = cmp.Or(t.Share, defaultShare)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ref := "host/" + cfg.Name
	id, err := inventory.ArtifactID(ref)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the name of the host %q", cfg.Name)
	}
	facts := &systemFacts{}
	a := &Agent{
		cfg: cfg, out: out, facts: facts,
		look: &sampler{cfg: cfg, proc: proc.Dir(cfg.Machine.Proc), pace: newPace(cfg.Clock, t.Share), facts: facts},
		tell: &teller{cfg: cfg, out: out, facts: facts, told: map[string]string{}, boms: map[string]string{}},
	}
	use(a, newWatch(ref, id))
	return a, nil
}

// use makes the agent go on with a watch.
func use(a *Agent, w *watch) { a.look.watch, a.tell.watch = w, w }

func (a *Agent) host() *target { return a.look.watch.host }

// Once looks once at everything and tells it. What was not seen loaded by one look
// is unknown.
func (a *Agent) Once(ctx context.Context) error {
	a.load()
	if err := a.step(ctx); err != nil {
		return err
	}
	if a.untold != nil {
		return a.untold
	}
	return a.save()
}

// Run watches until ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	a.load()
	for {
		if err := a.step(ctx); err != nil {
			return a.ended(ctx, err)
		}
		a.keep()
		if err := a.cfg.Clock.Pause(ctx, a.cfg.Timing.Sample); err != nil {
			return a.ended(ctx, err)
		}
	}
}

// ended keeps the state; that ctx ended is no fault.
func (a *Agent) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = nil
	}
	if e := a.save(); err == nil {
		err = e
	}
	return err
}

// step looks at everything that is due, and tells what changed.
func (a *Agent) step(ctx context.Context) error {
	if now := a.cfg.Clock.Now(); a.due(now) {
		if err := a.refresh(ctx); err != nil {
			return err
		}
		a.done.refresh = now
	}
	return a.observe(ctx)
}

// observe takes a sample, and tells what changed. What cannot be told is told
// again, all of it.
func (a *Agent) observe(ctx context.Context) error {
	if err := a.look.sample(ctx); err != nil {
		return err
	}
	a.done.sample = a.cfg.Clock.Now()
	select {
	case <-a.out.Resync():
		a.tell.forget()
	default:
	}
	if a.untold = a.tell.tell(); a.untold != nil {
		a.cfg.Log.Warn("what was seen cannot be told: all of it is told again", "error", a.untold)
		a.tell.forget()
	}
	a.count()
	return nil
}

// meanwhile goes on watching while an inventory is made: at the agent's share of a
// core that takes longer than nobody may look.
func (a *Agent) meanwhile(ctx context.Context) error {
	if err := a.look.pace.pass(ctx); err != nil {
		return err
	}
	if a.host().index == nil || a.cfg.Clock.Now().Sub(a.done.sample) < a.cfg.Timing.Sample {
		return nil
	}
	return a.observe(ctx)
}

// keep saves the watch now and then.
func (a *Agent) keep() {
	now := a.cfg.Clock.Now()
	if now.Sub(a.done.save) < saveEvery {
		return
	}
	a.done.save = now
	if err := a.save(); err != nil {
		a.cfg.Log.Warn("the watch cannot be kept", "error", err)
	}
}

// stateFile is where the watch is kept.
func (a *Agent) stateFile() string { return filepath.Join(a.cfg.State, "watch.json") }
