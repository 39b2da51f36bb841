package evidencedb

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// stretch is one coverage row: times and interval in microseconds.
type stretch struct{ since, seen, every int64 }

// coverage writes the coverage of lanes.
type coverage struct{ *tx }

// gap is the silence after which a sign of life begins a new stretch.
func gap(every int64) int64 {
	if every <= 0 {
		every = twin.DefaultEvery.Microseconds()
	}
	return twin.StaleAfter * every
}

// sighting is a sign of life, with the interval that it states (0: none).
type sighting struct{ at, every int64 }

// mendCoverage adds signs of life to stretches in time order: each extends the
// stretch that it is close to, forwards or backwards, joins two, or stands
// alone. Nothing ever moves backwards. The interval is that of the newest sign.
func mendCoverage(have []stretch, signs []sighting) []stretch {
	out := slices.Clone(have)
	for _, s := range signs {
		every := s.every
		if every <= 0 && len(out) > 0 {
			every = out[len(out)-1].every
		}
		out = append(out, stretch{since: s.at, seen: s.at, every: every})
		slices.SortStableFunc(out, func(a, b stretch) int { return cmp.Compare(a.since, b.since) })
		out = joinStretches(out)
	}
	return out
}

// joinStretches joins neighbours that are not further apart than the gap.
func joinStretches(in []stretch) []stretch {
	out := in[:1]
	for _, s := range in[1:] {
		last := &out[len(out)-1]
		if s.since > last.seen+gap(last.every) {
			out = append(out, s)
			continue
		}
		if s.seen >= last.seen {
			last.seen, last.every = s.seen, s.every
		}
	}
	return out
}

// cover moves the coverage of everything that the rows' sources looked at.
func (t coverage) cover(rows []*evidenceRow) error {
	signs := map[sqldb.Lane][]sighting{}
	for _, r := range rows {
		l := sqldb.Lane{Watch: r.watch, Class: r.Class}
		s := sighting{sqldb.Micros(r.ObservedAt), r.Every.Microseconds()}
		if n := len(signs[l]); n == 0 || signs[l][n-1] != s {
			signs[l] = append(signs[l], s)
		}
	}
	return t.sight(signs)
}

// sight reads, mends and writes the coverage of some lanes.
func (t coverage) sight(signs map[sqldb.Lane][]sighting) error {
	have, err := t.newestStretches(signs)
	if err != nil {
		return err
	}
	var args []any
	const width = 5
	for _, l := range sortedLanes(signs) {
		list := slices.SortedFunc(slices.Values(signs[l]), func(a, b sighting) int { return cmp.Compare(a.at, b.at) })
		old := have[l]
		if len(old) > 0 && list[0].at < old[0].since {
			if old, err = t.allStretches(l); err != nil {
				return err
			}
		}
		mended := mendCoverage(old, list)
		if err := t.dropStretches(l, old, mended); err != nil {
			return err
		}
		for _, s := range mended {
			if !slices.Contains(old, s) {
				args = append(args, l.Watch, string(l.Class), s.since, s.seen, s.every)
			}
		}
	}
	return t.Insert(`INSERT INTO coverage (watch, class, since, seen, every) VALUES`, width, args,
		`ON CONFLICT (watch, class, since) DO UPDATE SET seen = excluded.seen, every = excluded.every`)
}

func sortedLanes(signs map[sqldb.Lane][]sighting) []sqldb.Lane {
	out := make([]sqldb.Lane, 0, len(signs))
	for l := range signs {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b sqldb.Lane) int { return cmp.Or(cmp.Compare(a.Watch, b.Watch), cmp.Compare(a.Class, b.Class)) })
	return out
}

// dropStretches removes the rows whose beginning moved or that were joined.
func (t coverage) dropStretches(l sqldb.Lane, old, mended []stretch) error {
	for _, o := range old {
		if slices.ContainsFunc(mended, func(m stretch) bool { return m.since == o.since }) {
			continue
		}
		if _, err := t.Exec(`DELETE FROM coverage WHERE watch = ? AND class = ? AND since = ?`, l.Watch, string(l.Class), o.since); err != nil {
			return err
		}
	}
	return nil
}

