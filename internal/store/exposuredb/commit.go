package exposuredb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/matchdb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// CommitExposures writes what one run of assess found, with its cursors. What
// is already so is not written: a rerun makes neither a revision nor a change.
// It returns how many exposures changed.
func (db *Store) CommitExposures(ctx context.Context, adv ctem.Advance, batch ctem.AssessedBatch) (changed int, err error) {
	err = db.write(ctx, func(t *tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		if err := t.take("exposure_dirty", "place", batch.Cleaned); err != nil {
			return err
		}
		if err := t.take("assess_part", "id", batch.PartsDone); err != nil {
			return err
		}
		if err := matchdb.WriteWeaknesses(t.Tx, batch.Weaknesses); err != nil {
			return fmt.Errorf("write weaknesses: %w", err)
		}
		if err := matchdb.WriteMatched(t.Tx, batch.Matched); err != nil {
			return fmt.Errorf("write matches: %w", err)
		}
		if err := t.markDirty(batch.Dirty); err != nil {
			return err
		}
		if err := matchdb.WriteParts(t.Tx, batch.Parts); err != nil {
			return fmt.Errorf("write what is left to do: %w", err)
		}
		w := exposureWriter{tx: t, now: adv.Now, only: batch.Only}
		changed, err = w.write(batch.Places)
		return err
	})
	return changed, err
}

// take removes what was left to do from its list; another worker may have been faster.
func (t *tx) take(table, key string, done []int64) error {
	for part := range slices.Chunk(done, sqldb.Chunk) {
		gone, err := t.Exec(`DELETE FROM `+table+` WHERE `+key+` IN `+sqldb.Tuples(1, len(part)), sqldb.Anys(part)...)
		if err != nil {
			return err
		}
		if gone != int64(len(part)) {
			return ctem.ErrRaced
		}
	}
	return nil
}

func (t *tx) markDirty(places []int64) error {
	return t.Insert(`INSERT INTO exposure_dirty (place) VALUES`, 1, sqldb.Anys(places), `ON CONFLICT DO NOTHING`)
}

// exposureWriter writes the timelines of some places.
type exposureWriter struct {
	*tx
	now    time.Time
	only   []string         // the weaknesses that the places are complete in; nil: all
	at     int64            // record time, taken with the first change
	basis  map[string]int64 // interned text → id
	locus  map[string]int64
	weak   map[string]int64 // first name → id
	stored map[exposureRef]*storedExposure
	places []*ctem.Assessed

	changes []*storedExposure
	staged
}

// staged are the rows to be written, and when the newest of the pieces begins.
type staged struct {
	fresh, known rowSet
	newest       int64
}

// rowSet are rows of exposures: of those that are written for the first time,
// which nothing can be in the way of, or of the others.
type rowSet struct{ rows, hist, bodies []any }

// exposureRef is an exposure's identity in the store.
type exposureRef struct{ place, weakness, locus int64 }

// storedExposure is an exposure row with what is believed about it.
type storedExposure struct {
	ref       exposureRef
	num       int64
	revision  int64
	firstSeen int64
	id        string
	believed  []sqldb.Belief[pieceValue]

	place  *ctem.Assessed
	wanted []sqldb.Belief[pieceValue]
	texts  map[bodyHash]string
}

