// Package postgres opens the engine for installations that outgrew one
// machine: any server that speaks the PostgreSQL protocol. It rewrites
// placeholders and knows which errors mean "try the transaction again".
//
// Invariants. Nothing here relies on LISTEN/NOTIFY or advisory locks.
// The URL's password never appears in an error.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/tidemark/tidemark/internal/fault"
)

const connections = 16

// Open connects to the server that the URL names.
func Open(ctx context.Context, url string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the database URL cannot be read").
			WithHint("use postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	cfg.RuntimeParams["application_name"] = "tidemark"
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["jit"] = "off" // our statements are short: compiling one takes longer than running it
	// A plan made while a table was small would be kept until its statistics are
	// renewed: in a burst, for each few of 100,000 new rows it reads all the others.
	cfg.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	cfg.StatementCacheCapacity = 256
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Unavailable, err, "connect to PostgreSQL at %s", cfg.Host), db.Close())
	}
	return db, nil
}

// Busy reports an error after which the same transaction may be tried again:
// serialization failure, deadlock, lock not available.
func Busy(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == "40001" || e.Code == "40P01" || e.Code == "55P03"
}

// Gone reports an error that says nothing about the statement: the server does
// not answer, is going down or coming up, or has no room.
func Gone(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		class := e.Code[:min(2, len(e.Code))] // connection, resources, operator's intervention, the server's disk
		return class == "08" || class == "53" || class == "57" && e.Code != "57014" || class == "58"
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}

// Rebind turns ? placeholders into $1, $2 …; a question mark inside a quoted
// string is left alone.
func Rebind(query string) string {
	if !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 32)
	n, quoted := 0, false
	for i := range len(query) {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '?' || quoted {
			b.WriteByte(c)
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
