package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestStreamLaws proves the laws of the streams on both engines.
func TestStreamLaws(t *testing.T) {
	t.Parallel()
	laws := map[string]func(*testing.T, *storetest.Engine){
		"two_slow_writers":       lawTwoSlowWriters,
		"without_the_lock":       lawControl,
		"forged_replay":          lawForged,
		"rerun":                  lawRerun,
		"joined":                 lawJoined,
		"heartbeat":              lawHeartbeat,
		"heartbeat_after_a_loss": lawLostEvidence,
		"unfit":                  lawUnfit,
		"lease_fencing":          lawFencing,
		"bodies_once":            lawBodies,
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		for name, law := range laws {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				law(t, e)
			})
		}
	})
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }

func observation(n int64, says string) twin.Observation {
	body, err := json.Marshal(twin.Workload{Service: "s", Kind: "Record", Replicas: 1, Namespace: says})
	if err != nil {
		panic(err)
	}
	return twin.Observation{
		Source: "agent", Scope: "prod", Class: twin.Observed, Kind: twin.Delta, Media: twin.MediaWorkload, Epoch: 1, SourceSeq: n,
		Subject: twin.WorkloadSubject("Record", "", "s"), ObservedAt: hour(int(n)), Hash: twin.HashBytes(body), Body: body,
	}
}

// reader follows the evidence stream and notes what it saw.
type reader struct {
	db   *store.DB
	last int64
	seen []int64
}

func (r *reader) poll(t *testing.T) {
	t.Helper()
	list, err := r.db.Evidence(context.Background(), r.last, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		r.seen = append(r.seen, o.Seq)
		r.last = o.Seq
	}
}

