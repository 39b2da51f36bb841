package host

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/events"
)

// How the stream of events is followed: another server may have written them.
const (
	tellEvery  = time.Second
	tellAtOnce = 100
)

// waker wakes whoever waits for something new.
type waker chan struct{}

func newWaker() waker { return make(waker, 1) }

// Wake never waits.
func (w waker) Wake() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// tellEvents tells whoever listens of events as they come, whoever wrote them.
// Those who do not see everything are told to look: what concerns them is in
// their list.
func (v *service) tellEvents(ctx context.Context) error {
	after, _, err := v.s.DB.Head(ctx, ctem.StreamEvent)
	switch {
	case ctx.Err() != nil:
		return nil // stopped as soon as it was started
	case err != nil:
		return err
	}
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		list, last, err := v.s.DB.EventsAfter(ctx, after, tellAtOnce)
		if err != nil && ctx.Err() == nil {
			v.Log.WarnContext(ctx, "events are not told now", "error", fault.Mask(err.Error()))
		}
		if err == nil {
			after = last
		}
		for i := range list {
			v.hub.Publish(events.Event{Name: "intel", Data: desk.EventItem(list[i]), Narrow: struct{}{}})
		}
		if len(list) == tellAtOnce {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-v.news:
		case <-ticker.C:
		}
	}
}