const stretchColumns = `SELECT c.watch, c.class, c.since, c.seen, c.every FROM coverage c `

// newestStretches reads the last stretch of each lane.
func (t coverage) newestStretches(signs map[sqldb.Lane][]sighting) (map[sqldb.Lane][]stretch, error) {
	var watches []any
	for _, l := range sortedLanes(signs) {
		if n := len(watches); n == 0 || watches[n-1] != any(l.Watch) {
			watches = append(watches, l.Watch)
		}
	}
	out := map[sqldb.Lane][]stretch{}
	err := t.In(stretchColumns+`WHERE c.watch IN (?*) AND c.since = (SELECT MAX(x.since) FROM coverage x WHERE x.watch = c.watch AND x.class = c.class)`,
		watches, scanStretch(out))
	return out, err
}

func (t coverage) allStretches(l sqldb.Lane) ([]stretch, error) {
	out := map[sqldb.Lane][]stretch{}
	err := t.Query(stretchColumns+`WHERE c.watch = ? AND c.class = ? ORDER BY c.since`, scanStretch(out), l.Watch, string(l.Class))
	return out[l], err
}

func scanStretch(into map[sqldb.Lane][]stretch) func(sqldb.Scanner) error {
	return func(r sqldb.Scanner) error {
		var l sqldb.Lane
		var s stretch
		err := r.Scan(&l.Watch, &l.Class, &s.since, &s.seen, &s.every)
		into[l] = append(into[l], s)
		return err
	}
}

// Heartbeat says that a source still sees its scope as it last said. It stores
// no body and no evidence, it moves the coverage. A heartbeat that vouches for
// a sequence which has not arrived is refused: something was lost on the way.
func (db *Store) Heartbeat(ctx context.Context, b twin.Beat) error {
	return db.write(ctx, func(t *tx) error {
		if _, _, err := t.Number(ctem.StreamEvidence, 0, time.Time{}); err != nil {
			return err
		}
		var watch int64
		found, err := t.Get(`SELECT id FROM watch WHERE source = ? AND scope = ?`, []any{b.Source, b.Scope}, &watch)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "source %q has given no evidence about %q yet: a heartbeat has nothing to vouch for", b.Source, b.Scope)
		}
		if err := (coverage{t}).vouched(watch, b); err != nil {
			return err
		}
		signs := map[sqldb.Lane][]sighting{}
		err = t.Query(`SELECT DISTINCT class FROM coverage WHERE watch = ?`, func(r sqldb.Scanner) error {
			l := sqldb.Lane{Watch: watch}
			err := r.Scan(&l.Class)
			signs[l] = []sighting{{sqldb.Micros(b.At), b.Every.Microseconds()}}
			return err
		}, watch)
		if err != nil {
			return err
		}
		return (coverage{t}).sight(signs)
	})
}

func (t coverage) vouched(watch int64, b twin.Beat) error {
	if b.Vouches <= 0 {
		return nil
	}
	var last int64
	_, err := t.Get(`SELECT source_seq FROM evidence WHERE watch = ? AND source_seq > 0 ORDER BY epoch DESC, source_seq DESC LIMIT 1`,
		[]any{watch}, &last)
	if err == nil && last < b.Vouches {
		return fault.New(fault.Conflict, "source %q vouches for its sequence %d about %q, of which only %d arrived", b.Source, b.Vouches, b.Scope, last).
			WithHint("send the missing evidence, then the heartbeat again")
	}
	return err
}

// Coverage returns, for each source, scope and class, the latest stretch that
// has begun at a time.
func (db *Store) Coverage(ctx context.Context, at time.Time) (list []twin.Coverage, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		return t.CoverageAt(sqldb.Micros(at), func(_ int64, c twin.Coverage) { list = append(list, c) })
	})
	return list, err
}
