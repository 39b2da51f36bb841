package send

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/fault"
)

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 2 * time.Minute
	// hopeless is how many pieces in a row are refused before whole batches are:
	// then it is not the pieces.
	hopeless = 16
)

// turn is where sending stands.
type turn struct {
	limit   int // pieces of the next batch
	tries   int // that failed one after the other
	refused int // pieces one after the other
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		wait, err := s.step(ctx)
		if err != nil {
			return err
		}
		switch {
		case wait > 0:
			_ = s.cfg.Pause(ctx, wait) // only ctx ends it early, and the loop sees that
		case wait < 0:
			select {
			case <-ctx.Done():
			case <-s.wake:
			}
		}
	}
	return nil
}

// Drain sends all that is in the buffer, or as much as it can until ctx ends.
func (s *Sender) Drain(ctx context.Context) error {
	for {
		wait, err := s.step(ctx)
		if err != nil || wait < 0 {
			return err
		}
		if err := s.cfg.Pause(ctx, wait); err != nil {
			return fault.Wrap(fault.Unavailable, err, "%d pieces of evidence are not sent: %s", s.Stats().Pending, s.Stats().Failure)
		}
	}
}

// step sends one batch. It returns how long to wait before the next: less than
// 0 is until there is something.
func (s *Sender) step(ctx context.Context) (time.Duration, error) {
	g, message, err := s.take()
	if err != nil {
		return 0, err
	}
	if g.lines == 0 {
		return -1, nil
	}
	var answer api.Observed
	if len(g.items) > 0 || g.scopes != nil {
		answer, err = s.cfg.Server.SendObservations(ctx, message)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		return 0, s.taken(g, answer)
	}
	if ctx.Err() != nil { // it is sent again, by the next process
		return maxPause, nil
	}
	return s.refused(g, err)
}

// take makes the message of the oldest pieces.
func (s *Sender) take() (batch, api.Observations, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.disk.read(s.turn.limit)
	if err != nil {
		return g, api.Observations{}, s.failed(err)
	}
	if g.garbled > 0 {
		s.stats.Dropped += int64(g.garbled)
		s.lost = true
	}
	if g.items == nil {
		g.items = []api.Observation{}
	}
	return g, api.Observations{
		Schema: api.SchemaObservations, Source: s.cfg.Source, Epoch: g.at.Epoch, SentAt: s.cfg.Now().UTC(),
		Every: int64(s.cfg.Every / time.Second), Items: g.items, Scopes: g.scopes, Trouble: troubles(s.said, s.stats, s.cfg.Most, s.disk.why),
	}, nil
}

// taken takes a batch off the buffer that the server has.
func (s *Sender) taken(g batch, answer api.Observed) error {
	s.turn.tries, s.turn.refused, s.turn.limit = 0, 0, min(2*s.turn.limit, maxItems)
	s.stats.Failure, s.stats.Succeeded = "", s.cfg.Now()
	s.stats.Batches++
	s.stats.Sent += int64(len(g.items))
	s.stats.Rejected += int64(len(answer.Rejected))
	s.stats.Skew = time.Duration(answer.Skew) * time.Millisecond
	for _, r := range answer.Rejected {
		s.cfg.Log.Warn("the server refuses a piece of evidence", "where", r.Where, "why", fault.Mask(r.Reason))
	}
	if err := s.disk.done(g); err != nil {
		return s.failed(err)
	}
	if s.disk.isBehind(g, answer) {
		dropped, err := s.disk.renew(max(answer.Epoch+1, s.cfg.Now().Unix()))
		s.stats.Dropped += int64(dropped)
		s.lost = true
		s.cfg.Log.Warn("the server knows more of this source than the state folder: a new epoch begins", "epoch", s.disk.state.Epoch, "pieces", dropped)
		if err != nil {
			return s.failed(err)
		}
	}
	if s.lost {
		s.lost = false
		signal(s.resync)
	}
	return nil
}

// refused decides what becomes of a batch that was not taken.
func (s *Sender) refused(g batch, cause error) (time.Duration, error) {
	s.stats.Failure = fault.Mask(cause.Error())
	if !poisoned(cause) {
		s.turn.tries++
		wait := delay(s.turn.tries, s.cfg.Random(), cause)
		s.cfg.Log.Warn("the server does not take what was seen: it is kept, and sent again", "error", s.stats.Failure, "in", wait.Round(time.Millisecond), "pending", s.disk.pending())
		return wait, nil
	}
	if g.lines > 1 && s.turn.refused < hopeless {
		s.turn.limit = max(1, g.lines/2)
		return 0, nil
	}
	for _, item := range g.items {
		s.aside(item, s.stats.Failure)
	}
	if g.scopes != nil {
		s.cfg.Log.Warn("the server refuses the list of scopes", "error", s.stats.Failure)
		s.stats.Rejected++
	}
	if s.turn.refused++; s.turn.refused >= hopeless {
		s.turn.limit = maxItems
	}
	if err := s.disk.done(g); err != nil {
		return 0, s.failed(err)
	}
	return 0, nil
}

// poisoned reports whether a batch is refused for good, because of what is in it.
func poisoned(err error) bool {
	e, ok := errors.AsType[*client.Error](err)
	if !ok || e.Status < 400 || e.Status > 499 {
		return false
	}
	return !slices.Contains([]int{
		http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired,
	}, e.Status)
}

// delay doubles with each try; a random half of it keeps many agents apart.
// What the server asks for is the least.
func delay(tries int, random float64, cause error) time.Duration {
	full := maxPause
	const doublings = 8
	if tries <= doublings {
		full = min(maxPause, firstPause<<(tries-1))
	}
	var asked time.Duration
	if e, ok := errors.AsType[*client.Error](cause); ok {
		asked = min(e.RetryAfter(), time.Hour)
	}
	const half = 0.5
	return asked + time.Duration(float64(full)*(half+half*random))
}

// String is for logs.
func (s Stats) String() string {
	return fmt.Sprintf("epoch %d, number %d: %d sent, %d waiting, %d lost, %d set aside", s.Epoch, s.Seq, s.Sent, s.Pending, s.Dropped, s.Aside)
}
