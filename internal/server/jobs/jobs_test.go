package jobs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
)

// office is a desk on a store of its own.
type office struct {
	*Desk
	t     *testing.T
	db    *store.DB
	clock atomic.Int64 // seconds after the start
	stop  func()
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func (o *office) now() time.Time { return start.Add(time.Duration(o.clock.Load()) * time.Second) }

// open opens a desk; run says whether it works.
func open(t *testing.T, db *store.DB, run bool) *office {
	t.Helper()
	o := &office{t: t, db: db, stop: func() {}}
	o.Desk = New(Config{
		Store: db, Owner: "here", Now: o.now, Tell: func(ctem.Job) {}, Log: slog.New(slog.DiscardHandler), Beat: time.Millisecond,
	})
	if !run {
		return o
	}
	ctx, stop := context.WithCancel(context.Background())
	var both sync.WaitGroup
	for _, part := range []func(context.Context) error{o.Run, o.Beat} {
		both.Go(func() {
			if err := part(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	o.stop = func() { stop(); both.Wait() }
	t.Cleanup(o.stop)
	return o
}

func fresh(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func (o *office) ask(do Work) (api.Job, error) {
	return o.Start(context.Background(), Ask{Kind: "try", Object: "it", By: ctem.Signature{Actor: "user:ann", RequestID: "r1"}, Do: do})
}

func (o *office) must(do Work) api.Job {
	o.t.Helper()
	j, err := o.ask(do)
	if err != nil || j.State != api.JobRunning || j.URL != "/api/v1/jobs/"+j.ID {
		o.t.Fatalf("%+v, %v", j, err)
	}
	return j
}

// until looks at a job until it is as wanted.
func (o *office) until(id string, as func(api.Job) bool) api.Job {
	o.t.Helper()
	for range 1000 {
		j, err := o.Job(context.Background(), id)
		if err != nil {
			o.t.Fatal(err)
		}
		if as(j) {
			return j
		}
		time.Sleep(5 * time.Millisecond)
	}
	o.t.Fatalf("job %s is not as it should be", id)
	return api.Job{}
}

func ended(j api.Job) bool { return j.State != api.JobRunning }

// log is the outcomes in the log, oldest first.
func (o *office) log() []string {
	o.t.Helper()
	page, err := o.db.AuditLog(context.Background(), ctem.AuditQuery{})
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, e := range page.Items {
		outcome, _, _ := strings.Cut(e.Parsed().Outcome, ":")
		out = append([]string{e.Actor + " " + e.Verb + " " + outcome}, out...)
	}
	if v, err := o.db.VerifyAudit(context.Background()); err != nil || v.Broken != 0 {
		o.t.Errorf("the chain: %+v, %v", v, err)
	}
	return out
}

func TestAJobFromBeginToEnd(t *testing.T) {
	t.Parallel()
	o := open(t, fresh(t), true)
	goOn := make(chan struct{})
	j := o.must(func(_ context.Context, tell func(ctem.JobProgress)) (api.JobResult, error) {
		tell(ctem.JobProgress{Stage: "read", What: "kev", Done: 1, Total: 2})
		<-goOn
		return api.JobResult{Compacted: &api.Compacted{Schema: api.SchemaCompacted}}, nil
	})
	o.until(j.ID, func(j api.Job) bool {
		return j.Progress == api.JobProgress{Stage: "read", What: "kev", Done: 1, Total: 2}
	})
	dropped := false
	_, err := o.Start(context.Background(), Ask{Kind: "other", Drop: func() error { dropped = true; return nil }})
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.HintOf(err), j.URL) || !dropped {
		t.Errorf("a second one beside it: %v (%s), dropped %v", err, fault.HintOf(err), dropped)
	}
	if err := o.Free(); fault.KindOf(err) != fault.Conflict {
		t.Errorf("free: %v", err)
	}
	o.clock.Store(3)
	close(goOn)
	done := o.until(j.ID, ended)
	if done.State != api.JobDone || done.Result == nil || done.Result.Compacted == nil || done.Ended == nil || !done.Ended.Equal(start.Add(3*time.Second)) {
		t.Errorf("%+v", done)
	}
	failed := o.until(o.must(func(context.Context, func(ctem.JobProgress)) (api.JobResult, error) {
		return api.JobResult{}, fault.New(fault.Invalid, "no such feed").WithHint("look again")
	}).ID, ended)
	if failed.State != api.JobFailed || failed.Result != nil || failed.Fault == nil || failed.Fault.Code != "invalid" || failed.Fault.Hint != "look again" || failed.Fault.RequestID != "r1" {
		t.Errorf("%+v %+v", failed, failed.Fault)
	}
	broken := o.until(o.must(func(context.Context, func(ctem.JobProgress)) (api.JobResult, error) { panic("secret words") }).ID, ended)
	if broken.State != api.JobFailed || broken.Fault.Code != "internal" || strings.Contains(broken.Fault.Detail, "secret") {
		t.Errorf("%+v %+v", broken, broken.Fault)
	}
	want := []string{"user:ann try begun", "user:ann try done", "user:ann try begun", "user:ann try failed", "user:ann try begun", "user:ann try failed"}
	if d := cmp.Diff(want, o.log()); d != "" {
		t.Errorf("the log:\n%s", d)
	}
	if _, err := o.Job(context.Background(), "job_none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no job: %v", err)
	}
}

func TestAJobEndsWithItsServer(t *testing.T) {
	t.Parallel()
	o := open(t, fresh(t), true)
	begun := make(chan struct{})
	j := o.must(func(ctx context.Context, _ func(ctem.JobProgress)) (api.JobResult, error) {
		close(begun)
		<-ctx.Done()
		return api.JobResult{}, errors.New("the connection was closed")
	})
	<-begun
	o.stop()
	if got := o.until(j.ID, ended); got.State != api.JobInterrupted || got.Ended == nil || got.Fault != nil {
		t.Errorf("%+v", got)
	}
	if _, err := o.ask(nil); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("begun while it stops: %v", err)
	}
	want := []string{"user:ann try begun", "user:ann try interrupted", "user:ann try begun", "user:ann try interrupted"}
	if d := cmp.Diff(want, o.log()); d != "" {
		t.Errorf("the log:\n%s", d)
	}
}

// A job whose process was killed is not shown as running for ever: the same
// process knows when it begins anew, others when they have heard nothing.
func TestAJobOfAKilledServer(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), fresh(t)
	killed := open(t, db, false) // it never works
	j := killed.must(nil)
	killed.clock.Store(int64(believed/time.Second) - 1)
	if got := killed.until(j.ID, func(api.Job) bool { return true }); got.State != api.JobRunning {
		t.Errorf("a moment ago it said that it runs: %+v", got)
	}
	killed.clock.Add(1)
	got := killed.until(j.ID, ended)
	if got.State != api.JobInterrupted || got.Ended == nil || !got.Ended.Equal(start.Add(believed)) {
		t.Errorf("nothing heard: %+v", got)
	}
	again := open(t, db, true)
	again.clock.Store(5)
	if err := again.Lose(ctx); err != nil {
		t.Fatal(err)
	}
	if got := again.until(j.ID, ended); got.State != api.JobInterrupted || !got.Ended.Equal(start.Add(5*time.Second)) {
		t.Errorf("its successor: %+v", got)
	}
	next := again.must(func(context.Context, func(ctem.JobProgress)) (api.JobResult, error) { return api.JobResult{}, nil })
	again.until(next.ID, func(j api.Job) bool { return j.State == api.JobDone })
	want := []string{"user:ann try begun", "user:ann try interrupted", "user:ann try begun", "user:ann try done"}
	if d := cmp.Diff(want, again.log()); d != "" {
		t.Errorf("the log:\n%s", d)
	}
}

// A job that others took for interrupted stops when it hears of it.
func TestAJobThatWasGivenUpStops(t *testing.T) {
	t.Parallel()
	o := open(t, fresh(t), true)
	stopped := make(chan struct{})
	j := o.must(func(ctx context.Context, _ func(ctem.JobProgress)) (api.JobResult, error) {
		<-ctx.Done()
		close(stopped)
		return api.JobResult{}, nil
	})
	if err := o.Lose(context.Background()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
	if got := o.until(j.ID, ended); got.State != api.JobInterrupted || got.Result != nil {
		t.Errorf("%+v", got)
	}
}
