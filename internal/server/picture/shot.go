package picture

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/triage"
)

// trendWeeks is how far back a trend goes, and so for how long lives are kept.
const trendWeeks = 26

func trendFrom(at time.Time) time.Time { return at.AddDate(0, 0, -7*(trendWeeks+1)) }

// shot is the list of exposures at one time: the present, or one of the past.
type shot struct {
	at    ctem.AsOf
	index *triage.Index
	ready chan struct{} // closed when it was read; nil: it is

	mu       sync.RWMutex
	lives    lives
	names    map[string]struct{} // of weaknesses that have, or had, an exposure
	business *business
	acting   map[int64]struct{} // live and to be acted on now
}

// stretch is a part of an exposure's life in which it was live, at one risk.
type stretch struct {
	from, to int64 // µs; a to of 0: still so
	risk     float64
}

// lives are the stretches of each exposure. Nearly all have one, so the others
// are kept apart; and numbers have few gaps, so the first ones stand in pages.
type lives struct {
	pages map[int64]*[pageLives]stretch
	more  map[int64][]stretch
}

const pageLives = 512

func newLives() lives { return lives{map[int64]*[pageLives]stretch{}, map[int64][]stretch{}} }

// first is the first stretch of an exposure; a zero one says that it has none.
func (l lives) first(num int64) stretch {
	if page := l.pages[num/pageLives]; page != nil {
		return page[num%pageLives]
	}
	return stretch{}
}

func (l lives) add(num int64, s stretch) {
	page := l.pages[num/pageLives]
	if page == nil {
		page = new([pageLives]stretch)
		l.pages[num/pageLives] = page
	}
	if at := &page[num%pageLives]; *at == (stretch{}) {
		*at = s
		return
	}
	l.more[num] = append(l.more[num], s)
}

func (l lives) drop(num int64) {
	if page := l.pages[num/pageLives]; page != nil {
		page[num%pageLives] = stretch{}
	}
	delete(l.more, num)
}

func newShot(at ctem.AsOf) *shot {
	return &shot{
		at: at, index: triage.New(), lives: newLives(), names: map[string]struct{}{}, business: &business{}, acting: map[int64]struct{}{},
	}
}

// scope is what the business had said.
func (s *shot) scope() *business {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.business
}

func (s *shot) rescope(b *business) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.business = b
}

// put takes rows in and says how many of them are newly to be acted on.
func (s *shot) put(rows []triage.Row) (fresh int) {
	s.index.Put(rows)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rows {
		r := &rows[i]
		s.names[r.Weak.Name] = struct{}{}
		for _, name := range r.Weak.Aliases {
			s.names[name] = struct{}{}
		}
		acts := r.Standing.State.Live() && r.Standing.Decision == ctem.ActNow
		_, acted := s.acting[r.Num]
		switch {
		case acts && !acted:
			s.acting[r.Num] = struct{}{}
			fresh++
		case !acts && acted:
			delete(s.acting, r.Num)
		}
	}
	return fresh
}

// live takes in the lives of some exposures, in place of what was known of them.
func (s *shot) live(nums []int64, spans []ctem.Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, num := range nums {
		s.lives.drop(num)
	}
	s.lived(spans)
}

// alsoLived takes in more lives.
func (s *shot) alsoLived(spans []ctem.Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lived(spans)
}

// lived adds stretches; the shot is held for writing.
func (s *shot) lived(spans []ctem.Span) {
	for i := range spans {
		x := &spans[i]
		if !x.State.Live() {
			continue
		}
		st := stretch{from: x.From.UnixMicro(), risk: x.Risk}
		if !x.To.IsZero() {
			st.to = x.To.UnixMicro()
		}
		s.lives.add(x.Num, st)
	}
}

// known leaves of names those that some exposure has, or had.
func (s *shot) known(name string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.names[name]
	return ok
}

// fill reads a whole shot: the rows, while another goroutine reads the lives and
// a third takes the rows in.
func (d *drawing) fill(ctx context.Context, s *shot, at ctem.AsOf) error {
	said, err := d.Scope.Scope(ctx, at)
	if err != nil {
		return err
	}
	b := newBusiness(said)
	s.begin(b)
	r, err := d.rower(ctx, b)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []ctem.Exposure, 1)
	group.Go(func() error {
		defer close(batches)
		return d.Rows.EachExposure(ctx, at, func(list []ctem.Exposure) error {
			select {
			case batches <- list:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	group.Go(func() error { return s.take(ctx, r, batches) })
	group.Go(func() error { return d.Rows.EachLiveSpan(ctx, trendFrom(at.Time()), at, s.alsoLived) })
	return group.Wait()
}

// begin drops what an attempt before this one may have read of lives: they are
// added up. Rows replace each other.
func (s *shot) begin(b *business) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.business, s.lives = b, newLives()
}

// take takes in what is read.
func (s *shot) take(ctx context.Context, r *rower, batches <-chan []ctem.Exposure) error {
	for list := range batches {
		rows, err := r.rows(ctx, list)
		if err != nil {
			return err
		}
		s.put(rows)
	}
	return nil
}
