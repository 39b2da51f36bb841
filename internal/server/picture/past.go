package picture

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxPast is how many shots of the past are kept, and maxPastRows how many rows
// all of them may have. One that the present has moved away from is built anew
// when it is older than pastAge.
const (
	maxPast     = 3
	maxPastRows = 3_000_000
	pastAge     = 5 * time.Minute
)

// past keeps the shots of the past that were asked for last.
type past struct {
	*drawing
	mu    sync.Mutex
	shots []*pastShot // the one used last comes last
	// building is held while one is read: each needs several connections at a
	// time, and some that have one each would wait for the others for ever.
	building sync.Mutex
}

type pastShot struct {
	key  [2]int64
	made age // when, and at which revision of the present
	done chan struct{}
	shot *shot
	err  error
}

func newPast(d *drawing) *past { return &past{drawing: d} }

// shot gives the list at a time: the present one, which follows, or one of the
// past, which is built once for all who ask.
func (d *drawing) shot(ctx context.Context, at ctem.AsOf) (*shot, error) {
	if !at.At.IsZero() || !at.KnownAt.IsZero() {
		return d.past.get(ctx, at)
	}
	return d.live, d.live.wait(ctx)
}

func (p *past) get(ctx context.Context, at ctem.AsOf) (*shot, error) {
	key := [2]int64{at.At.UnixMicro(), at.KnownAt.UnixMicro()}
	p.mu.Lock()
	is := age{now: at.Now, revision: p.revisionOf()}
	p.shots = slices.DeleteFunc(p.shots, func(s *pastShot) bool { return s.key == key && s.outdated(is) })
	i := slices.IndexFunc(p.shots, func(s *pastShot) bool { return s.key == key })
	if i >= 0 {
		found := p.shots[i]
		p.shots = append(slices.Delete(p.shots, i, i+1), found)
		p.mu.Unlock()
		return found.wait(ctx)
	}
	made := &pastShot{key: key, made: is, done: make(chan struct{}), shot: newShot(at)}
	p.shots = append(p.shots, made)
	p.trim()
	p.mu.Unlock()
	// Who waits for it may go on waiting when the one who began goes away.
	p.building.Lock()
	made.err = p.fill(context.WithoutCancel(ctx), made.shot, at)
	p.building.Unlock()
	close(made.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	if made.err != nil {
		p.shots = slices.DeleteFunc(p.shots, func(s *pastShot) bool { return s == made })
	}
	p.trim()
	return made.shot, made.err
}

// outdated says that late evidence may have mended what was known of that time.
// As it was believed at a time it stays.
func (s *pastShot) outdated(is age) bool {
	return s.shot.at.KnownAt.IsZero() && s.made.revision != is.revision && is.now.Sub(s.made.now) > pastAge
}

// trim lets go of the shots that were not used for longest.
func (p *past) trim() {
	for len(p.shots) > 1 && (len(p.shots) > maxPast || p.rows() > maxPastRows) {
		p.shots = slices.Delete(p.shots, 0, 1)
	}
}

func (p *past) rows() (n int) {
	for _, s := range p.shots {
		n += s.shot.index.Len()
	}
	return n
}

func (s *pastShot) wait(ctx context.Context) (*shot, error) {
	select {
	case <-s.done:
		return s.shot, s.err
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "the picture of that time is still being built").WithHint("ask again in a moment")
	}
}
