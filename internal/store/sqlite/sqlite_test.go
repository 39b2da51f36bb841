package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

func TestReadersWorkWhileAWriterHoldsItsTransaction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, r, err := Open(ctx, filepath.Join(t.TempDir(), "odd name?.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.Close(), r.Close() })
	if _, err := w.ExecContext(ctx, "CREATE TABLE a (b BIGINT)"); err != nil {
		t.Fatal(err)
	}
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "INSERT INTO a VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := r.QueryRowContext(ctx, "SELECT COUNT(*) FROM a").Scan(&n); err != nil || n != 0 {
		t.Errorf("a reader sees %d rows: %v", n, err)
	}
	if _, err := r.ExecContext(ctx, "INSERT INTO a VALUES (2)"); err == nil {
		t.Error("a reader could write")
	}
}

func TestLockExcludesAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "lock")
	release, err := Lock(ctx, path, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(ctx, path, 30*time.Millisecond)
	if fault.KindOf(err) != fault.Unavailable || fault.HintOf(err) == "" {
		t.Fatalf("the second lock gave %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(ctx, path, 0)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}
