// Package jobs runs what takes longer than a request may.
//
// The model. Whoever asks for something long gets a job at once, and asks its
// address how far it is; what it does goes on without the request. A Desk runs
// one job at a time, of all the servers of a database, and keeps saying that the
// job still runs.
//
// Invariants. A job begins and ends in one transaction with its entry in the log
// of mutations. It is never shown as running for longer than a while after its
// process went: then it is interrupted, which is what is known of it. When the
// server stops, so does the job.
package jobs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server"
)

// Store keeps jobs.
type Store interface {
	StartJob(ctx context.Context, j ctem.Job, e ctem.AuditEntry) (running ctem.Job, started bool, err error)
	HoldJob(ctx context.Context, j ctem.Job) (ok bool, err error)
	EndJob(ctx context.Context, j ctem.Job, e ctem.AuditEntry) error
	LoseJobs(ctx context.Context, owner string, now time.Time) error
	FindJob(ctx context.Context, id string) (ctem.Job, error)
}

// Config is what a desk stands on.
type Config struct {
	Store Store
	Owner string           // this process; one that begins anew under the same name has lost its jobs
	Now   func() time.Time // the clock of the data
	Tell  func(ctem.Job)   // is told what moved
	Log   *slog.Logger

	Beat time.Duration // how often a job says that it runs; 0: the usual
}

// How long a job is believed without a sign of life, and how often it gives one.
const (
	believed = time.Minute
	beat     = 5 * time.Second
	endTime  = 5 * time.Second // to write down how a job ended while the server stops
)

// Desk starts jobs and says how they stand.
type Desk struct {
	cfg  Config
	work chan *task

	mu     sync.Mutex
	now    *task // that runs here; nil: none
	closed bool  // nothing is begun any more
}

// New makes a desk. It works while Run and Beat do.
func New(cfg Config) *Desk {
	if cfg.Beat <= 0 {
		cfg.Beat = beat
	}
	return &Desk{cfg: cfg, work: make(chan *task, 1)}
}

// Ask is a job to begin.
type Ask struct {
	Kind, Object string
	By           ctem.Signature
	Do           Work
	Drop         func() error // frees what the work needs, when it is over or never begins; nil: nothing
}

// Work does a job: it tells how far it is, and gives the document that came of it.
type Work func(ctx context.Context, tell func(ctem.JobProgress)) (api.JobResult, error)

// task is a job of this process.
type task struct {
	ask  Ask
	stop func() // while it runs

	mu  sync.Mutex
	job ctem.Job
}

func (k *task) state() ctem.Job {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.job
}

// Start begins a job, unless one runs.
func (d *Desk) Start(ctx context.Context, ask Ask) (api.Job, error) {
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	k := &task{ask: ask, job: ctem.Job{
		ID: "job_" + strings.ToLower(rand.Text()), Kind: ask.Kind, Object: ask.Object, By: ask.By.Actor, Owner: d.cfg.Owner,
		State: ctem.JobRunning, Progress: ctem.JobProgress{Stage: "begun"}, Began: now, Holds: now.Add(believed),
	}}
	e, err := k.entry("begun", now)
	if err != nil {
		return api.Job{}, errors.Join(err, k.drop())
	}
	running, started, err := d.cfg.Store.StartJob(ctx, k.job, e)
	if err == nil && !started {
		err = busy(running)
	}
	if err != nil {
		return api.Job{}, errors.Join(err, k.drop())
	}
	doc, err := document(k.job)
	if !d.give(k) {
		d.end(context.WithoutCancel(ctx), k, api.JobResult{}, context.Canceled)
		err = fault.New(fault.Unavailable, "the server stops").WithHint("try again in a moment")
	}
	return doc, err
}

func busy(j ctem.Job) error {
	return fault.New(fault.Conflict, "%s is being done already, since %s", j.Kind, j.Began.Format(time.RFC3339)).
		WithHint("it is at %s; try again when it has ended", url(j.ID))
}

// Free refuses while a job runs in this process: for whoever would have to take
// much in before they can ask.
func (d *Desk) Free() error {
	if k := d.running(); k != nil {
		return busy(k.state())
	}
	return nil
}

// give hands a job to Run. There is room, for no other one runs, but for a
// server that stops.
func (d *Desk) give(k *task) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	select {
	case d.work <- k:
		return true
	default:
		return false
	}
}

func (k *task) drop() error {
	if k.ask.Drop == nil {
		return nil
	}
	return k.ask.Drop()
}

func (k *task) entry(outcome string, at time.Time) (ctem.AuditEntry, error) {
	return ctem.Deed{By: k.ask.By, Verb: k.job.Kind, Object: k.job.Object, Outcome: outcome}.Entry(at)
}

// Run does jobs until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return d.leave(context.WithoutCancel(ctx))
		case k := <-d.work:
			d.do(ctx, k)
		}
	}
}

// leave ends a job that was stored and never begun.
func (d *Desk) leave(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	select {
	case k := <-d.work:
		d.end(ctx, k, api.JobResult{}, context.Canceled)
	default:
	}
	return nil
}

