package newsdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// CommitEvents stores events together with the cursors. One that was stored for
// its cause before is left as it is.
func (db *Store) CommitEvents(ctx context.Context, adv ctem.Advance, list []ctem.Event) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		fresh, err := t.unknown(list)
		if err != nil || len(fresh) == 0 {
			return err
		}
		seq, at, err := t.Number(ctem.StreamEvent, len(fresh), adv.Now)
		if err != nil {
			return err
		}
		return t.insert(fresh, seq, at)
	})
}

// eventKey is what makes an event the same one.
type eventKey struct {
	cause         int64
	kind, subject string
}

func (t *tx) unknown(list []ctem.Event) ([]ctem.Event, error) {
	causes := make([]any, len(list))
	for i := range list {
		causes[i] = list[i].Cause
	}
	have := map[eventKey]bool{}
	err := t.In(`SELECT cause, kind, subject FROM event WHERE cause IN (?*)`, causes, func(s sqldb.Scanner) error {
		var k eventKey
		err := s.Scan(&k.cause, &k.kind, &k.subject)
		have[k] = true
		return err
	})
	return slices.DeleteFunc(slices.Clone(list), func(e ctem.Event) bool {
		return have[eventKey{e.Cause, string(e.Kind), e.Subject}]
	}), err
}

func (t *tx) insert(list []ctem.Event, seq, at int64) error {
	var rows, places []any
	for i := range list {
		e := &list[i]
		records, err := json.Marshal(e.Records)
		if err != nil {
			return fmt.Errorf("event of %s: %w", e.Subject, err)
		}
		rows = append(rows, seq, at, string(e.Kind), e.Subject, e.Weakness, e.Cause, sqldb.Micros(e.Known), sqldb.Micros(e.Said),
			e.Feed, e.Revision, e.Detail, e.From, e.To, string(records))
		for _, p := range e.Places {
			places = append(places, seq, p.Service, p.Environment, string(p.Kind), p.Workloads, p.Live, p.Opened, p.Closed, p.Raised, p.Lowered, p.ActNow)
		}
		seq++
	}
	err := t.Insert(`INSERT INTO event (seq, recorded, kind, subject, weakness, cause, known, said, feed, revision, detail, was, score, records) VALUES`, 14, rows, "")
	if err != nil {
		return err
	}
	return t.Insert(`INSERT INTO event_place (event, service, environment, env_kind, workloads, live, opened, closed, raised, lowered, act_now) VALUES`, 11, places, "")
}

// Events lists events, the newest first, with what of them the asker may see.
// Of what concerns none of it, nothing is told.
func (db *Store) Events(ctx context.Context, q ctem.EventQuery) (page ctem.Page[ctem.Event], err error) {
	before, err := endOf(q.After)
	if err != nil {
		return page, err
	}
	limit := sqldb.Forever
	if q.Limit > 0 {
		limit = int64(q.Limit) + 1 // one more tells whether a page follows
	}
	where := eventWhere(q)
	err = db.read(ctx, func(t *tx) error {
		page = ctem.Page[ctem.Event]{}
		if _, err := t.Get(`SELECT COUNT(*) FROM event WHERE `+where.SQL, where.Args, &page.Total); err != nil {
			return err
		}
		page.Items, err = t.events(where.SQL+` AND seq < ? ORDER BY seq DESC LIMIT ?`, append(slices.Clone(where.Args), before, limit)...)
		if err != nil {
			return err
		}
		if q.Limit > 0 && len(page.Items) > q.Limit {
			page.Items = page.Items[:q.Limit]
			page.Next = strconv.FormatInt(page.Items[q.Limit-1].Seq, 10)
		}
		return t.attach(page.Items, sqldb.Allowed(q.ListQuery, "service", ""))
	})
	return page, err
}

