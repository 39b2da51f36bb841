package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
)

// session is an open store for the length of one command.
type session struct {
	db     *store.DB
	runner *cycle.Runner
}

// lockWait is how long a local writer waits for another one.
const lockWait = 10 * time.Second

// reading opens the store for a command that only asks. It never waits for a
// writer.
func (a *app) reading(ctx context.Context, fn func(*session) error) (err error) {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	return fn(s)
}

// mutation says what a command is about to change, for the audit log.
type mutation struct {
	verb, object string
	detail       any
}

// writing opens the store for a command that changes something: under the
// writers' lock, with an entry in the audit log before and after, and with the
// steps drained until quiet. fn may be followed by then, which sees the result.
func (a *app) writing(ctx context.Context, m mutation, fn, then func(*session) error) (err error) {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	release, err := s.db.Lock(ctx, lockWait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := a.audit(ctx, s, m, "begun"); err != nil {
		return err
	}
	if err := fn(s); err != nil {
		return errors.Join(err, a.audit(context.WithoutCancel(ctx), s, m, "failed: "+fault.Mask(err.Error())))
	}
	if err := a.drain(ctx, s); err != nil {
		return errors.Join(err, a.audit(context.WithoutCancel(ctx), s, m, "stored, not yet computed: "+fault.Mask(err.Error())))
	}
	if err := a.audit(ctx, s, m, "done"); err != nil {
		return err
	}
	return then(s)
}

// How long a command waits for steps that another process runs, and how often
// it looks. The lease of a process that was killed runs out within busyWait.
const (
	busyWait = 90 * time.Second
	busyPoll = 100 * time.Millisecond
)

// drain runs the steps until quiet and says what had to be set aside. A step
// that another process runs may have been quiet before this command stored its
// evidence, so it is waited for: what was stored is computed when drain ends.
func (a *app) drain(ctx context.Context, s *session) error {
	for until := time.Now().Add(busyWait); ; {
		rep, err := s.runner.Drain(ctx)
		for _, q := range rep.Quarantined {
			_, _ = fmt.Fprintf(a.err, "tidemark: %s set aside %s %d to %d: %s\n", q.Step, q.Stream, q.From+1, q.To, q.Reason)
		}
		if err != nil || len(rep.Busy) == 0 {
			return err
		}
		if time.Now().After(until) {
			return fault.New(fault.Unavailable, "another process has been running %s for %s", strings.Join(rep.Busy, ", "), busyWait).
				WithHint("the evidence is stored; the other process, or any later command that writes, computes what follows from it")
		}
		a.log.DebugContext(ctx, "waiting for steps that another process runs", "steps", rep.Busy)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyPoll):
		}
	}
}

// audit writes one entry about a mutation.
func (a *app) audit(ctx context.Context, s *session, m mutation, outcome string) error {
	detail, err := json.Marshal(struct {
		Outcome string `json:"outcome"`
		Detail  any    `json:"detail,omitempty"`
	}{outcome, m.detail})
	if err != nil {
		return fmt.Errorf("write the audit entry: %w", err)
	}
	return s.db.Audit(ctx, ctem.AuditEntry{At: a.present(), Actor: actor(), Verb: m.verb, Object: m.object, Detail: fault.Mask(string(detail))})
}

// actor names who runs the command: the operating system's user.
func actor() string {
	u, err := user.Current()
	if err != nil {
		return fmt.Sprintf("uid:%d", os.Getuid())
	}
	return "os:" + u.Username
}

// open opens the store that the flags name and wires the steps.
func (a *app) open(ctx context.Context) (*session, error) {
	if a.isRemote() {
		return nil, notRemote()
	}
	cfg := store.Config{URL: a.flags.db}
	if cfg.URL == "" {
		dir, err := a.dataDir()
		if err != nil {
			return nil, err
		}
		cfg.Dir = dir
	}
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &session{db: db}
	a.wire(s)
	return s, nil
}
