package host

import (
	"context"
	"time"
)

// pace keeps the process to its share of one core. What it has used is measured,
// not guessed: whoever does a small piece of work asks pass, which waits until the
// time since then is worth it.
type pace struct {
	clock Clock
	share float64
	at    time.Time
	used  time.Duration
	// credit is how much may be used at once; it grows with time, up to a burst.
	credit time.Duration
}

const (
	// burst is what an idle agent may use at once: a sample of a small machine.
	burst = 100 * time.Millisecond
	// longest is how long it waits at once, so that a wrong clock does not stop it.
	longest = time.Minute
)

func newPace(clock Clock, share float64) *pace {
	return &pace{clock: clock, share: share, at: clock.Now(), used: clock.CPU(), credit: burst}
}

// pass is called between small pieces of work.
func (p *pace) pass(ctx context.Context) error {
	if err := ctx.Err(); err != nil || p.share < 0 {
		return err
	}
	p.count()
	if p.credit >= 0 {
		return nil
	}
	wait := min(longest, time.Duration(float64(-p.credit)/p.share))
	if err := p.clock.Pause(ctx, wait); err != nil {
		return err
	}
	p.count()
	return nil
}

// count takes what was used since from what time has given.
func (p *pace) count() {
	now, used := p.clock.Now(), p.clock.CPU()
	earned := time.Duration(float64(max(0, now.Sub(p.at))) * p.share)
	p.credit = min(burst, p.credit+earned) - (used - p.used)
	p.at, p.used = now, used
}

// firstFaster is how much more the first inventory may use.
const firstFaster = 10

// faster gives more, until what it returns is called.
func (p *pace) faster(times float64) (back func()) {
	share := p.share
	if share > 0 {
		p.share = min(1, share*times)
	}
	return func() { p.share = share }
}
