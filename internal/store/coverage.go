package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// lane is one class of evidence of one watch: what coverage is counted by.
type lane struct {
	watch int64
	class twin.Class
}

// stretch is one coverage row: times and interval in microseconds.
type stretch struct{ since, seen, every int64 }

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
func (t *tx) cover(rows []*evidenceRow) error {
	signs := map[lane][]sighting{}
	for _, r := range rows {
		l := lane{r.watch, r.Class}
		s := sighting{micros(r.ObservedAt), r.Every.Microseconds()}
		if n := len(signs[l]); n == 0 || signs[l][n-1] != s {
			signs[l] = append(signs[l], s)
		}
	}
	return t.sight(signs)
}

// sight reads, mends and writes the coverage of some lanes.
func (t *tx) sight(signs map[lane][]sighting) error {
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
				args = append(args, l.watch, string(l.class), s.since, s.seen, s.every)
			}
		}
	}
	return t.insert(`INSERT INTO coverage (watch, class, since, seen, every) VALUES`, width, args,
		`ON CONFLICT (watch, class, since) DO UPDATE SET seen = excluded.seen, every = excluded.every`)
}

func sortedLanes(signs map[lane][]sighting) []lane {
	out := make([]lane, 0, len(signs))
	for l := range signs {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b lane) int { return cmp.Or(cmp.Compare(a.watch, b.watch), cmp.Compare(a.class, b.class)) })
	return out
}

// dropStretches removes the rows whose beginning moved or that were joined.
func (t *tx) dropStretches(l lane, old, mended []stretch) error {
	for _, o := range old {
		if slices.ContainsFunc(mended, func(m stretch) bool { return m.since == o.since }) {
			continue
		}
		if _, err := t.exec(`DELETE FROM coverage WHERE watch = ? AND class = ? AND since = ?`, l.watch, string(l.class), o.since); err != nil {
			return err
		}
	}
	return nil
}

const stretchColumns = `SELECT c.watch, c.class, c.since, c.seen, c.every FROM coverage c `

// newestStretches reads the last stretch of each lane.
func (t *tx) newestStretches(signs map[lane][]sighting) (map[lane][]stretch, error) {
	var watches []any
	for _, l := range sortedLanes(signs) {
		if n := len(watches); n == 0 || watches[n-1] != any(l.watch) {
			watches = append(watches, l.watch)
		}
	}
	out := map[lane][]stretch{}
	err := t.in(stretchColumns+`WHERE c.watch IN (?*) AND c.since = (SELECT MAX(x.since) FROM coverage x WHERE x.watch = c.watch AND x.class = c.class)`,
		watches, scanStretch(out))
	return out, err
}

func (t *tx) allStretches(l lane) ([]stretch, error) {
	out := map[lane][]stretch{}
	err := t.query(stretchColumns+`WHERE c.watch = ? AND c.class = ? ORDER BY c.since`, scanStretch(out), l.watch, string(l.class))
	return out[l], err
}

func scanStretch(into map[lane][]stretch) func(scanner) error {
	return func(r scanner) error {
		var l lane
		var s stretch
		err := r.Scan(&l.watch, &l.class, &s.since, &s.seen, &s.every)
		into[l] = append(into[l], s)
		return err
	}
}

// Heartbeat says that a source still sees its scope as it last said. It stores
// no body and no evidence, it moves the coverage. A heartbeat that vouches for
// a sequence which has not arrived is refused: something was lost on the way.
func (db *DB) Heartbeat(ctx context.Context, b twin.Beat) error {
	return db.write(ctx, func(t *tx) error {
		if _, _, err := t.number(ctem.StreamEvidence, 0, time.Time{}); err != nil {
			return err
		}
		var watch int64
		found, err := t.get(`SELECT id FROM watch WHERE source = ? AND scope = ?`, []any{b.Source, b.Scope}, &watch)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "source %q has given no evidence about %q yet: a heartbeat has nothing to vouch for", b.Source, b.Scope)
		}
		if err := t.vouched(watch, b); err != nil {
			return err
		}
		signs := map[lane][]sighting{}
		err = t.query(`SELECT DISTINCT class FROM coverage WHERE watch = ?`, func(r scanner) error {
			l := lane{watch: watch}
			err := r.Scan(&l.class)
			signs[l] = []sighting{{micros(b.At), b.Every.Microseconds()}}
			return err
		}, watch)
		if err != nil {
			return err
		}
		return t.sight(signs)
	})
}

func (t *tx) vouched(watch int64, b twin.Beat) error {
	if b.Vouches <= 0 {
		return nil
	}
	var last int64
	_, err := t.get(`SELECT source_seq FROM evidence WHERE watch = ? AND source_seq > 0 ORDER BY epoch DESC, source_seq DESC LIMIT 1`,
		[]any{watch}, &last)
	if err == nil && last < b.Vouches {
		return fault.New(fault.Conflict, "source %q vouches for its sequence %d about %q, of which only %d arrived", b.Source, b.Vouches, b.Scope, last).
			WithHint("send the missing evidence, then the heartbeat again")
	}
	return err
}

// Coverage returns, for each source, scope and class, the latest stretch that
// has begun at a time.
func (db *DB) Coverage(ctx context.Context, at time.Time) (list []twin.Coverage, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		return t.coverageAt(micros(at), func(_ int64, c twin.Coverage) { list = append(list, c) })
	})
	return list, err
}

func (t *tx) coverageAt(at int64, each func(watch int64, c twin.Coverage)) error {
	return t.query(`SELECT w.id, w.source, w.scope, c.class, c.since, c.seen, c.every FROM coverage c JOIN watch w ON w.id = c.watch
		WHERE c.since = (SELECT MAX(x.since) FROM coverage x WHERE x.watch = c.watch AND x.class = c.class AND x.since <= ?)
		ORDER BY w.source, w.scope, c.class`, func(r scanner) error {
		var c twin.Coverage
		var watch, since, seen, every int64
		if err := r.Scan(&watch, &c.Source, &c.Scope, &c.Class, &since, &seen, &every); err != nil {
			return err
		}
		c.Since, c.Seen, c.Every = fromMicros(since), fromMicros(seen), time.Duration(every)*time.Microsecond
		each(watch, c)
		return nil
	}, at)
}
