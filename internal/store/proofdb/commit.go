package proofdb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// CommitProofs writes what one run of the step found, with its cursor. What is so
// already is not written: a rerun makes no change. It returns how many proofs changed.
func (db *Store) CommitProofs(ctx context.Context, adv ctem.Advance, batch ctem.ProofBatch) (changed int, err error) {
	err = db.write(ctx, func(t *tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		changed, err = t.done(adv.Now, &batch)
		if err != nil {
			return err
		}
		if err := t.leave(batch.Moved); err != nil || batch.Read.IsZero() {
			return err
		}
		_, err = t.Exec(`INSERT INTO proof_read (step, recorded) VALUES ('validate', ?) ON CONFLICT (step) DO UPDATE SET recorded = excluded.recorded`,
			sqldb.Micros(batch.Read))
		return err
	})
	return changed, err
}

// leave puts worlds on the list, each from the earliest time that was ever named.
func (t *tx) leave(moved []ctem.WorldMove) error {
	var rows []any
	for _, m := range moved {
		rows = append(rows, m.World, sqldb.Micros(m.Since))
	}
	return t.Insert(`INSERT INTO proof_left (world, since) VALUES`, 2, rows,
		`ON CONFLICT (world) DO UPDATE SET since = CASE WHEN excluded.since < proof_left.since THEN excluded.since ELSE proof_left.since END`)
}

// done takes a world off the list and writes what is so in it.
func (t *tx) done(now time.Time, batch *ctem.ProofBatch) (int, error) {
	if batch.Done.World == "" {
		return 0, nil
	}
	gone, err := t.Exec(`DELETE FROM proof_left WHERE world = ? AND since = ?`, batch.Done.World, sqldb.Micros(batch.Done.Since))
	if err != nil {
		return 0, err
	}
	if gone != 1 {
		return 0, ctem.ErrRaced // somebody else did it, or found that it differs from earlier on
	}
	if !batch.Until.IsZero() && !batch.Until.After(batch.Done.Since) {
		return 0, nil
	}
	w := proofWriter{
		tx: t, now: now, world: batch.Done.World, since: sqldb.Micros(batch.Done.Since), until: until(batch.Until),
		stored: map[ctem.ProofKey]*stored{}, texts: map[hash][]byte{},
	}
	return w.write(batch.Proofs)
}

func until(t time.Time) int64 {
	if t.IsZero() {
		return sqldb.Forever
	}
	return sqldb.Micros(t)
}

// hash identifies a body.
type hash [sha256.Size]byte

// value is what an answer says.
type value struct {
	finding int64
	body    hash
}

// belief is an answer with both times.
type belief = sqldb.Belief[value]

// stored is a proof with what is believed of it from since on.
type stored struct {
	key      ctem.ProofKey
	id       int64
	place    int64
	believed []belief
	wanted   []belief
}

// proofWriter replaces what is believed of a world between two times.
type proofWriter struct {
	*tx
	now          time.Time
	world        string
	since, until int64
	stored       map[ctem.ProofKey]*stored
	texts        map[hash][]byte
	at           int64
}

func (w *proofWriter) write(list []ctem.Proved) (int, error) {
	if err := w.load(); err != nil {
		return 0, err
	}
	if err := w.adopt(list); err != nil {
		return 0, err
	}
	for i := range list {
		w.want(&list[i])
	}
	var todo []*stored
	for _, p := range w.stored {
		p.wanted = w.around(p)
		if len(sqldb.Rebelieve(p.believed, p.wanted, 1)) > 0 {
			todo = append(todo, p)
		}
	}
	slices.SortFunc(todo, func(a, b *stored) int { return compareKeys(&a.key, &b.key) })
	return len(todo), w.put(todo)
}

func compareKeys(a, b *ctem.ProofKey) int {
	return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Check, b.Check), cmp.Compare(a.About, b.About))
}

