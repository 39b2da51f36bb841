package evidencedb

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// appender joins concurrent appends into one commit: whoever finds the door
// open carries everybody who waits. The zero value is ready. It needs no
// goroutine: the callers themselves take turns.
type appender struct {
	once  sync.Once
	turn  chan struct{} // holds one token: the right to commit
	mu    sync.Mutex
	queue []*appendRequest
	ids   map[[2]string]int64 // source and scope → watch, as far as committed
}

// watchID returns the id of a watch that is known to be committed, or 0.
func (a *appender) watchID(key [2]string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ids[key]
}

// remember notes the watches of rows that were committed.
func (a *appender) remember(rows []*evidenceRow) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids == nil || len(a.ids) >= maxWatches {
		a.ids = map[[2]string]int64{}
	}
	for _, r := range rows {
		a.ids[[2]string{r.Source, r.Scope}] = r.watch
	}
}

// maxWatches bounds what is remembered; beyond it, the store is asked again.
const maxWatches = 10_000

// appendRequest is one call of Append. After done is closed, did and err are set.
type appendRequest struct {
	rows []evidenceRow
	now  time.Time
	did  twin.Appended
	err  error
	done chan struct{}
}

// maxJoined is how many rows one commit carries at most (a single call may
// have more).
const maxJoined = 4000

// do waits until a commit has carried the request, its own or another's.
func (a *appender) do(ctx context.Context, r *appendRequest, commit func(context.Context, []*appendRequest) error) (twin.Appended, error) {
	a.once.Do(func() {
		a.turn = make(chan struct{}, 1)
		a.turn <- struct{}{}
	})
	a.mu.Lock()
	a.queue = append(a.queue, r)
	a.mu.Unlock()
	select {
	case <-r.done:
		return r.did, r.err
	case <-a.turn:
		a.carry(ctx, r, commit)
	case <-ctx.Done():
		if a.leave(r) {
			return twin.Appended{}, ctx.Err()
		}
	}
	<-r.done // being carried: the commit ends soon
	return r.did, r.err
}

// carry commits batches until the caller's own request is among them.
func (a *appender) carry(ctx context.Context, own *appendRequest, commit func(context.Context, []*appendRequest) error) {
	defer func() { a.turn <- struct{}{} }()
	for {
		select {
		case <-own.done:
			return
		default:
		}
		runtime.Gosched() // who was served last may already want more
		batch := a.take()
		// Others wait for this commit: the caller's own cancellation must not fail it.
		err := commit(context.WithoutCancel(ctx), batch)
		for _, r := range batch {
			r.err = err
			close(r.done)
		}
	}
}

func (a *appender) take() (batch []*appendRequest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, rows := 0, 0
	for n < len(a.queue) && (n == 0 || rows+len(a.queue[n].rows) <= maxJoined) {
		rows += len(a.queue[n].rows)
		n++
	}
	batch = slices.Clone(a.queue[:n])
	a.queue = slices.Delete(a.queue, 0, n)
	return batch
}

// leave withdraws a request that nobody has taken yet.
func (a *appender) leave(r *appendRequest) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(a.queue, r)
	if i < 0 {
		return false
	}
	a.queue = slices.Delete(a.queue, i, i+1)
	return true
}

// account turns the fates of the rows into the caller's receipt.
func (r *appendRequest) account() {
	for i := range r.rows {
		row := &r.rows[i]
		switch {
		case row.refused != "":
			r.did.Rejected = append(r.did.Rejected, twin.Rejection{Where: where(&row.Observation), Reason: row.refused})
		case row.known || row.still:
			r.did.Unchanged++
		default:
			r.did.Accepted++
		}
		if row.written() {
			r.did.LastSeq = max(r.did.LastSeq, row.Seq)
		}
	}
}