func (w *exposureWriter) write(places []ctem.Assessed) (int, error) {
	if len(places) == 0 {
		return 0, nil
	}
	for i := range places {
		w.places = append(w.places, &places[i])
	}
	if err := w.intern(); err != nil {
		return 0, err
	}
	if err := w.load(); err != nil {
		return 0, err
	}
	todo, err := w.want()
	if err != nil {
		return 0, err
	}
	if err := w.stage(todo); err != nil {
		return 0, err
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	if w.only != nil {
		return len(w.changes), nil
	}
	return len(w.changes), w.writeCovers()
}

// want translates every timeline into rows and finds those that differ.
func (w *exposureWriter) want() (todo []*storedExposure, err error) {
	for _, p := range w.places {
		for i := range p.Timelines {
			tl := &p.Timelines[i]
			ref := exposureRef{p.Place, w.weak[tl.Weakness], w.locus[tl.Locus]}
			if ref.weakness == 0 {
				return nil, fmt.Errorf("a timeline names the weakness %s, which nobody wrote", tl.Weakness)
			}
			e := w.stored[ref]
			if e == nil {
				e = &storedExposure{ref: ref, id: ctem.ExposureID(tl.Weakness, tl.Locus, p.Service, p.Environment)}
				w.stored[ref] = e
			}
			e.place = p
			if err := w.wantPieces(e, tl.Pieces); err != nil {
				return nil, err
			}
			if len(sqldb.Rebelieve(e.believed, e.wanted, 1)) > 0 {
				todo = append(todo, e)
			}
		}
	}
	return todo, nil
}

func (w *exposureWriter) wantPieces(e *storedExposure, pieces []ctem.Piece) error {
	e.texts = make(map[bodyHash]string, len(pieces))
	e.wanted = make([]sqldb.Belief[pieceValue], 0, len(pieces))
	for i := range pieces {
		p := &pieces[i]
		text, hash, err := encodeBody(p)
		if err != nil {
			return err
		}
		basis, err := basisText(p.Basis.AnyRuntime, p.Basis.Sources)
		if err != nil {
			return err
		}
		e.texts[hash] = text
		e.wanted = append(e.wanted, sqldb.Belief[pieceValue]{From: sqldb.Micros(p.From), To: until(p.To), Value: pieceValue{
			since: sqldb.Micros(p.Since), state: sqldb.StateCode(p.State), running: sqldb.TriCode(p.Running), reachable: sqldb.TriCode(p.Reachable),
			basis: w.basis[basis], fixable: sqldb.BoolCode(p.Fix != ""), regressions: int64(p.Regressions), body: hash,
		}})
	}
	return nil
}

// stage takes numbers for what changed and prepares its rows.
func (w *exposureWriter) stage(todo []*storedExposure) error {
	if len(todo) == 0 {
		return nil
	}
	fresh := int64(0)
	for _, e := range todo {
		if e.num == 0 {
			fresh++
		}
	}
	var next int64
	var err error
	if fresh > 0 {
		if next, err = w.IDs("exposure", int(fresh)); err != nil {
			return err
		}
	}
	seq, at, err := w.Number(ctem.StreamExposure, len(todo), w.now)
	if err != nil {
		return err
	}
	w.at = at
	changes := make([]any, 0, 3*len(todo))
	for _, e := range todo {
		if e.num == 0 {
			e.num, e.firstSeen = next, at
			next++
		}
		e.revision++
		w.stageOne(e)
		changes = append(changes, seq, e.num, e.revision)
		seq++
	}
	w.changes = todo
	return w.Insert(`INSERT INTO exposure_change (seq, exposure, revision) VALUES`, 3, changes, "")
}

func (w *exposureWriter) stageOne(e *storedExposure) {
	set := &w.known
	if e.revision == 1 {
		set = &w.fresh
	}
	for _, b := range sqldb.Rebelieve(e.believed, e.wanted, w.at) {
		v := &b.Value
		set.hist = append(set.hist, e.num, b.From, b.Recorded, b.To, b.Superseded, b.EndedAt,
			v.since, v.state, v.running, v.reachable, v.basis, v.fixable, v.regressions, v.body[:])
		if text, ok := e.texts[v.body]; ok && b.Recorded == w.at {
			set.bodies = append(set.bodies, e.num, v.body[:], text)
			delete(e.texts, v.body)
		}
	}
	last := &e.wanted[len(e.wanted)-1]
	recorded := w.at
	for _, b := range e.believed {
		if b.From == last.From && b.Value == last.Value && b.To == last.To {
			recorded = b.Recorded
		}
	}
	w.newest = max(w.newest, last.From)
	v := &last.Value
	live := sqldb.BoolCode(v.state == sqldb.CodeOpen || v.state == sqldb.CodeStateUnknown)
	set.rows = append(set.rows, e.num, live, v.state, v.running, v.reachable, v.basis, e.ref.place, e.ref.weakness, e.ref.locus,
		v.fixable, v.regressions, v.since, e.firstSeen, e.wanted[0].From, w.at, e.revision, last.From, recorded, v.body[:],
		e.id, e.place.Service, e.place.Environment)
}

// What to do about rows that are there.
const (
	rowThere = `ON CONFLICT (num) DO UPDATE SET live = excluded.live, state = excluded.state, running = excluded.running,
		reachable = excluded.reachable, basis = excluded.basis, fixable = excluded.fixable, regressions = excluded.regressions,
		since = excluded.since, first_from = excluded.first_from, changed_at = excluded.changed_at, revision = excluded.revision,
		valid_from = excluded.valid_from, recorded_from = excluded.recorded_from, body = excluded.body`
	pieceThere = `ON CONFLICT (exposure, valid_from, recorded_from) DO UPDATE SET valid_to = excluded.valid_to,
		recorded_to = excluded.recorded_to, ended_at = excluded.ended_at`
	bodyThere = `ON CONFLICT DO NOTHING`
)

func (w *exposureWriter) flush() error {
	if err := w.insert(&w.fresh, "", "", ""); err != nil {
		return err
	}
	if err := w.insert(&w.known, rowThere, pieceThere, bodyThere); err != nil || w.newest == 0 {
		return err
	}
	_, err := w.Exec(`UPDATE exposure_newest SET valid_from = ? WHERE valid_from < ?`, w.newest, w.newest)
	return err
}

func (w *exposureWriter) insert(set *rowSet, row, piece, body string) error {
	err := w.Insert(`INSERT INTO exposure (num, live, state, running, reachable, basis, place, weakness, locus, fixable, regressions,
		since, first_seen, first_from, changed_at, revision, valid_from, recorded_from, body, id, service, environment) VALUES`, 22, set.rows, row)
	if err != nil {
		return err
	}
	err = w.Insert(`INSERT INTO exposure_history (exposure, valid_from, recorded_from, valid_to, recorded_to, ended_at,
		since, state, running, reachable, basis, fixable, regressions, body) VALUES`, 14, set.hist, piece)
	if err != nil {
		return err
	}
	return w.Insert(`INSERT INTO exposure_body (exposure, hash, body) VALUES`, 3, set.bodies, body)
}
