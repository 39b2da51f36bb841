package login

import (
	"container/list"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tidemark/tidemark/internal/fault"
)

// maxKeys is how many names or addresses are counted; the one that was not seen
// for longest is forgotten first.
const maxKeys = 10_000

// Limits counts how often each key comes. It may be used by many at once.
type Limits struct {
	every time.Duration
	burst int

	mu    sync.Mutex
	order *list.List // of *counted, the latest first
	byKey map[string]*list.Element
}

type counted struct {
	key     string
	limiter *rate.Limiter
}

// NewLimits allows each key burst times at once, then once for each interval.
func NewLimits(every time.Duration, burst int) *Limits {
	return &Limits{every: every, burst: burst, order: list.New(), byKey: map[string]*list.Element{}}
}

// Wait is the cause of a refusal that ends by itself.
type Wait time.Duration

// Error says how long to wait.
func (w Wait) Error() string { return fmt.Sprintf("wait %d seconds", w.Seconds()) }

// Seconds is what a server says as Retry-After.
func (w Wait) Seconds() int { return max(1, int(math.Ceil(time.Duration(w).Seconds()))) }

// RetryAfter is how long an error asks to wait, if it does.
func RetryAfter(err error) (Wait, bool) {
	var w Wait
	ok := errors.As(err, &w)
	return w, ok
}

// Take counts a key, or refuses it. back takes the count back.
func (l *Limits) Take(key string, now time.Time) (back func(), err error) {
	r := l.limiter(key).ReserveN(now, 1)
	if wait := r.DelayFrom(now); !r.OK() || wait > 0 {
		r.CancelAt(now)
		return nil, &fault.Error{
			Kind: fault.TooMany, Message: "too many attempts", Err: Wait(wait),
			Hint: fmt.Sprintf("try again in %d seconds", Wait(wait).Seconds()),
		}
	}
	return func() { r.CancelAt(now) }, nil
}

// Forget starts the count of a key anew.
func (l *Limits) Forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		l.order.Remove(e)
		delete(l.byKey, key)
	}
}

func (l *Limits) limiter(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		l.order.MoveToFront(e)
		if c, ok := e.Value.(*counted); ok {
			return c.limiter
		}
	}
	c := &counted{key, rate.NewLimiter(rate.Every(l.every), l.burst)}
	l.byKey[key] = l.order.PushFront(c)
	if l.order.Len() > maxKeys {
		if old, ok := l.order.Remove(l.order.Back()).(*counted); ok {
			delete(l.byKey, old.key)
		}
	}
	return c.limiter
}
