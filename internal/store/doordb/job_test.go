package doordb_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// Of many servers that begin a job at once one does, and its entry in the log is
// the only one; so for those that end it.
func TestOneJobAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), context.Background()
		now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		entry := ctem.AuditEntry{At: now, Actor: "a", Verb: "v", Object: "o", Detail: "{}"}
		var begun atomic.Int64
		var won atomic.Value
		all(8, func(i int) {
			j := ctem.Job{ID: fmt.Sprint("job", i), Kind: "k", Owner: fmt.Sprint(i), State: ctem.JobRunning, Began: now, Holds: now.Add(time.Minute)}
			running, ok, err := db.StartJob(ctx, j, entry)
			if err != nil || ok == (running.ID != "") {
				t.Errorf("%v, beside %q, %v", ok, running.ID, err)
			}
			if ok {
				begun.Add(1)
				won.Store(j)
			}
		})
		if begun.Load() != 1 {
			t.Fatalf("%d of 8 began", begun.Load())
		}
		j, _ := won.Load().(ctem.Job)
		j.State, j.Ended, j.Result = ctem.JobDone, now.Add(time.Second), `{}`
		all(4, func(int) {
			if err := db.EndJob(ctx, j, entry); err != nil {
				t.Error(err)
			}
		})
		if got, err := db.FindJob(ctx, j.ID); err != nil || got != j {
			t.Errorf("%+v, %v", got, err)
		}
		if ok, err := db.HoldJob(ctx, j); ok || err != nil {
			t.Errorf("one that has ended still runs: %v, %v", ok, err)
		}
		if v, err := db.VerifyAudit(ctx); err != nil || v.Broken != 0 || v.Entries != 2 {
			t.Errorf("the log: %+v, %v", v, err)
		}
	})
}

func all(n int, do func(i int)) {
	var each sync.WaitGroup
	for i := range n {
		each.Go(func() { do(i) })
	}
	each.Wait()
}