// load reads what is believed of the world from since on, and of the scopes that
// were worlds by themselves before an agent looked at their cluster.
func (w *proofWriter) load() error {
	worlds := []string{}
	err := w.Query(`SELECT DISTINCT world FROM proof`, func(r sqldb.Scanner) error {
		var name string
		err := r.Scan(&name)
		if name == w.world || strings.HasPrefix(name, w.world+"/") {
			worlds = append(worlds, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	seen, err := w.watches()
	if err != nil {
		return err
	}
	worlds = slices.DeleteFunc(worlds, func(name string) bool { return name != w.world && !seen.clusters[w.world] })
	return w.In(`SELECT p.id, p.scope, p.kind, p.name, p.checked, p.about, p.place, h.valid_from, h.recorded_from, h.valid_to, h.ended_at, h.finding, h.body
		FROM proof p JOIN proof_history h ON h.proof = p.id WHERE p.world IN (?*) AND h.recorded_to = ? AND h.valid_to >= ?
		ORDER BY p.id, h.valid_from`, sqldb.Anys(worlds), w.scan, sqldb.Forever, w.since)
}

func (w *proofWriter) scan(r sqldb.Scanner) error {
	var p stored
	var body []byte
	b := belief{Superseded: sqldb.Forever}
	k := &p.key
	if err := r.Scan(&p.id, &k.Scope, &k.Kind, &k.Name, &k.Check, &k.About, &p.place, &b.From, &b.Recorded, &b.To, &b.EndedAt, &b.Value.finding, &body); err != nil {
		return err
	}
	copy(b.Value.body[:], body)
	if w.stored[*k] == nil {
		w.stored[*k] = &p
	}
	w.stored[*k].believed = append(w.stored[*k].believed, b)
	return nil
}

// adopt finds the ids of proofs of which nothing is believed from since on.
func (w *proofWriter) adopt(list []ctem.Proved) error {
	byScope := map[string][]*stored{}
	for i := range list {
		if p := &list[i]; w.stored[p.ProofKey] == nil {
			x := &stored{key: p.ProofKey, place: p.Place}
			w.stored[p.ProofKey] = x
			byScope[p.Scope] = append(byScope[p.Scope], x)
		}
	}
	scopes := slices.Sorted(maps.Keys(byScope))
	return w.In(`SELECT id, scope, kind, name, checked, about FROM proof WHERE scope IN (?*)`, sqldb.Anys(scopes), func(r sqldb.Scanner) error {
		var id int64
		var k ctem.ProofKey
		err := r.Scan(&id, &k.Scope, &k.Kind, &k.Name, &k.Check, &k.About)
		if p := w.stored[k]; p != nil && p.id == 0 {
			p.id = id
		}
		return err
	})
}

// want translates what was worked out into rows.
func (w *proofWriter) want(p *ctem.Proved) {
	x := w.stored[p.ProofKey]
	for _, piece := range p.Pieces {
		h := hash(sha256.Sum256(piece.Body))
		w.texts[h] = piece.Body
		x.wanted = append(x.wanted, belief{From: sqldb.Micros(piece.From), To: until(piece.To), Value: value{codeOf(piece.Finding), h}})
	}
}

// around puts what was worked out between what is believed before and after it.
func (w *proofWriter) around(p *stored) (out []belief) {
	var after []belief
	for _, b := range p.believed {
		if b.From < w.since {
			out = join(out, belief{From: b.From, To: min(b.To, w.since), Value: b.Value})
		}
		if b.To > w.until {
			after = append(after, belief{From: max(b.From, w.until), To: b.To, Value: b.Value})
		}
	}
	for _, b := range slices.Concat(p.wanted, after) {
		out = join(out, b)
	}
	return out
}

// join adds a stretch; one that goes on as the last one was makes that longer.
func join(list []belief, b belief) []belief {
	if n := len(list); n > 0 && list[n-1].To == b.From && list[n-1].Value == b.Value {
		list[n-1].To = b.To
		return list
	}
	return append(list, b)
}

// put numbers what changed and writes it.
func (w *proofWriter) put(todo []*stored) error {
	if len(todo) == 0 {
		return nil
	}
	if err := w.intern(todo); err != nil {
		return err
	}
	seq, at, err := w.Number(ctem.StreamProof, len(todo), w.now)
	if err != nil {
		return err
	}
	w.at = at
	var history, changes []any
	bodies := map[hash]bool{}
	for _, p := range todo {
		place := int64(0)
		for _, b := range sqldb.Rebelieve(p.believed, p.wanted, at) {
			history = append(history, p.id, b.From, b.Recorded, b.To, b.Superseded, b.EndedAt, b.Value.finding, b.Value.body[:])
			bodies[b.Value.body] = true
			if b.Value.finding == codeDenied && closes(p.key.Check) {
				place = p.place
			}
		}
		changes = append(changes, seq, p.id, place)
		seq++
	}
	if err := w.putBodies(bodies); err != nil {
		return err
	}
	err = w.Insert(`INSERT INTO proof_history (proof, valid_from, recorded_from, valid_to, recorded_to, ended_at, finding, body) VALUES`, 8, history,
		`ON CONFLICT (proof, valid_from, recorded_from) DO UPDATE SET valid_to = excluded.valid_to, recorded_to = excluded.recorded_to, ended_at = excluded.ended_at`)
	if err != nil {
		return err
	}
	return w.Insert(`INSERT INTO proof_change (seq, proof, place) VALUES`, 3, changes, "")
}

// closes reports whether a denial by a check closes a door.
func closes(c ctem.Check) bool { return c == ctem.CheckDoor || c == ctem.CheckOutside }

// intern gives ids to proofs that have none.
func (w *proofWriter) intern(todo []*stored) error {
	fresh := slices.DeleteFunc(slices.Clone(todo), func(p *stored) bool { return p.id != 0 })
	if len(fresh) == 0 {
		return nil
	}
	first, err := w.IDs("proof", len(fresh))
	if err != nil {
		return err
	}
	var rows []any
	for i, p := range fresh {
		p.id = first + int64(i)
		rows = append(rows, p.id, w.world, p.key.Scope, p.key.Kind, p.key.Name, string(p.key.Check), p.key.About, p.place)
	}
	return w.Insert(`INSERT INTO proof (id, world, scope, kind, name, checked, about, place) VALUES`, 8, rows, "")
}

func (w *proofWriter) putBodies(bodies map[hash]bool) error {
	keys := slices.SortedFunc(maps.Keys(bodies), func(a, b hash) int { return slices.Compare(a[:], b[:]) })
	var rows []any
	for _, h := range keys {
		if text, ok := w.texts[h]; ok {
			rows = append(rows, h[:], string(text))
		}
	}
	return w.Insert(`INSERT INTO proof_body (hash, body) VALUES`, 2, rows, `ON CONFLICT DO NOTHING`)
}
