package newsdb

import (
	"context"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Causes returns what somebody may want to hear of among the changes of the
// advisory stream after a number, none beyond upTo and at most limit, and up to
// which number it looked.
func (db *Store) Causes(ctx context.Context, after, upTo int64, limit int) (list []advisory.Cause, last int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		list, last = nil, upTo
		err := t.Query(`SELECT seq, kind, feed, name, revision, did, detail, recorded, said, was, score, exposures_at, decisions_at
			FROM advisory_change WHERE seq > ? AND seq <= ? AND did <> '' ORDER BY seq LIMIT ?`, func(s sqldb.Scanner) error {
			var c advisory.Cause
			var known, said, exposures, decisions int64
			err := s.Scan(&c.Seq, &c.Kind, &c.Feed, &c.Name, &c.Revision, &c.Did, &c.Detail, &known, &said, &c.From, &c.To, &exposures, &decisions)
			c.Known, c.Said = sqldb.FromMicros(known), sqldb.FromMicros(said)
			c.ExposuresAt, c.DecisionsAt = sqldb.FromMicros(exposures), sqldb.FromMicros(decisions)
			list = append(list, c)
			return err
		}, after, upTo, limit)
		if len(list) == limit {
			last = list[limit-1].Seq
		}
		return err
	})
	return list, last, err
}

// WeaknessesOf returns the weaknesses, of those that anything here has or had,
// that records are about, by the record's id, and those of other names.
func (db *Store) WeaknessesOf(ctx context.Context, records, names []string) (of map[string][]ctem.Weakness, err error) {
	err = db.read(ctx, func(t *tx) error {
		of = map[string][]ctem.Weakness{}
		seen := map[string]map[int64]bool{}
		add := func(s sqldb.Scanner) error {
			var name string
			var w ctem.Weakness
			if err := s.Scan(&name, &w.ID, &w.Key, &w.Canonical); err != nil {
				return err
			}
			if seen[name] == nil {
				seen[name] = map[int64]bool{}
			}
			if !seen[name][w.ID] {
				seen[name][w.ID] = true
				of[name] = append(of[name], w)
			}
			return nil
		}
		err := t.In(`SELECT a.id, w.id, w.first_name, w.canonical FROM advisory a JOIN advisory_name n ON n.num = a.num
			JOIN weakness_name wn ON wn.name = n.name JOIN weakness w ON w.id = wn.weakness WHERE a.id IN (?*) ORDER BY a.id, w.id`, sqldb.Anys(records), add)
		if err != nil {
			return err
		}
		return t.In(`SELECT wn.name, w.id, w.first_name, w.canonical FROM weakness_name wn JOIN weakness w ON w.id = wn.weakness WHERE wn.name IN (?*)`,
			sqldb.Anys(names), add)
	})
	return of, err
}

// Loads says what the reading of a feed that ended with a change of the stream
// brought, and how many weaknesses that something here has it was about.
func (db *Store) Loads(ctx context.Context, end advisory.Cause) (l advisory.Loads, concern int, err error) {
	err = db.read(ctx, func(t *tx) error {
		l = advisory.Loads{First: end.Detail == string(advisory.DidFirst)}
		var before int64
		if _, err := t.Get(`SELECT COALESCE(MAX(seq), 0) FROM advisory_change WHERE kind = 'loaded' AND feed = ? AND seq < ?`, []any{end.Feed, end.Seq}, &before); err != nil {
			return err
		}
		err := t.Query(`SELECT did, COUNT(*) FROM advisory_change WHERE seq > ? AND seq < ? AND feed = ? GROUP BY did`, func(s sqldb.Scanner) error {
			var did advisory.Did
			var n int
			err := s.Scan(&did, &n)
			count(&l, did, n)
			return err
		}, before, end.Seq, end.Feed)
		if err != nil {
			return err
		}
		_, err = t.Get(`SELECT COUNT(DISTINCT wn.weakness) FROM advisory_change c LEFT JOIN advisory a ON a.id = c.name
			LEFT JOIN advisory_name n ON n.num = a.num JOIN weakness_name wn ON wn.name = COALESCE(n.name, c.name)
			WHERE c.seq > ? AND c.seq < ? AND c.feed = ? AND EXISTS (SELECT 1 FROM exposure e WHERE e.weakness = wn.weakness AND e.live = 1)`,
			[]any{before, end.Seq, end.Feed}, &concern)
		return err
	})
	return l, concern, err
}

