package twindb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/store/evidencedb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Present returns what the twin holds about the subjects of some evidence.
func (db *Store) Present(ctx context.Context, list []twin.Observation) (p *twin.Present, err error) {
	err = db.read(ctx, func(t *tx) error {
		p = &twin.Present{
			Claims: map[twin.ClaimKey]twin.ClaimHead{}, States: map[twin.StateKey]int64{},
			Snapshots: map[twin.SnapshotKey]twin.SnapshotHead{}, Horizons: map[int64]twin.Horizon{}, SBOMs: map[string]int64{},
		}
		if err := t.claimHeads(list, p.Claims); err != nil {
			return err
		}
		if err := evidencedb.KnownStates(t.Tx, list, p.States); err != nil {
			return err
		}
		if err := evidencedb.KnownSBOMs(t.Tx, list, p.SBOMs); err != nil {
			return err
		}
		if err := t.snapshotHeads(list, p.Snapshots); err != nil {
			return err
		}
		return t.horizons(list, p.Horizons)
	})
	return p, err
}

func (t *tx) claimHeads(list []twin.Observation, into map[twin.ClaimKey]twin.ClaimHead) error {
	seen := map[twin.ClaimKey]bool{}
	var keys []any
	for i := range list {
		k := twin.ClaimKey{Watch: list[i].Watch, Subject: list[i].Subject}
		if k.Subject != "" && list[i].Class != twin.Content && !seen[k] {
			seen[k] = true
			keys = append(keys, k.Watch, k.Subject)
		}
	}
	return t.ByKeys("it", `SELECT c.id, c.watch, c.subject, COALESCE((SELECT MAX(f.observed) FROM fact f WHERE f.claim = c.id), 0),
			COALESCE(cc.state, 0), COALESCE(cc.valid_from, 0), COALESCE(cc.recorded_from, 0)
		FROM k CROSS JOIN claim c LEFT JOIN claim_current cc ON cc.claim = c.id WHERE c.watch = k.a AND c.subject = k.b`, keys,
		func(r sqldb.Scanner) error {
			var k twin.ClaimKey
			var h twin.ClaimHead
			var last int64
			var cur current
			err := r.Scan(&h.ID, &k.Watch, &k.Subject, &last, &cur.state, &cur.from, &cur.recorded)
			h.Last, h.Current = sqldb.FromMicros(last), cur.held()
			into[k] = h
			return err
		})
}

// current is a row of claim_current; state 0 stands for none.
type current struct{ state, from, recorded int64 }

func (c current) held() *twin.Held {
	if c.state == 0 {
		return nil
	}
	return &twin.Held{Span: twin.Span{From: sqldb.FromMicros(c.from), State: c.state}, RecordedFrom: sqldb.FromMicros(c.recorded)}
}

func (t *tx) snapshotHeads(list []twin.Observation, into map[twin.SnapshotKey]twin.SnapshotHead) error {
	seen := map[twin.SnapshotKey]bool{}
	var keys []any
	for i := range list {
		k := twin.SnapshotKey{Watch: list[i].Watch, Name: list[i].Snapshot}
		if k.Name != "" && !seen[k] {
			seen[k] = true
			keys = append(keys, k.Watch, k.Name)
		}
	}
	return t.ByKeys("it", snapshotColumns+`FROM k CROSS JOIN snapshot s WHERE s.watch = k.a AND s.name = k.b`, keys, func(r sqldb.Scanner) error {
		s, err := scanSnapshot(r)
		into[s.SnapshotKey] = s
		return err
	})
}

const snapshotColumns = `SELECT s.id, s.watch, s.name, s.known, s.expected, s.first `

func scanSnapshot(r sqldb.Scanner) (s twin.SnapshotHead, err error) {
	var first int64
	err = r.Scan(&s.ID, &s.Watch, &s.Name, &s.Known, &s.Expected, &first)
	s.First = sqldb.FromMicros(first)
	return s, err
}

func (t *tx) horizons(list []twin.Observation, into map[int64]twin.Horizon) error {
	var watches []int64
	for i := range list {
		watches = append(watches, list[i].Watch)
	}
	slices.Sort(watches)
	return t.In(`SELECT watch, mark_at, mark_base, fact_at, fact_epoch, fact_seq FROM horizon WHERE watch IN (?*)`,
		sqldb.Anys(slices.Compact(watches)), func(r sqldb.Scanner) error {
			var h twin.Horizon
			var markAt, factAt int64
			err := r.Scan(&h.Watch, &markAt, &h.MarkBase, &factAt, &h.Fact.Epoch, &h.Fact.SourceSeq)
			h.MarkAt, h.Fact.At = sqldb.FromMicros(markAt), sqldb.FromMicros(factAt)
			into[h.Watch] = h
			return err
		})
}

