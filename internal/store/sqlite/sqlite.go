// Package sqlite opens the embedded engine: one file, one writer connection,
// several readers that always work. It knows the pragmas, the lock between
// writing processes and which errors mean "busy"; the SQL is the store's.
//
// Invariants. A commit is durable when it returns (synchronous=FULL). Writers
// begin IMMEDIATE, so two never deadlock. Readers cannot write.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"syscall"
	"time"

	"modernc.org/sqlite"

	"github.com/tidemark/tidemark/internal/fault"
)

const readers = 4

// Open opens or creates the database file with its two pools.
func Open(ctx context.Context, path string) (writer, reader *sql.DB, err error) {
	writer, err = pool(ctx, path, 1, "synchronous(FULL)", "cache_size(-65536)")
	if err != nil {
		return nil, nil, err
	}
	reader, err = pool(ctx, path, readers, "query_only(1)", "cache_size(-16384)")
	if err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	return writer, reader, nil
}

func pool(ctx context.Context, path string, size int, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", "temp_store(MEMORY)", "journal_size_limit(67108864)", "wal_autocheckpoint(4000)",
	}, pragmas...)}
	if size > 1 {
		q.Set("_txlock", "deferred")
	}
	db := sql.OpenDB(connector{&sqlite.Driver{}, "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// Busy reports an error after which the same transaction may be tried again.
func Busy(err error) bool {
	const busy, locked = 5, 6
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == busy || e.Code()&0xff == locked)
}

// Gone reports an error that says nothing about the statement: the disk is full,
// or the file cannot be read or written.
func Gone(err error) bool {
	const readonly, io, full, cannotOpen = 8, 10, 13, 14
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case readonly, io, full, cannotOpen:
		return true
	}
	return false
}

// Lock takes the exclusive right to write from this machine, waiting for
// another process at most wait. The release is also done by the kernel when
// the process ends, however it ends.
func Lock(ctx context.Context, path string, wait time.Duration) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock %s: %w", path, err)
	}
	deadline := time.Now().Add(wait)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fault.New(fault.Unavailable, "another process has been writing to this data folder for %s", wait).
				WithHint("use --server, or try again when it has finished"), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
