// Package notify tells other systems of events: webhooks.
//
// The model. A webhook has read the stream of events up to a number. A Deliverer
// sends it what comes after, one event after the other; when the address has
// taken one, the number moves. What it does not take stays first in line, and is
// sent again after a pause that grows. A Keeper adds and removes addresses.
//
// Invariants. An event is sent at least once, with an id by which a second time
// is known; never out of order. Nothing is kept in memory but a few events: the
// queue is the stream, so a restart goes on where it was. What is sent is signed
// with a secret that the address shares. No address of a private network is
// dialled unless its webhook allows it, no redirect is followed, and the answer
// is not believed beyond its status. One address that is slow or down keeps
// no other waiting.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Store keeps the webhooks and the events.
type Store interface {
	Webhooks(ctx context.Context) ([]ctem.Webhook, error)
	EventsAfter(ctx context.Context, after int64, limit int) (list []ctem.Event, last int64, err error)
	NoteDelivery(ctx context.Context, before, after ctem.Webhook) (ok bool, err error)
	Acquire(ctx context.Context, want ctem.Lease, now time.Time) (ctem.Lease, bool, error)
}

// Deliverer sends events to webhooks.
type Deliverer struct {
	Store  Store
	Poster *Poster
	Render func(e ctem.Event, test bool) ([]byte, error) // the document of an event
	Owner  string                                        // this process
	Now    func() time.Time                              // the real clock
	Log    *slog.Logger
	Rand   func() float64 // 0 <= x < 1; nil: random
}

// The bounds of a pass.
const (
	leaseName = "notify"
	leaseTime = time.Minute
	atOnce    = 50               // events of an address that are read together
	passTime  = 20 * time.Second // after which the others get their turn
	sides     = 4                // addresses that are told at the same time
	leastWait = 5 * time.Second  // after the first failure
	mostWait  = time.Hour
	longest   = 300 // of what is kept of an error
)

// Pass sends what waits, and says whether more does that can be sent now.
func (d *Deliverer) Pass(ctx context.Context) (more bool, err error) {
	list, err := d.Store.Webhooks(ctx)
	if err != nil || len(list) == 0 {
		return false, err
	}
	now := d.Now()
	_, mine, err := d.Store.Acquire(ctx, ctem.Lease{Name: leaseName, Owner: d.Owner, Expires: now.Add(leaseTime)}, now)
	if err != nil || !mine {
		return false, err
	}
	left := make([]bool, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sides)
	for i := range list {
		group.Go(func() (err error) {
			left[i], err = d.tell(ctx, list[i])
			return err
		})
	}
	err = group.Wait()
	for _, l := range left {
		more = more || l
	}
	return more, err
}

// tell sends one address what waits for it. An error is the store's.
func (d *Deliverer) tell(ctx context.Context, w ctem.Webhook) (more bool, err error) {
	if w.NextAt.After(d.Now()) {
		return false, nil
	}
	until := d.Now().Add(passTime)
	events, last, err := d.Store.EventsAfter(ctx, w.Told, atOnce)
	if err != nil || len(events) == 0 {
		return false, err
	}
	for i := range events {
		if !w.Wants(events[i].Kind) {
			continue
		}
		ok, err := d.one(ctx, &w, &events[i])
		if err != nil || !ok || d.Now().After(until) {
			return ok, err
		}
	}
	if w.Told == last {
		return len(events) == atOnce, nil
	}
	before := w
	w.Told = last // what follows the last one that it wants
	ok, err := d.Store.NoteDelivery(ctx, before, w)
	return ok && len(events) == atOnce, err
}

// one sends an event and notes what came of it; ok when it was taken.
func (d *Deliverer) one(ctx context.Context, w *ctem.Webhook, e *ctem.Event) (ok bool, err error) {
	body, err := d.Render(*e, false)
	if err != nil {
		return false, fmt.Errorf("write event %s: %w", e.ID(), err)
	}
	answer := d.Poster.Post(ctx, *w, Message{ID: e.ID(), Body: body})
	if ctx.Err() != nil {
		return false, ctx.Err() // it is sent again: whether it was taken is not known
	}
	before, now := *w, d.Now()
	if answer.Err == nil {
		w.Told, w.Delivered, w.LastAt = e.Seq, w.Delivered+1, now
		w.Failures, w.LastError, w.NextAt = 0, "", time.Time{}
		return d.Store.NoteDelivery(ctx, before, *w)
	}
	w.Failures++
	w.LastError, w.NextAt = short(fault.Mask(answer.Err.Error())), now.Add(d.wait(w.Failures, answer.After))
	d.Log.WarnContext(ctx, "a webhook did not take an event", "webhook", w.ID, "event", e.ID(), "failures", w.Failures, "error", w.LastError)
	_, err = d.Store.NoteDelivery(ctx, before, *w)
	return false, err
}

// wait is the pause after some failures in a row: what the address asks for, else
// a random part of a doubling time.
func (d *Deliverer) wait(failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, mostWait)
	}
	random := d.Rand
	if random == nil {
		random = rand.Float64
	}
	most := min(leastWait<<min(failures-1, 20), mostWait)
	return most/2 + time.Duration(random()*float64(most/2))
}

func short(s string) string { return s[:min(len(s), longest)] }