// WatchState returns all that is live under a watch, and the members of the
// snapshots named.
func (db *Store) WatchState(ctx context.Context, watch int64, bases []int64) (s twin.WatchState, err error) {
	err = db.read(ctx, func(t *tx) error {
		s = twin.WatchState{Members: map[int64]map[int64]int64{}}
		err := t.Query(`SELECT c.id, cc.state, cc.valid_from, cc.recorded_from
			FROM claim c JOIN claim_current cc ON cc.claim = c.id WHERE c.watch = ? ORDER BY c.id`, func(r sqldb.Scanner) error {
			var h twin.ClaimHead
			var cur current
			err := r.Scan(&h.ID, &cur.state, &cur.from, &cur.recorded)
			h.Current = cur.held()
			s.Live = append(s.Live, h)
			return err
		}, watch)
		if err != nil {
			return err
		}
		for _, base := range bases {
			if s.Members[base], err = t.membersOf(watch, base); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

func (t *tx) membersOf(watch, base int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	var first int64
	if _, err := t.Get(`SELECT first FROM snapshot WHERE id = ?`, []any{base}, &first); err != nil {
		return nil, err
	}
	err := t.Query(`SELECT c.id, f.state FROM claim c JOIN fact f ON f.claim = c.id AND f.observed >= ?
		WHERE c.watch = ? AND f.snapshot = ? ORDER BY c.id, f.observed, f.epoch, f.source_seq, f.ord`, func(r sqldb.Scanner) error {
		var claim, state int64
		err := r.Scan(&claim, &state)
		out[claim] = state
		return err
	}, first, watch, base)
	return out, err
}

// Timelines returns all that is known about some claims.
func (db *Store) Timelines(ctx context.Context, q twin.TimelineQuery) (out twin.Timelines, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = twin.Timelines{Marks: map[int64][]twin.Mark{}, Snapshots: map[int64]twin.SnapshotHead{}}
		g := timelineReader{t: t, out: &out, at: map[int64]int{}}
		return g.read(q)
	})
	return out, err
}

// timelineReader gathers the parts of timelines.
type timelineReader struct {
	t   *tx
	out *twin.Timelines
	at  map[int64]int // claim → index in out.Claims
}

func (g *timelineReader) read(q twin.TimelineQuery) error {
	add := func(r sqldb.Scanner) error {
		var tl twin.Timeline
		err := r.Scan(&tl.Claim, &tl.Watch)
		if _, ok := g.at[tl.Claim]; !ok {
			g.at[tl.Claim] = len(g.out.Claims)
			g.out.Claims = append(g.out.Claims, tl)
		}
		return err
	}
	if err := g.t.In(`SELECT id, watch FROM claim WHERE watch IN (?*) ORDER BY id`, sqldb.Anys(q.Watches), add); err != nil {
		return err
	}
	if err := g.t.In(`SELECT id, watch FROM claim WHERE id IN (?*) ORDER BY id`, sqldb.Anys(q.Claims), add); err != nil {
		return err
	}
	watches := append(slices.Clone(q.Watches), q.MarksOf...)
	claims := make([]any, 0, len(g.out.Claims))
	for _, tl := range g.out.Claims {
		claims = append(claims, tl.Claim)
		watches = append(watches, tl.Watch)
	}
	slices.Sort(watches)
	if err := g.marks(sqldb.Anys(slices.Compact(watches))); err != nil {
		return err
	}
	if err := g.facts(claims); err != nil {
		return err
	}
	return g.held(claims)
}

func (g *timelineReader) marks(watches []any) error {
	err := g.t.In(`SELECT watch, observed, epoch, source_seq, ord, base FROM mark WHERE watch IN (?*)`, watches, func(r sqldb.Scanner) error {
		var watch, at int64
		var m twin.Mark
		err := r.Scan(&watch, &at, &m.Epoch, &m.SourceSeq, &m.Order, &m.Base)
		m.At = sqldb.FromMicros(at)
		g.out.Marks[watch] = append(g.out.Marks[watch], m)
		return err
	})
	if err != nil {
		return err
	}
	return g.t.In(snapshotColumns+`FROM snapshot s WHERE s.watch IN (?*)`, watches, func(r sqldb.Scanner) error {
		s, err := scanSnapshot(r)
		g.out.Snapshots[s.ID] = s
		return err
	})
}

func (g *timelineReader) facts(claims []any) error {
	return g.t.In(`SELECT claim, observed, epoch, source_seq, ord, snapshot, state FROM fact WHERE claim IN (?*)`, claims,
		func(r sqldb.Scanner) error {
			var claim, at int64
			var f twin.Fact
			err := r.Scan(&claim, &at, &f.Epoch, &f.SourceSeq, &f.Order, &f.Snapshot, &f.State)
			f.At = sqldb.FromMicros(at)
			tl := &g.out.Claims[g.at[claim]]
			tl.Facts = append(tl.Facts, f)
			return err
		})
}

// held reads what is believed now: history first, then the current state,
// which is always the last.
func (g *timelineReader) held(claims []any) error {
	add := func(r sqldb.Scanner) error {
		var claim, from, to, recorded int64
		var h twin.Held
		err := r.Scan(&claim, &from, &to, &recorded, &h.State)
		h.From, h.To, h.RecordedFrom = sqldb.FromMicros(from), sqldb.FromMicros(to), sqldb.FromMicros(recorded)
		tl := &g.out.Claims[g.at[claim]]
		tl.Held = append(tl.Held, h)
		return err
	}
	if err := g.t.In(`SELECT claim, valid_from, valid_to, recorded_from, state FROM claim_history
		WHERE claim IN (?*) AND recorded_to = 0 ORDER BY claim, valid_from`, claims, add); err != nil {
		return err
	}
	return g.t.In(`SELECT claim, valid_from, 0, recorded_from, state FROM claim_current WHERE claim IN (?*)`, claims, add)
}
