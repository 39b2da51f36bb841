// Package local is Tidemark in this process: an open store with the steps wired
// to it, as commands and the server use it.
//
// The model. A Home says where the data is and what time it is there. Opened, it
// is a Session: the store, the steps in the order of the loop, the doors for
// evidence and feeds, the desk that answers, and the doctor.
//
// Invariants. Who asks waits for no writer. Who changes something holds the
// writers' lock, has an entry in the log of mutations (with the change itself, or
// before and after what takes many transactions), and ends with what follows from
// it computed.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/assess"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
)

// Home is where the data is, and what time it is there.
type Home struct {
	Dir func() (string, error) // the folder of the embedded store and of caches
	URL string                 // of PostgreSQL; "": the embedded store
	Now func() time.Time       // the clock of the data
	Log *slog.Logger
	Err io.Writer // is told what people have to know
	// Serves says that this is a server: where the store is in PostgreSQL, it alone
	// judges by its folder of trust what is known already.
	Serves bool
}

// Session is an open store for the length of one command.
type Session struct {
	Home
	DB     *store.DB
	Runner *cycle.Runner
	assess *assess.Step
	judge  *pipeline.Rejudge
}

// LockWait is how long a local writer waits for another one.
const LockWait = 10 * time.Second

// Reading opens the store for a command that only asks. It never waits for a
// writer.
func (h Home) Reading(ctx context.Context, fn func(*Session) error) (err error) {
	s, err := h.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.DB.Close()) }()
	return fn(s)
}

// Mutation says what a command is about to change, for the audit log.
type Mutation struct {
	Verb, Object string
	Detail       any
}

// Writing opens the store for a command that changes something: under the
// writers' lock, with an entry in the audit log before and after, and with the
// steps drained until quiet. fn may be followed by then, which sees the result.
func (h Home) Writing(ctx context.Context, m Mutation, fn, then func(*Session) error) error {
	return h.locked(ctx, func(s *Session) error {
		if err := s.audit(ctx, m, "begun"); err != nil {
			return err
		}
		if err := fn(s); err != nil {
			return errors.Join(err, s.audit(context.WithoutCancel(ctx), m, "failed: "+fault.Mask(err.Error())))
		}
		if err := s.Drain(ctx); err != nil {
			return errors.Join(err, s.audit(context.WithoutCancel(ctx), m, "stored, not yet computed: "+fault.Mask(err.Error())))
		}
		if err := s.audit(ctx, m, "done"); err != nil {
			return err
		}
		return then(s)
	})
}

// Changing is Writing for what stores its entry in the audit log itself, in the
// transaction of the change: what persons decide, users and tokens.
func (h Home) Changing(ctx context.Context, fn, then func(*Session) error) error {
	return h.locked(ctx, func(s *Session) error {
		if err := fn(s); err != nil {
			return err
		}
		if err := s.Drain(ctx); err != nil {
			return err
		}
		return then(s)
	})
}

// locked opens the store as its writer.
func (h Home) locked(ctx context.Context, fn func(*Session) error) (err error) {
	s, err := h.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.DB.Close()) }()
	release, err := s.DB.Lock(ctx, LockWait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return fn(s)
}

// How long a command waits for steps that another process runs, and how often
// it looks. The lease of a process that was killed runs out within BusyWait.
const (
	BusyWait = 90 * time.Second
	busyPoll = 100 * time.Millisecond
)

// Drain runs the steps until quiet and says what had to be set aside. A step
// that another process runs may have been quiet before this command stored its
// evidence, so it is waited for: what was stored is computed when drain ends.
func (s *Session) Drain(ctx context.Context) error {
	for until := time.Now().Add(BusyWait); ; {
		rep, err := s.Runner.Drain(ctx)
		for _, q := range rep.Quarantined {
			_, _ = fmt.Fprintf(s.Err, "tidemark: %s set aside %s %d to %d: %s\n", q.Step, q.Stream, q.From+1, q.To, q.Reason)
		}
		if err != nil || len(rep.Busy) == 0 {
			return err
		}
		if time.Now().After(until) {
			return fault.New(fault.Unavailable, "another process has been running %s for %s", strings.Join(rep.Busy, ", "), BusyWait).
				WithHint("the evidence is stored; the other process, or any later command that writes, computes what follows from it")
		}
		s.Log.DebugContext(ctx, "waiting for steps that another process runs", "steps", rep.Busy)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyPoll):
		}
	}
}

// audit writes one entry about a mutation.
func (s *Session) audit(ctx context.Context, m Mutation, outcome string) error {
	detail, err := json.Marshal(struct {
		Outcome string `json:"outcome"`
		Detail  any    `json:"detail,omitempty"`
	}{outcome, m.Detail})
	if err != nil {
		return fmt.Errorf("write the audit entry: %w", err)
	}
	return s.DB.Audit(ctx, ctem.AuditEntry{At: s.Now(), Actor: Actor(), Verb: m.Verb, Object: m.Object, Detail: fault.Mask(string(detail))})
}

// Actor names who runs the command: the operating system's user.
func Actor() string {
	u, err := user.Current()
	if err != nil {
		return fmt.Sprintf("uid:%d", os.Getuid())
	}
	return "os:" + u.Username
}

// Open opens the store and wires the steps.
func (h Home) Open(ctx context.Context) (*Session, error) {
	cfg := store.Config{URL: h.URL}
	if cfg.URL == "" {
		dir, err := h.Dir()
		if err != nil {
			return nil, err
		}
		cfg.Dir = dir
	}
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return h.On(db), nil
}