// do does one job.
func (d *Desk) do(ctx context.Context, k *task) {
	ctx, k.stop = context.WithCancel(ctx)
	defer k.stop()
	d.show(k)
	out, err := d.safely(ctx, k)
	if err != nil && ctx.Err() != nil {
		err = context.Canceled
	}
	d.end(context.WithoutCancel(ctx), k, out, err)
	d.show(nil)
}

func (d *Desk) show(k *task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = k
}

// safely keeps a job that panics from taking the server with it.
func (d *Desk) safely(ctx context.Context, k *task) (out api.JobResult, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a job panicked: %v", p)
		}
	}()
	return k.ask.Do(ctx, func(p ctem.JobProgress) {
		k.mu.Lock()
		k.job.Progress = p
		k.mu.Unlock()
		d.cfg.Tell(k.state())
	})
}

// Beat says again and again that the job that runs here does, until ctx ends.
func (d *Desk) Beat(ctx context.Context) error {
	ticker := time.NewTicker(d.cfg.Beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if k := d.running(); k != nil {
			d.hold(ctx, k)
		}
	}
}

func (d *Desk) running() *task {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// hold says that a job runs. One that others have taken for interrupted stops:
// another one may run by now.
func (d *Desk) hold(ctx context.Context, k *task) {
	k.mu.Lock()
	k.job.Holds = d.cfg.Now().UTC().Add(believed)
	k.mu.Unlock()
	ok, err := d.cfg.Store.HoldJob(ctx, k.state())
	if err != nil && ctx.Err() == nil {
		d.cfg.Log.WarnContext(ctx, "a job could not say that it runs", "job", k.job.ID, "error", fault.Mask(err.Error()))
	}
	if err == nil && !ok && d.running() == k && k.state().State == ctem.JobRunning {
		d.cfg.Log.WarnContext(ctx, "a job was taken for interrupted and stops", "job", k.job.ID)
		k.stop()
	}
}

// end writes down how a job ended, and tells.
func (d *Desk) end(ctx context.Context, k *task, out api.JobResult, err error) {
	ctx, stop := context.WithTimeout(ctx, endTime)
	defer stop()
	err = errors.Join(err, k.drop())
	k.mu.Lock()
	k.job.Ended = d.cfg.Now().UTC().Truncate(time.Microsecond)
	e, bad := d.outcome(ctx, k, out, err)
	job := k.job
	k.mu.Unlock()
	if bad == nil {
		bad = d.cfg.Store.EndJob(ctx, job, e)
	}
	if bad != nil {
		d.cfg.Log.WarnContext(ctx, "how a job ended was not written down", "job", job.ID, "error", fault.Mask(bad.Error()))
	}
	d.cfg.Tell(job)
}

func (d *Desk) outcome(ctx context.Context, k *task, out api.JobResult, err error) (e ctem.AuditEntry, bad error) {
	var body []byte
	switch {
	case err == nil:
		k.job.State = ctem.JobDone
		if body, bad = json.Marshal(out); bad != nil {
			return e, bad
		}
		k.job.Result = string(body)
		return k.entry("done", k.job.Ended)
	case errors.Is(err, context.Canceled):
		k.job.State = ctem.JobInterrupted
		return k.entry("interrupted", k.job.Ended)
	}
	k.job.State = ctem.JobFailed
	if fault.KindOf(err) == fault.Internal {
		d.cfg.Log.ErrorContext(ctx, "a job failed", "job", k.job.ID, "request", k.ask.By.RequestID, "error", fault.Mask(err.Error()))
	}
	if body, bad = json.Marshal(server.Problem(err, k.ask.By.RequestID)); bad != nil {
		return e, bad
	}
	k.job.Fault = string(body)
	return k.entry("failed: "+fault.Mask(err.Error()), k.job.Ended)
}

// Job says how a job stands.
func (d *Desk) Job(ctx context.Context, id string) (api.Job, error) {
	k := d.running()
	j, err := d.cfg.Store.FindJob(ctx, id)
	if err != nil {
		return api.Job{}, err
	}
	if j = j.At(d.cfg.Now()); k != nil && k.job.ID == id && j.State == ctem.JobRunning {
		j.Progress = k.state().Progress // newer than what was written down
	}
	return document(j)
}

func document(j ctem.Job) (api.Job, error) {
	doc := api.Job{
		Schema: api.SchemaJob, ID: j.ID, URL: url(j.ID), Kind: j.Kind, State: string(j.State), By: j.By, Began: j.Began,
		Progress: api.JobProgress(j.Progress),
	}
	if !j.Ended.IsZero() {
		doc.Ended = &j.Ended
	}
	if j.Result != "" {
		if err := json.Unmarshal([]byte(j.Result), &doc.Result); err != nil {
			return doc, fmt.Errorf("read what came of job %s: %w", j.ID, err)
		}
	}
	if j.Fault != "" {
		if err := json.Unmarshal([]byte(j.Fault), &doc.Fault); err != nil {
			return doc, fmt.Errorf("read why job %s failed: %w", j.ID, err)
		}
	}
	return doc, nil
}

// Lose notes what ran in this process's predecessor as interrupted.
func (d *Desk) Lose(ctx context.Context) error {
	return d.cfg.Store.LoseJobs(ctx, d.cfg.Owner, d.cfg.Now().UTC().Truncate(time.Microsecond))
}

func url(id string) string { return "/api/v1/jobs/" + id }
