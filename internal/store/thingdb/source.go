package thingdb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxRejections are told of each source, the newest.
const maxRejections = 10

// SourceLives returns what each source speaks of at the time asked for, by kind,
// the stretches in which it gave signs of life since another time, and the newest
// few of what was refused from it by then.
func (db *Store) SourceLives(ctx context.Context, q ctem.AsOf, since time.Time) (out map[string]*ctem.SourceLife, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = map[string]*ctem.SourceLife{}
		v, err := t.view(q)
		if err != nil {
			return err
		}
		l := lives{view: v, of: out}
		if err := l.kinds(); err != nil {
			return err
		}
		if err := l.stretches(since); err != nil {
			return err
		}
		if err := l.trouble(); err != nil {
			return err
		}
		if err := l.left(); err != nil {
			return err
		}
		return l.rejected()
	})
	return out, err
}

type lives struct {
	*view
	of map[string]*ctem.SourceLife
}

func (l *lives) source(name string) *ctem.SourceLife {
	if l.of[name] == nil {
		l.of[name] = &ctem.SourceLife{Kinds: map[string]int{}}
	}
	return l.of[name]
}

func (l *lives) kinds() error {
	return l.held(`SELECT w.source, c.subject, w.scope FROM claim c JOIN watch w ON w.id = c.watch`, "", nil, func(r sqldb.Scanner) error {
		var source, subject, scope string
		err := r.Scan(&source, &subject, &scope)
		l.source(source).Kinds[endOf(subject, scope).Kind]++
		return err
	})
}

func (l *lives) stretches(since time.Time) error {
	return l.Query(`SELECT w.source, w.scope, c.class, c.since, c.seen, c.every FROM coverage c JOIN watch w ON w.id = c.watch
		WHERE c.seen >= ? AND c.since <= ? ORDER BY w.source, c.since`, func(r sqldb.Scanner) error {
		var c twin.Coverage
		var begun, seen, every int64
		err := r.Scan(&c.Source, &c.Scope, &c.Class, &begun, &seen, &every)
		c.Since, c.Seen, c.Every = sqldb.FromMicros(begun), sqldb.FromMicros(min(seen, l.at, l.known)), time.Duration(every)*time.Microsecond
		s := l.source(c.Source)
		s.Stretches = append(s.Stretches, c)
		return err
	}, sqldb.Micros(since), min(l.at, l.known))
}

func (l *lives) rejected() error {
	return l.Query(`SELECT w.source, w.scope, r.subject, r.observed, r.reason FROM evidence_rejected r JOIN watch w ON w.id = r.watch
		WHERE r.recorded <= ? ORDER BY r.id DESC`, func(r sqldb.Scanner) error {
		var source, scope, reason, subject string
		var at int64
		err := r.Scan(&source, &scope, &subject, &at, &reason)
		if s := l.source(source); len(s.Rejected) < maxRejections {
			where := scope + " " + subject + " at " + sqldb.FromMicros(at).Format(time.RFC3339)
			s.Rejected = append(s.Rejected, twin.Rejection{Where: where, Reason: reason})
		}
		return err
	}, min(l.at, l.known))
}

// left is what was left out. It is counted, not remembered: of an earlier time what
// had begun then, as many as there are now.
func (l *lives) left() error {
	upTo := min(l.at, l.known)
	return l.Query(`SELECT source, reason, count, since, seen FROM source_left WHERE since <= ? ORDER BY source, count DESC, reason`, func(r sqldb.Scanner) error {
		var source string
		var x twin.LeftOut
		var since, seen int64
		err := r.Scan(&source, &x.Reason, &x.Count, &since, &seen)
		x.Since, x.Seen = sqldb.FromMicros(since), sqldb.FromMicros(min(seen, upTo))
		s := l.source(source)
		s.Left = append(s.Left, x)
		return err
	}, upTo)
}

// trouble is what sources said that they could not see. What they say next replaces
// it: of an earlier time only what is still so is known.
func (l *lives) trouble() error {
	return l.Query(`SELECT source, place, reason FROM source_trouble WHERE since <= ? ORDER BY source, place, reason`, func(r sqldb.Scanner) error {
		var source string
		var x twin.Rejection
		err := r.Scan(&source, &x.Where, &x.Reason)
		s := l.source(source)
		s.Trouble = append(s.Trouble, x)
		return err
	}, min(l.at, l.known))
}