func count(l *advisory.Loads, did advisory.Did, n int) {
	switch did {
	case advisory.DidFirst, advisory.DidNew, advisory.DidAdded, advisory.DidPublished:
		l.New += n
	case advisory.DidWithdrawn, advisory.DidRemoved:
		l.Withdrawn += n
	case advisory.DidChanged, advisory.DidBack, advisory.DidRansomware, advisory.DidJumped:
		l.Changed += n
	case advisory.DidLoaded:
	}
}

// Traces returns the exposures to some weaknesses, as they were and as they are.
func (db *Store) Traces(ctx context.Context, asks []ctem.TraceAsk) (list []ctem.Trace, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		for _, a := range asks {
			some, err := t.traces(a)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		return nil
	})
	return list, err
}

// moved is an exposure something about which was stored since the time asked for.
type moved struct {
	at             int // in the list
	exposed, ruled bool
}

func (t *tx) traces(a ctem.TraceAsk) (list []ctem.Trace, err error) {
	exposures, decisions := sqldb.Micros(a.Exposures), sqldb.Micros(a.Decisions)
	todo := map[int64]moved{}
	err = t.Query(`SELECT num, service, environment, place, basis, live, running, decision, first_seen, changed_at, decided_at
		FROM exposure WHERE weakness = ? ORDER BY num`, func(s sqldb.Scanner) error {
		x := ctem.Trace{Weakness: a.Weakness}
		var num, live, running, word, first, changed, decided int64
		if err := s.Scan(&num, &x.Service, &x.Environment, &x.Place, &x.Basis, &live, &running, &word, &first, &changed, &decided); err != nil {
			return err
		}
		x.Live, x.Running, x.Word = live != 0, sqldb.TriOf(running), sqldb.WordOf(word)
		x.Existed, x.WasLive, x.Was = first <= exposures, x.Live, x.Word
		m := moved{at: len(list), exposed: changed > exposures, ruled: decided > decisions}
		if m.exposed || m.ruled {
			todo[num] = m
		}
		list = append(list, x)
		return nil
	}, a.Weakness)
	if err != nil {
		return nil, err
	}
	nums := make([]any, 0, len(todo))
	for num, m := range todo {
		nums = append(nums, num)
		if m.exposed {
			list[m.at].WasLive = false
		}
		if m.ruled {
			list[m.at].Was = ""
		}
	}
	if err := t.wereLive(list, todo, nums, exposures); err != nil {
		return nil, err
	}
	return list, t.wereDecided(list, todo, nums, decisions)
}

// wereLive reads the state that was believed last at a record time.
func (t *tx) wereLive(list []ctem.Trace, todo map[int64]moved, nums []any, known int64) error {
	latest := map[int64]int64{}
	return t.In(`SELECT exposure, valid_from, state FROM exposure_history WHERE exposure IN (?*) AND recorded_from <= ? AND recorded_to > ?`, nums,
		func(s sqldb.Scanner) error {
			var num, from, state int64
			if err := s.Scan(&num, &from, &state); err != nil {
				return err
			}
			m := todo[num]
			if last, any := latest[num]; !m.exposed || any && last > from {
				return nil
			}
			latest[num] = from
			list[m.at].WasLive = sqldb.StateOf(state).Live()
			return nil
		}, known, known)
}

// wereDecided reads the decision that was in force at a record time.
func (t *tx) wereDecided(list []ctem.Trace, todo map[int64]moved, nums []any, known int64) error {
	return t.In(`SELECT d.exposure, d.word FROM decision d WHERE d.exposure IN (?*)
		AND d.seq = (SELECT MAX(q.seq) FROM decision q WHERE q.exposure = d.exposure AND q.recorded_at <= ?)`, nums, func(s sqldb.Scanner) error {
		var num, word int64
		if err := s.Scan(&num, &word); err != nil {
			return err
		}
		if m := todo[num]; m.ruled {
			list[m.at].Was = sqldb.WordOf(word)
		}
		return nil
	}, known)
}