// lawTwoSlowWriters: a writer that has its numbers and has not committed makes
// the other wait, so that a reader never passes over a number.
func lawTwoSlowWriters(t *testing.T, e *storetest.Engine) {
	ctx, cfg := context.Background(), e.New(t)
	slow, fast, r := e.Open(t, cfg), e.Open(t, cfg), &reader{db: e.Open(t, cfg)}
	atCommit, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow.Tap = func(n int) {
		if n >= lastStatement {
			once.Do(func() { close(atCommit); <-goOn })
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := slow.Append(ctx, []twin.Observation{observation(1, "slow")}, start); err != nil {
			t.Error(err)
		}
	})
	<-atCommit // the slow one holds number 1
	fastDone := make(chan struct{})
	wg.Go(func() {
		defer close(fastDone)
		if _, err := fast.Append(ctx, []twin.Observation{observation(2, "fast")}, start); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-fastDone:
		t.Error("the second writer committed while the first one held its numbers")
	case <-time.After(300 * time.Millisecond):
	}
	r.poll(t)
	close(goOn)
	wg.Wait()
	r.poll(t)
	if !slices.Equal(r.seen, []int64{1, 2}) {
		t.Errorf("the reader saw %v, want 1 and 2", r.seen)
	}
}

// lastStatement is one after the numbers are taken, in any append.
const lastStatement = 4

// lawControl shows that the law above is not true by itself. With a sequence
// instead of the lock, PostgreSQL lets the second writer commit first, and a
// reader passes over number 1 for good. On SQLite there is one writer at a time.
func lawControl(t *testing.T, e *storetest.Engine) {
	ctx, db := context.Background(), e.Raw(t, e.New(t))
	next := `SELECT nextval('unlocked_seq')`
	ddl := []string{`CREATE TABLE unlocked (seq BIGINT PRIMARY KEY)`, `CREATE SEQUENCE unlocked_seq`}
	if e.Name == "sqlite" {
		next, ddl = `SELECT COALESCE(MAX(seq), 0) + 1 FROM unlocked`, ddl[:1]
	}
	for _, q := range ddl {
		if _, err := db.ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	write := func() (*sql.Tx, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		var n int64
		if err := tx.QueryRowContext(ctx, next).Scan(&n); err != nil {
			return tx, err
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO unlocked (seq) VALUES (%d)`, n))
		return tx, err
	}
	slow, err := write()
	if err != nil {
		t.Fatal(err)
	}
	if e.Name == "sqlite" {
		if _, err := db.ExecContext(ctx, `PRAGMA busy_timeout = 50`); err != nil {
			t.Fatal(err)
		}
	}
	fast, err := write()
	if e.Name == "sqlite" {
		if err == nil {
			t.Error("SQLite let a second writer in")
		}
		rollback(t, fast, slow)
		return
	}
	if err != nil || fast.Commit() != nil {
		t.Fatal("the fast writer failed", err)
	}
	var last, skipped int64
	if err := db.QueryRowContext(ctx, `SELECT MAX(seq) FROM unlocked`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM unlocked WHERE seq <= $1`, last).Scan(&skipped); err != nil {
		t.Fatal(err)
	}
	if last != 2 || skipped != 2 {
		t.Errorf("the control saw %d with %d rows up to there: it was to pass over one", last, skipped)
	}
}

func rollback(t *testing.T, list ...*sql.Tx) {
	t.Helper()
	for _, tx := range list {
		if tx == nil {
			continue
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

func lawForged(t *testing.T, e *storetest.Engine) {
	ctx, db := context.Background(), e.Fresh(t)
	first, err := db.Append(ctx, []twin.Observation{observation(1, "a"), observation(2, "a")}, start)
	if err != nil || first.Accepted != 2 {
		t.Fatal(first, err)
	}
	got, err := db.Append(ctx, []twin.Observation{observation(1, "a"), observation(2, "forged"), observation(3, "a")}, start)
	if err != nil || got.Accepted != 1 || got.Unchanged != 1 || len(got.Rejected) != 1 {
		t.Fatalf("%+v, %v; want one accepted, one unchanged, one rejected", got, err)
	}
	// The same forgery again, and one inside a single call.
	got, err = db.Append(ctx, []twin.Observation{observation(2, "forged"), observation(4, "a"), observation(4, "b")}, start)
	if err != nil || got.Accepted != 1 || len(got.Rejected) != 2 {
		t.Fatalf("%+v, %v; want one accepted, two rejected", got, err)
	}
	list, err := db.Evidence(ctx, 0, 100)
	if err != nil || len(list) != 4 {
		t.Errorf("%d rows of evidence, %v; want 4", len(list), err)
	}
	sources, err := db.Sources(ctx, ctem.AsOf{Now: hour(5)})
	if err != nil || len(sources) != 1 || sources[0].Rejected != 2 {
		t.Errorf("sources %+v, %v; want one with two rejections", sources, err)
	}
}

func lawRerun(t *testing.T, e *storetest.Engine) {
	ctx, cfg := context.Background(), e.New(t)
	db := e.Open(t, cfg)
	list := []twin.Observation{observation(1, "a"), observation(2, "b")}
	if _, err := db.Append(ctx, list, start); err != nil {
		t.Fatal(err)
	}
	want := e.Dump(t, cfg)
	got, err := db.Append(ctx, list, hour(1))
	if err != nil || got.Accepted != 0 || got.Unchanged != 2 {
		t.Errorf("the rerun gave %+v, %v", got, err)
	}
	if e.Dump(t, cfg) != want {
		t.Error("the rerun changed the store")
	}
}

// lawJoined: many callers share commits, and each gets its own receipt.
func lawJoined(t *testing.T, e *storetest.Engine) {
	ctx, db := context.Background(), e.Fresh(t)
	const callers, each = 16, 10
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				o := observation(int64(i+1), "x")
				o.Source = fmt.Sprintf("agent%d", c)
				got, err := db.Append(ctx, []twin.Observation{o}, start)
				if err != nil || got.Accepted != 1 || got.LastSeq == 0 {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	list, err := db.Evidence(ctx, 0, 1000)
	if err != nil || len(list) != callers*each {
		t.Errorf("%d rows, %v; want %d", len(list), err, callers*each)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := db.Append(done, []twin.Observation{observation(99, "x")}, start); err == nil {
		t.Log("a cancelled caller was carried all the same") // allowed: it is durable then
	}
}

func lawHeartbeat(t *testing.T, e *storetest.Engine) {
	ctx, cfg := context.Background(), e.New(t)
	db := e.Open(t, cfg)
	beat := func(h int) error {
		return db.Heartbeat(ctx, twin.Beat{Source: "agent", Scope: "prod", Vouches: 1, At: hour(h), Every: time.Hour})
	}
	if err := beat(1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a heartbeat of nobody gave %v", err)
	}
	if _, err := db.Append(ctx, []twin.Observation{observation(1, "a")}, start); err != nil {
		t.Fatal(err)
	}
	without := []string{"coverage", "stream"}
	before := e.Dump(t, cfg, without...)
	for _, h := range []int{4, 3, 6, 20} {
		if err := beat(h); err != nil {
			t.Fatal(err)
		}
	}
	if e.Dump(t, cfg, without...) != before {
		t.Error("heartbeats wrote more than coverage")
	}
	for _, c := range []struct {
		at, since, seen int
		want            twin.Freshness
	}{{1, 1, 1, twin.Fresh}, {7, 1, 6, twin.Fresh}, {10, 1, 6, twin.Stale}, {14, 1, 6, twin.Lapsed}, {21, 20, 20, twin.Fresh}} {
		cov, err := db.Coverage(ctx, hour(c.at))
		if err != nil || len(cov) != 1 {
			t.Fatal(cov, err)
		}
		if !cov[0].Since.Equal(hour(c.since)) || !cov[0].Seen.Equal(hour(c.seen)) || cov[0].FreshnessAt(hour(c.at)) != c.want {
			t.Errorf("at hour %d: %+v is %s, want %s", c.at, cov[0], cov[0].FreshnessAt(hour(c.at)), c.want)
		}
	}
}

func lawLostEvidence(t *testing.T, e *storetest.Engine) {
	ctx, db := context.Background(), e.Fresh(t)
	if _, err := db.Append(ctx, []twin.Observation{observation(1, "a")}, start); err != nil {
		t.Fatal(err)
	}
	err := db.Heartbeat(ctx, twin.Beat{Source: "agent", Scope: "prod", Vouches: 2, At: hour(5)})
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("a heartbeat that vouches for what never came gave %v", err)
	}
	if cov, err := db.Coverage(ctx, hour(6)); err != nil || !cov[0].Seen.Equal(hour(1)) {
		t.Errorf("coverage moved: %+v, %v", cov, err)
	}
}

func lawUnfit(t *testing.T, e *storetest.Engine) {
	db := e.Fresh(t)
	bad := []func(*twin.Observation){
		func(o *twin.Observation) { o.Source = "" },
		func(o *twin.Observation) { o.ObservedAt = time.Time{} },
		func(o *twin.Observation) { o.Subject = "" },
		func(o *twin.Observation) { o.Hash = "00" },
		func(o *twin.Observation) { o.Body = nil },
		func(o *twin.Observation) { o.Kind = twin.Heartbeat },
		func(o *twin.Observation) { o.Class = "" },
		func(o *twin.Observation) { o.Media = "x" },
		func(o *twin.Observation) { o.SourceSeq = -1 },
		func(o *twin.Observation) { o.Kind = twin.Tombstone },
		func(o *twin.Observation) { o.Subject = string(make([]byte, 5000)) },
	}
	var list []twin.Observation
	for _, spoil := range bad {
		o := observation(1, "a")
		spoil(&o)
		list = append(list, o)
	}
	got, err := db.Append(context.Background(), list, start)
	if err != nil || len(got.Rejected) != len(bad) || got.Accepted != 0 {
		t.Errorf("%+v, %v; want %d rejections", got, err, len(bad))
	}
}

func lawFencing(t *testing.T, e *storetest.Engine) {
	ctx, db := context.Background(), e.Fresh(t)
	now := time.Now()
	a, ok, err := db.Acquire(ctx, ctem.Lease{Name: "resolve", Owner: "a", Expires: now.Add(time.Second)}, now)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	later := now.Add(time.Minute)
	b, ok, err := db.Acquire(ctx, ctem.Lease{Name: "resolve", Owner: "b", Expires: later.Add(time.Minute)}, later)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	commit := func(fence int64, to int64) error {
		return db.CommitTwin(ctx, ctem.Advance{
			Step: "resolve", Fence: fence, Now: now,
			Moves: []ctem.Move{{Stream: ctem.StreamEvidence, From: 0, To: to}},
		}, &twin.Resolution{})
	}
	if err := commit(a.Fence, 5); err == nil {
		t.Error("the old owner committed")
	}
	if err := commit(b.Fence, 7); err != nil {
		t.Error(err)
	}
}

func lawBodies(t *testing.T, e *storetest.Engine) {
	ctx, cfg := context.Background(), e.New(t)
	db := e.Open(t, cfg)
	long := make([]byte, 100_000)
	sbom := func(h int, artifact string, body []byte) twin.Observation {
		return twin.Observation{
			Source: "sbom", Scope: twin.ScopeArtifacts, Class: twin.Content, Kind: twin.Delta, Media: twin.MediaSBOM,
			Subject: artifact, Ref: artifact, ObservedAt: hour(h), Hash: twin.HashBytes(body), Body: body,
		}
	}
	if _, err := db.Append(ctx, []twin.Observation{sbom(1, "a:1", long), sbom(1, "b:1", long), sbom(2, "a:1", []byte("x"))}, start); err != nil {
		t.Fatal(err)
	}
	list, err := db.Evidence(ctx, 0, 10)
	if err != nil || len(list) != 3 || string(list[0].Body) != string(long) || string(list[2].Body) != "x" {
		t.Errorf("bodies do not come back: %d rows, %v", len(list), err)
	}
	var n, size int64
	if err := e.Raw(t, cfg).QueryRowContext(ctx, `SELECT COUNT(*), SUM(LENGTH(data)) FROM body`).Scan(&n, &size); err != nil || n != 2 || size > 1000 {
		t.Errorf("%d bodies of %d bytes, %v; want 2, deflated", n, size, err)
	}
	keptAsItCame(t, e, cfg, long)
}

// keptAsItCame reads a bill of materials back, with its body and without.
func keptAsItCame(t *testing.T, e *storetest.Engine, cfg store.Config, body []byte) {
	t.Helper()
	ctx, db := context.Background(), e.Open(t, cfg)
	hash := twin.HashBytes(body)
	lease, ok, err := db.Acquire(ctx, ctem.Lease{Name: "resolve", Owner: "a", Expires: start.Add(time.Hour)}, start)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	err = db.CommitTwin(ctx, ctem.Advance{Step: "resolve", Fence: lease.Fence, Now: start, Moves: []ctem.Move{{Stream: ctem.StreamEvidence, From: 0, To: 3}}},
		&twin.Resolution{SBOMs: []twin.NewSBOM{{Hash: hash, SBOM: twin.SBOM{Format: "CycloneDX", SpecVersion: "1.6"}}}})
	if err != nil {
		t.Fatal(err)
	}
	raw := e.Raw(t, cfg)
	var id int64
	if err := raw.QueryRowContext(ctx, `SELECT id FROM sbom`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	want := twin.KeptSBOM{Format: "CycloneDX", Version: "1.6", Hash: hash, Body: body}
	if got, err := db.SBOMDocument(ctx, id); err != nil || !cmp.Equal(got, want) {
		t.Errorf("a document of %d bytes, %v; want it as it came", len(got.Body), err)
	}
	if _, err := raw.ExecContext(ctx, `DELETE FROM body`); err != nil {
		t.Fatal(err)
	}
	if got, err := db.SBOMDocument(ctx, id); err != nil || got.Body != nil || got.Hash != hash {
		t.Errorf("what is kept no longer: %d bytes, %v", len(got.Body), err)
	}
}
