// Package send brings what an agent sees to a server, whatever lies between.
//
// The model. An agent gives pieces of evidence to Put, in the order in which
// they became so. Each gets the next number of this agent's own sequence and is
// appended to a bounded buffer on disk; Run takes the oldest ones, at most 1,000
// or 1 MiB, and sends them as one batch until the server has taken it. What a
// restart finds in the buffer is sent first.
//
//	s, err := send.Open(send.Config{Source: "host/web-1", Dir: dir, Every: 8 * time.Hour, Server: c, Now: time.Now})
//	go s.Run(ctx)                      // sends; returns when ctx ends
//	err = s.Put(items...)              // Seq is filled in; the rest is the agent's
//	err = s.Scopes(all)                // behind a full reconcile: what there is, all of it
//	s.Trouble("cannot see", list)      // replaces what was said under that name
//	case <-s.Resync():                 // say everything again: members, then the marker
//	err = s.Drain(ctx)                 // for --once: returns when all is taken
//	err = s.Close()
//
// Invariants. Nothing is left out silently: what the buffer lost for want of
// room, and what the server refuses for good, is counted in Stats, told to the
// server as trouble, and (where something was lost) a full reconcile is asked
// for as soon as the server answers again. A batch that was sent twice has the
// same numbers and the same content, so the server knows it. A number is never
// given twice, also after a power cut: they are reserved on disk in blocks. Who
// lost the folder, or has an older copy of it, begins a new epoch. The network,
// 408, 429 and 5xx are tried again after a pause that doubles, with jitter, and
// so are 401, 403 and 404, which are the token's or the address's fault, not the
// batch's. Any other 4xx is halved until the one piece is found that is refused;
// that one is set aside in the file "aside.ndjson".
package send

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// Server is what takes batches: *client.Client.
type Server interface {
	SendObservations(ctx context.Context, batch api.Observations) (api.Observed, error)
}

// Config says what is sent where.
type Config struct {
	Source string        // "kube/CLUSTER", "host/NAME": the token's own
	Dir    string        // the state folder: of this agent alone
	Every  time.Duration // how often the agent lets hear from itself, at the least
	Server Server
	Now    func() time.Time
	Most   int64                                      // bytes of the buffer; 0: 256 MiB
	Log    *slog.Logger                               // nil: nothing is logged
	Pause  func(context.Context, time.Duration) error // nil: sleeps
	Random func() float64                             // nil: of math/rand
}

// Sender sends. It may be used by several goroutines at once, of which one runs it.
type Sender struct {
	cfg    Config
	mu     sync.Mutex
	disk   *buffer
	said   map[string][]api.Rejection
	stats  Stats
	lost   bool // since the last full reconcile that was asked for
	wake   chan struct{}
	resync chan struct{}
	turn   turn // only of who runs it
}

// Stats is how sending goes.
type Stats struct {
	Epoch, Seq int64 // the newest number that was given
	Pending    int   // pieces in the buffer
	Bytes      int64 // of the buffer
	Batches    int64 // that were taken
	Sent       int64 // pieces in them
	Rejected   int64 // of these, what the server refused by itself
	Dropped    int64 // pieces that were lost for want of room
	Aside      int64 // pieces that were set aside
	Succeeded  time.Time
	Failure    string // of the newest try; "" after a success
	Skew       time.Duration
}

const (
	most     = 256 << 20
	maxItems = 1000
	maxBytes = 1 << 20
	// maxPiece is the largest piece of evidence: a larger one is refused by Put.
	maxPiece = 1 << 20
)

