package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/postgres"
	"github.com/tidemark/tidemark/internal/store/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the data is: a folder (embedded engine) or a URL.
type Config struct {
	Dir string // data folder; the file in it is tidemark.db
	URL string // postgres://…; wins over Dir
}

// DB is an open database, with what belongs to no aggregate: cursors, leases,
// quarantine, the audit log and named values.
type DB struct {
	writer *sql.DB
	reader *sql.DB
	engine engine
	dir    string

	// Tap, when set, is called before each statement of a write transaction
	// with its number; the conformance suite kills the process there.
	Tap func(n int)

	mu    sync.Mutex
	bound map[string]string // query → rebound query
}

// engine is what differs between the two.
type engine struct {
	name    string
	dialect goose.Dialect
	rebind  func(string) string
	busy    func(error) bool
	gone    func(error) bool
	arrays  bool // a parameter may be an array
}

// Open opens the store, creating and migrating it as needed.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.URL != "" {
		pool, err := postgres.Open(ctx, cfg.URL)
		if err != nil {
			return nil, err
		}
		e := engine{name: "postgres", dialect: goose.DialectPostgres, rebind: postgres.Rebind, busy: postgres.Busy, gone: postgres.Gone, arrays: true}
		return &DB{writer: pool, reader: pool, engine: e, bound: map[string]string{}}, nil
	}
	if cfg.Dir == "" {
		return nil, fault.New(fault.Invalid, "no data folder and no database URL given").WithHint("use --data DIR or --db URL")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "create data folder %s", cfg.Dir)
	}
	w, r, err := sqlite.Open(ctx, filepath.Join(cfg.Dir, "tidemark.db"))
	if err != nil {
		return nil, err
	}
	e := engine{name: "sqlite", dialect: goose.DialectSQLite3, rebind: func(s string) string { return s }, busy: sqlite.Busy, gone: sqlite.Gone}
	return &DB{writer: w, reader: r, engine: e, dir: cfg.Dir, bound: map[string]string{}}, nil
}

// Close closes both pools.
func (db *DB) Close() error {
	if db.writer == db.reader {
		return db.writer.Close()
	}
	return errors.Join(db.reader.Close(), db.writer.Close())
}

// Engine names the engine: "sqlite" or "postgres".
func (db *DB) Engine() string { return db.engine.name }

// Lock takes the right to write from this machine for as long as the caller
// needs it. On PostgreSQL, where writers do not exclude each other, it is free.
func (db *DB) Lock(ctx context.Context, wait time.Duration) (release func() error, err error) {
	if db.dir == "" {
		return func() error { return nil }, nil
	}
	return sqlite.Lock(ctx, filepath.Join(db.dir, "tidemark.lock"), wait)
}

// migrate brings the schema up to date; goose takes no lock of its own here,
// so a race of two first starts ends in a retry.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(db.engine.dialect, db.writer, dialectFS{files, db.engine.name})
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	for range 10 {
		pending, perr := p.HasPending(ctx)
		if perr == nil && !pending {
			return nil
		}
		if _, err = p.Up(ctx); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("migrate the %s store: %w", db.engine.name, err)
}
