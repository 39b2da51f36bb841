package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keptText is how many bytes of statements a connection keeps, in their text: a
// statement of ten thousand placeholders is twenty kilobytes of it, and about a
// megabyte once it is prepared.
const keptText = 128 << 10

// connector opens connections that keep their statements.
type connector struct {
	engine driver.Driver
	name   string
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	plain, err := c.engine.Open(c.name)
	if err != nil {
		return nil, err
	}
	conn, works := plain.(engineConn)
	state, lives := plain.(engineState)
	if !works || !lives {
		return nil, errors.Join(fmt.Errorf("%T is no connection that statements can be prepared on", plain), plain.Close())
	}
	return &keeper{engineConn: conn, engineState: state, order: list.New(), byText: map[string]*list.Element{}}, nil
}

// engineConn is what the engine's connections can do, and is used of it.
type engineConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
}

// engineState is how they say that they can still be used.
type engineState interface {
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// engineStmt is the same of its statements.
type engineStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.engine }

// keeper is a connection that keeps the statements that it ran last, prepared:
// to parse one with many rows takes as long as to write them. A statement that is
// being read is not among those kept, so the same text may be asked within it.
type keeper struct {
	engineConn
	engineState
	order  *list.List // of *kept, the one that ran last in front
	byText map[string]*list.Element
	size   int // of the texts
}

// kept is a statement that nobody uses now.
type kept struct {
	text string
	stmt engineStmt
}

// ExecContext implements driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args)
	return res, errors.Join(err, k.putBack(query, s, err))
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &keptRows{Rows: rows, done: func(err error) error { return k.putBack(query, s, err) }}, nil
}

// take hands out the statement of a text.
func (k *keeper) take(ctx context.Context, query string) (engineStmt, error) {
	if e, ok := k.byText[query]; ok {
		return k.drop(e).stmt, nil
	}
	s, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(engineStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T cannot be run", s), s.Close())
	}
	return stmt, nil
}

// drop takes a statement off the list.
func (k *keeper) drop(e *list.Element) *kept {
	k.order.Remove(e)
	one, _ := e.Value.(*kept) // nothing else is put there
	delete(k.byText, one.text)
	k.size -= len(one.text)
	return one
}

// putBack keeps a statement for the next time, and lets go of those that were
// not used for long. One that failed is not kept.
func (k *keeper) putBack(query string, s engineStmt, failed error) error {
	if _, again := k.byText[query]; again || failed != nil || len(query) > keptText {
		return s.Close()
	}
	k.byText[query] = k.order.PushFront(&kept{query, s})
	k.size += len(query)
	var err error
	for k.size > keptText {
		err = errors.Join(err, k.drop(k.order.Back()).stmt.Close())
	}
	return err
}

// Close ends the statements with the connection.
func (k *keeper) Close() error {
	var err error
	for k.order.Len() > 0 {
		err = errors.Join(err, k.drop(k.order.Back()).stmt.Close())
	}
	return errors.Join(err, k.engineConn.Close())
}

// keptRows give their statement back when they have been read.
type keptRows struct {
	driver.Rows
	done func(error) error
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	if r.done == nil {
		return err
	}
	done := r.done
	r.done = nil
	return errors.Join(err, done(err))
}