// Open opens the state folder, and makes it where it is not.
func Open(cfg Config) (*Sender, error) {
	if cfg.Source == "" || cfg.Dir == "" || cfg.Server == nil || cfg.Now == nil {
		return nil, fault.New(fault.Internal, "a sender needs a source, a folder, a server and a clock")
	}
	if cfg.Most <= 0 {
		cfg.Most = most
	}
	if cfg.Pause == nil {
		cfg.Pause = pause
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	disk, err := open(cfg.Dir, cfg.Most, cfg.Now())
	if err != nil {
		return nil, fmt.Errorf("open the state folder %s: %w", cfg.Dir, err)
	}
	return &Sender{
		cfg: cfg, disk: disk, said: map[string][]api.Rejection{}, turn: turn{limit: maxItems},
		wake: make(chan struct{}, 1), resync: make(chan struct{}, 1),
	}, nil
}

// Put takes pieces of evidence, to be sent in this order. Their numbers are
// given here. What is too large is refused, and told as trouble; the rest is
// taken. An error is one of the disk: then a full reconcile will be asked for.
func (s *Sender) Put(items ...api.Observation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer signal(s.wake)
	for _, item := range items {
		seq, err := s.disk.next()
		if err != nil {
			return s.failed(err)
		}
		item.Seq = seq
		line, err := json.Marshal(record{Item: &item})
		if err != nil {
			return fault.Wrap(fault.Internal, err, "write a piece of evidence about %s", item.Subject)
		}
		if len(line) > maxPiece {
			s.aside(item, fmt.Sprintf("%d bytes are more than the %d that one piece may have", len(line), maxPiece))
			continue
		}
		if err := s.append(line); err != nil {
			return err
		}
	}
	return nil
}

// Scopes says what the source looks at now, all of it. It goes with the batch
// that ends with what was put before.
func (s *Sender) Scopes(all []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer signal(s.wake)
	sorted := slices.Sorted(slices.Values(all))
	if sorted == nil {
		sorted = []string{}
	}
	line, err := json.Marshal(record{Scopes: &sorted})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "write the scopes")
	}
	return s.append(line)
}

// Trouble says what the source cannot see, under a name: the next list of that
// name replaces it, and an empty one takes it back. It goes with every batch.
func (s *Sender) Trouble(name string, list []api.Rejection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(list) == 0 {
		delete(s.said, name)
		return
	}
	s.said[name] = slices.Clone(list)
}

// Resync tells when everything has to be said again.
func (s *Sender) Resync() <-chan struct{} { return s.resync }

// Stats says how it goes.
func (s *Sender) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Epoch, out.Seq, out.Pending, out.Bytes = s.disk.state.Epoch, s.disk.given, s.disk.pending(), s.disk.bytes
	return out
}

// Close closes the folder. What was not sent is sent by the next one to open it.
func (s *Sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disk.close()
}

// append adds a line, and makes room for it where there is none.
func (s *Sender) append(line []byte) error {
	dropped, err := s.disk.append(line)
	if dropped > 0 {
		s.stats.Dropped += int64(dropped)
		s.lost = true
		s.cfg.Log.Warn("the buffer is full: the oldest evidence is lost", "pieces", dropped)
	}
	if err != nil {
		s.stats.Dropped++
		return s.failed(err)
	}
	return nil
}

func (s *Sender) failed(err error) error {
	s.lost = true
	return fault.Wrap(fault.Unavailable, err, "write to the state folder %s", s.cfg.Dir)
}

// troubles are those that were told, and the sender's own.
func troubles(said map[string][]api.Rejection, stats Stats, most int64, why string) []api.Rejection {
	out := []api.Rejection{}
	for _, list := range said {
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b api.Rejection) int {
		return cmp.Or(strings.Compare(a.Where, b.Where), strings.Compare(a.Reason, b.Reason))
	})
	if stats.Dropped > 0 {
		out = append(out, api.Rejection{Where: "agent: buffer", Reason: fmt.Sprintf(
			"%d pieces of evidence were lost, since the buffer of %d bytes was full or could not be written; everything is said again after that", stats.Dropped, most)})
	}
	if stats.Aside > 0 {
		out = append(out, api.Rejection{Where: "agent: aside.ndjson", Reason: fmt.Sprintf(
			"%d pieces of evidence were set aside, since the server refuses them or they are too large; the newest: %s", stats.Aside, why)})
	}
	return out
}

// aside keeps a piece that cannot be sent.
func (s *Sender) aside(item api.Observation, why string) {
	s.stats.Aside++
	s.cfg.Log.Warn("a piece of evidence is set aside", "subject", item.Subject, "why", fault.Mask(why))
	if err := s.disk.aside(item, fault.Mask(why)); err != nil {
		s.cfg.Log.Warn("it could not be kept", "error", err)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is known already
	}
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