// EventsAfter returns the events after a number, in their order, at most limit,
// and the number of the last of them.
func (db *Store) EventsAfter(ctx context.Context, after int64, limit int) (list []ctem.Event, last int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		last = after
		if list, err = t.events(`seq > ? ORDER BY seq LIMIT ?`, after, limit); err != nil || len(list) == 0 {
			return err
		}
		last = list[len(list)-1].Seq
		return t.attach(list, sqldb.Condition{})
	})
	return list, last, err
}

func endOf(after string) (int64, error) {
	if after == "" {
		return sqldb.Forever, nil
	}
	seq, err := strconv.ParseInt(after, 10, 64)
	if err != nil || seq < 1 {
		return 0, fault.New(fault.Invalid, "no page of the events goes on after %q", after).WithHint("give the next of the page before, as it was")
	}
	return seq, nil
}

func eventWhere(q ctem.EventQuery) sqldb.Condition {
	c := sqldb.Condition{SQL: "1 = 1"}
	add := func(asked bool, sql string, values ...any) {
		if asked {
			c.SQL, c.Args = c.SQL+" AND "+sql, append(c.Args, values...)
		}
	}
	kinds := make([]any, len(q.Kinds))
	for i, k := range q.Kinds {
		kinds[i] = string(k)
	}
	add(len(kinds) > 0, "kind IN ("+strings.TrimSuffix(strings.Repeat("?,", len(kinds)), ",")+")", kinds...)
	add(q.Subject != "", "subject = ?", q.Subject)
	add(!q.Since.IsZero(), "known >= ?", sqldb.Micros(q.Since))
	add(!q.At.IsZero(), "recorded <= ?", sqldb.KnownMicros(q.At))
	add(!q.KnownAt.IsZero(), "recorded <= ?", sqldb.KnownMicros(q.KnownAt))
	if mine := sqldb.Allowed(q.ListQuery, "p.service", ""); mine.SQL != "" {
		add(true, "EXISTS (SELECT 1 FROM event_place p WHERE p.event = event.seq"+mine.SQL+")", mine.Args...)
	}
	return c
}

func (t *tx) events(where string, args ...any) (list []ctem.Event, err error) {
	err = t.Query(`SELECT seq, recorded, kind, subject, weakness, cause, known, said, feed, revision, detail, was, score, records FROM event WHERE `+where,
		func(s sqldb.Scanner) error {
			var e ctem.Event
			var at, known, said int64
			var records string
			if err := s.Scan(&e.Seq, &at, &e.Kind, &e.Subject, &e.Weakness, &e.Cause, &known, &said, &e.Feed, &e.Revision, &e.Detail, &e.From, &e.To, &records); err != nil {
				return err
			}
			e.At, e.Known, e.Said = sqldb.FromMicros(at), sqldb.FromMicros(known), sqldb.FromMicros(said)
			list = append(list, e)
			return json.Unmarshal([]byte(records), &list[len(list)-1].Records)
		}, args...)
	return list, err
}

// attach adds what of each event the asker may see.
func (t *tx) attach(list []ctem.Event, mine sqldb.Condition) error {
	at := make(map[int64]int, len(list))
	seqs := make([]any, len(list))
	for i := range list {
		at[list[i].Seq], seqs[i] = i, list[i].Seq
	}
	err := t.In(`SELECT event, service, environment, env_kind, workloads, live, opened, closed, raised, lowered, act_now FROM event_place
		WHERE event IN (?*)`+mine.SQL+` ORDER BY event, service, environment`, seqs, func(s sqldb.Scanner) error {
		var event int64
		var p ctem.EventPlace
		err := s.Scan(&event, &p.Service, &p.Environment, &p.Kind, &p.Workloads, &p.Live, &p.Opened, &p.Closed, &p.Raised, &p.Lowered, &p.ActNow)
		e := &list[at[event]]
		e.Places = append(e.Places, p)
		return err
	}, mine.Args...)
	for i := range list {
		list[i].Here = ctem.Sum(list[i].Places)
	}
	return err
}
