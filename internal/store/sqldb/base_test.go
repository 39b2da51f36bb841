package sqldb

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
)

// openTest opens a fresh embedded store.
func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(context.Background(), Config{Dir: t.TempDir()})
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

func TestNumbersAndRecordTimeOnlyGrow(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var first, second, when, later int64
	err := db.Write(ctx, func(tx *Tx) (err error) {
		if first, when, err = tx.Number(ctem.StreamTwin, 3, at); err != nil {
			return err
		}
		second, later, err = tx.Number(ctem.StreamTwin, 1, at.Add(-time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if first != 1 || second != 4 || when != at.UnixMicro() || later != when+1 {
		t.Errorf("numbers %d, %d at %d, %d; want 1, 4 and record time one microsecond apart", first, second, when, later)
	}
}

func TestAdvanceIsCompareAndSwap(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	move := func(from, to int64) error {
		return db.Write(ctx, func(tx *Tx) error {
			return tx.Advance(ctem.Advance{Step: "s", Moves: []ctem.Move{{Stream: ctem.StreamTwin, From: from, To: to}}})
		})
	}
	for _, c := range []struct {
		from, to int64
		want     error
	}{{0, 5, nil}, {0, 9, ctem.ErrRaced}, {5, 7, nil}, {5, 8, ctem.ErrRaced}, {7, 7, nil}} {
		if err := move(c.from, c.to); !errors.Is(err, c.want) {
			t.Errorf("move %d→%d: %v, want %v", c.from, c.to, err, c.want)
		}
	}
	if seq, err := db.Cursor(ctx, "s", ctem.StreamTwin); err != nil || seq != 7 {
		t.Errorf("cursor %d, %v; want 7", seq, err)
	}
}

func TestFenceStopsTheOldOwner(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	now := time.Now()
	a, ok, err := db.Acquire(ctx, ctem.Lease{Name: "s", Owner: "a", Expires: now.Add(time.Second)}, now)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := db.Acquire(ctx, ctem.Lease{Name: "s", Owner: "b", Expires: now.Add(time.Minute)}, now); err != nil || ok {
		t.Fatalf("b got a lease that runs: %v %v", ok, err)
	}
	later := now.Add(2 * time.Second)
	b, ok, err := db.Acquire(ctx, ctem.Lease{Name: "s", Owner: "b", Expires: later.Add(time.Minute)}, later)
	if err != nil || !ok || b.Fence <= a.Fence {
		t.Fatalf("b did not take over: %v %v %v", b, ok, err)
	}
	commit := func(fence int64) error {
		return db.Write(ctx, func(tx *Tx) error { return tx.Advance(ctem.Advance{Step: "s", Fence: fence}) })
	}
	if err := commit(a.Fence); !errors.Is(err, ctem.ErrRaced) {
		t.Errorf("the old owner's commit gave %v", err)
	}
	if err := commit(b.Fence); err != nil {
		t.Errorf("the new owner's commit gave %v", err)
	}
}
