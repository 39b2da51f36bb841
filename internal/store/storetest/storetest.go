// Package storetest runs the same laws on both engines.
//
// The model. Each gives a suite an Engine: SQLite in a temporary folder, then
// PostgreSQL on a private server that it starts from the installed binaries.
// Where there are none the suite is skipped there, and says so. A suite makes
// stores with New, copies them with Copy, looks at all their rows with Dump.
// Crash proves that work may be killed between any two statements.
//
// How to add a suite for an aggregate: write func(t *testing.T, e *Engine) in
// the test files of the room whose step writes it, call Each from a TestXxx,
// and hand the step to Crash{Prepare, Work}.Run. Steps are given by the caller:
// this room knows none.
//
// Invariant. Only tests import it.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidemark/tidemark/internal/store"
)

// Engine makes stores of one kind. It may be used by parallel tests.
type Engine struct {
	Name   string
	server *Server
	dir    string

	once  sync.Once
	empty store.Config // an empty store, copied rather than migrated each time
}

// Each runs a suite on both engines, one after the other.
func Each(t *testing.T, suite func(t *testing.T, e *Engine)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { suite(t, &Engine{Name: "sqlite", dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { suite(t, &Engine{Name: "postgres", server: StartServer(t)}) })
}

// New returns the address of an empty store, which is a copy of one that was
// migrated once.
func (e *Engine) New(t testing.TB) store.Config {
	t.Helper()
	e.once.Do(func() {
		e.empty = e.place(t)
		db, err := store.Open(context.Background(), e.empty)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return e.Copy(t, e.empty)
}

// place returns where a store may be made.
func (e *Engine) place(t testing.TB) store.Config {
	t.Helper()
	if e.server != nil {
		return store.Config{URL: e.server.Database(t)}
	}
	return store.Config{Dir: e.dir}
}

// Copy returns the address of a copy of a store that nobody has open.
func (e *Engine) Copy(t testing.TB, from store.Config) store.Config {
	t.Helper()
	if e.server != nil {
		return store.Config{URL: e.server.Copy(t, from.URL)}
	}
	to := store.Config{Dir: t.TempDir()}
	files, err := filepath.Glob(filepath.Join(from.Dir, "tidemark.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to.Dir, filepath.Base(f)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// Open opens a store until the end of the test.
func (e *Engine) Open(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), cfg)
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

// Fresh opens an empty store until the end of the test.
func (e *Engine) Fresh(t testing.TB) *store.DB {
	t.Helper()
	return e.Open(t, e.New(t))
}

// Raw opens the database behind a store with plain SQL, until the end of the
// test. Placeholders are the engine's own.
func (e *Engine) Raw(t testing.TB, cfg store.Config) *sql.DB {
	t.Helper()
	driver, name := "pgx", cfg.URL
	if cfg.URL == "" {
		driver, name = "sqlite", "file:"+filepath.Join(cfg.Dir, "tidemark.db")+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, name)
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

// Dump writes every row of every table, sorted, but for the tables named and
// the record of migrations.
func (e *Engine) Dump(t testing.TB, cfg store.Config, except ...string) string {
	t.Helper()
	db := e.Raw(t, cfg)
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if cfg.URL != "" {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	except = append(except, "goose_db_version")
	var b strings.Builder
	tables := column(t, db, query)
	slices.Sort(tables)
	for _, table := range tables {
		if slices.Contains(except, table) {
			continue
		}
		rows := rowsOf(t, db, "SELECT * FROM "+table)
		slices.Sort(rows)
		for _, r := range rows {
			fmt.Fprintf(&b, "%s: %s\n", table, r)
		}
	}
	return b.String()
}

func column(t testing.TB, db *sql.DB, query string) (out []string) {
	t.Helper()
	for _, r := range rowsOf(t, db, query) {
		out = append(out, strings.TrimSuffix(r, "|"))
	}
	return out
}

func rowsOf(t testing.TB, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, v := range values {
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			fmt.Fprintf(&b, "%v|", v)
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
