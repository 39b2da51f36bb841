package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func open(t *testing.T) (w, r *sql.DB) {
	t.Helper()
	w, r, err := Open(context.Background(), filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, r
}

func TestAStatementThatIsReadMayBeAskedWithinItself(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, _ := open(t)
	for _, q := range []string{"CREATE TABLE a (b BIGINT)", "INSERT INTO a VALUES (1), (2), (3)"} {
		if _, err := w.ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	const query = "SELECT b FROM a WHERE b > ? ORDER BY b"
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for range 2 { // the second time the statements are there
		var seen []string
		for _, outer := range numbers(t, tx, query, 0, func(b int) {
			seen = append(seen, fmt.Sprint(b, numbers(t, tx, query, b, nil)))
		}) {
			seen = append(seen, fmt.Sprint(outer))
		}
		if got, want := strings.Join(seen, " "), "1 [2 3] 2 [3] 3 [] 1 2 3"; got != want {
			t.Errorf("read %s, want %s", got, want)
		}
	}
}

// numbers reads a query, and calls each while the row is open.
func numbers(t *testing.T, tx *sql.Tx, query string, after int, each func(int)) (list []int) {
	t.Helper()
	rows, err := tx.QueryContext(context.Background(), query, after)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var b int
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		list = append(list, b)
		if each != nil {
			each(b)
		}
	}
	if err := errorsOf(rows); err != nil {
		t.Fatal(err)
	}
	return list
}

func errorsOf(rows *sql.Rows) error {
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

func TestStatementsAreKeptUpToABoundAndNotAfterAFailure(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, _ := open(t)
	if _, err := w.ExecContext(ctx, "CREATE TABLE a (b BIGINT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	insert := "INSERT INTO a VALUES (?)"
	for i := range 3 {
		if _, err := w.ExecContext(ctx, insert, i%2); (err == nil) != (i < 2) {
			t.Errorf("insert %d: %v", i, err)
		}
	}
	if _, err := w.ExecContext(ctx, insert, 7); err != nil {
		t.Errorf("after a failure: %v", err)
	}
	filler := strings.Repeat(" ", keptText/10)
	for i := range 30 {
		var n int
		if err := w.QueryRowContext(ctx, fmt.Sprintf("SELECT COUNT(*) + %d%s FROM a", i%12, filler)).Scan(&n); err != nil || n != 3+i%12 {
			t.Errorf("round %d: %d, %v", i, n, err)
		}
	}
	conn, err := w.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(c any) error {
		k, ok := c.(*keeper)
		if !ok {
			return fmt.Errorf("%T", c)
		}
		if k.size > keptText || k.order.Len() != len(k.byText) || k.order.Len() < 5 {
			return fmt.Errorf("%d bytes kept in %d and %d statements", k.size, k.order.Len(), len(k.byText))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAKeptStatementSeesAChangedSchema(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, r := open(t)
	if _, err := w.ExecContext(ctx, "CREATE TABLE a (b BIGINT)"); err != nil {
		t.Fatal(err)
	}
	for i, change := range []string{"INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN c BIGINT NOT NULL DEFAULT 5", "CREATE INDEX x ON a (b)"} {
		if _, err := w.ExecContext(ctx, change); err != nil {
			t.Fatal(err)
		}
		rows, err := r.QueryContext(ctx, "SELECT * FROM a")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil || len(columns) != 1+min(i, 1) {
			t.Errorf("after %s: columns %v, %v", change, columns, err)
		}
		if err := errorsOf(rows); err != nil {
			t.Fatal(err)
		}
	}
}
