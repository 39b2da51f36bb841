package kube

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// Sender is what takes what is told: *send.Sender.
type Sender interface {
	Put(items ...api.Observation) error
	Scopes(all []string) error
	Trouble(name string, list []api.Rejection)
	Resync() <-chan struct{}
}

// Config says what is watched, and how it is told.
type Config struct {
	Cluster  *Cluster
	Naming   Naming
	Sender   Sender
	Memory   string        // a file: what was told, for the next start; "": none
	Every    time.Duration // between two heartbeats; 0: 5 minutes
	Full     time.Duration // between two full reconciles; 0: 6 hours
	Debounce time.Duration // how long changes are gathered; 0: 200 ms
	Tick     time.Duration // how often the clock is looked at; 0: 1 s
	Now      func() time.Time
	Log      *slog.Logger
}

// Agent watches a cluster.
type Agent struct {
	cfg Config
	*sight
	memory memory
	plan   plan  // only of who runs the agent
	stats  Stats // under the lock of the sight
}

// plan says what is due when.
type plan struct {
	beat, full, look, save time.Time
	breaks                 int    // of watches, when all was told last
	seen                   string // which kinds could be read then
	late                   bool   // watching was interrupted since
	scopes                 []string
}

// Stats is how it goes.
type Stats struct {
	Ready     bool // all was told once
	Sound     bool // every watch stands
	Fulls     int64
	Deltas    int64
	Beats     int64
	LastFull  time.Time
	Kinds     []KindStats
	Workloads int
}

// KindStats is how a kind of object is seen.
type KindStats struct {
	Name    string
	Objects int
	Sound   bool
	Why     string // it is not
}

// The intervals where none are given.
const (
	everyDefault    = 5 * time.Minute
	fullDefault     = 6 * time.Hour
	debounceDefault = 200 * time.Millisecond
	tickDefault     = time.Second
	lookEvery       = 5 * time.Minute
	saveEvery       = 10 * time.Second
)

// New makes an agent; it reads what an earlier one has told.
func New(cfg Config) (*Agent, error) {
	if cfg.Cluster == nil || cfg.Sender == nil || cfg.Now == nil || cfg.Naming.Cluster == "" {
		return nil, fault.New(fault.Internal, "an agent needs a cluster with a name, a sender and a clock")
	}
	for _, d := range []struct {
		given *time.Duration
		usual time.Duration
	}{{&cfg.Every, everyDefault}, {&cfg.Full, fullDefault}, {&cfg.Debounce, debounceDefault}, {&cfg.Tick, tickDefault}} {
		if *d.given <= 0 {
			*d.given = d.usual
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &Agent{cfg: cfg, sight: &sight{
		cluster: cfg.Cluster, log: cfg.Log, world: newWorld(cfg.Naming), watched: map[string]*watched{}, wake: make(chan struct{}, 1),
	}}
	var err error
	a.memory, err = recall(cfg.Memory)
	if err != nil {
		cfg.Log.Warn("what was told before cannot be read: everything is told as if for the first time", "error", err)
	}
	return a, nil
}

// Run watches and tells until ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	defer a.running.Wait()
	if err := a.begin(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if err := a.reconcile(); err != nil {
		return err
	}
	tick := time.NewTicker(a.cfg.Tick)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return a.memory.save(a.cfg.Memory)
		case <-a.wake:
			wait(ctx, a.cfg.Debounce)
			err = a.flush()
		case <-a.cfg.Sender.Resync():
			err = a.reconcile()
		case <-tick.C:
			err = a.due(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// begin watches every kind, and returns when each is read or refused.
func (a *Agent) begin(ctx context.Context) error {
	const patience = 100 * time.Millisecond
	for told := ""; ctx.Err() == nil; wait(ctx, time.Second) {
		err := a.look(ctx)
		if err == nil {
			break
		}
		if err.Error() != told {
			told = err.Error()
			a.cfg.Log.Warn("the cluster does not answer: it is asked again", "error", fault.Mask(told))
		}
	}
	for ctx.Err() == nil {
		if settled, _, _ := a.judge(); settled {
			return nil
		}
		wait(ctx, patience)
	}
	return nil
}

// due does what the clock says.
func (a *Agent) due(ctx context.Context) error {
	now := a.cfg.Now()
	if now.Sub(a.plan.look) >= lookEvery {
		a.plan.look = now
		if err := a.look(ctx); err != nil {
			a.cfg.Log.Warn("the cluster does not say which kinds it has", "error", fault.Mask(err.Error()))
		}
	}
	_, sound, breaks := a.judge()
	a.cfg.Sender.Trouble("kube", a.troubles())
	a.plan.late = a.plan.late || breaks != a.plan.breaks
	if !sound {
		return nil // what cannot be seen is not vouched for
	}
	a.memory.Contact = now
	switch {
	case a.plan.late || now.Sub(a.plan.full) >= a.cfg.Full || a.readable() != a.plan.seen:
		return a.reconcile()
	case now.Sub(a.plan.beat) >= a.cfg.Every:
		a.plan.beat = now
		return a.beat(now)
	}
	if err := a.flush(); err != nil {
		return err
	}
	if now.Sub(a.plan.save) < saveEvery {
		return nil
	}
	a.plan.save = now
	return a.memory.save(a.cfg.Memory)
}

// Stats says how it goes.
func (a *Agent) Stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.stats
	out.Sound = len(a.watched) > 0
	for _, w := range a.watched {
		k := KindStats{Name: w.String(), Sound: w.settled() && !w.broken() && w.refused == "", Why: w.failure, Objects: len(w.informer.GetStore().ListKeys())}
		out.Sound = out.Sound && !w.broken()
		out.Kinds = append(out.Kinds, k)
	}
	slices.SortFunc(out.Kinds, func(x, y KindStats) int { return strings.Compare(x.Name, y.Name) })
	for _, s := range a.world.spaces {
		out.Workloads += len(s.roots)
	}
	return out
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
