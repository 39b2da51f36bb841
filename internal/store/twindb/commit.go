package twindb

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/estatedb"
	"github.com/tidemark/tidemark/internal/store/sightdb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// CommitTwin writes what resolve made of a batch of evidence, with its cursor.
func (db *Store) CommitTwin(ctx context.Context, adv ctem.Advance, res *twin.Resolution) error {
	err := db.write(ctx, func(t *tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		// The lock and the record time first; how many numbers are needed is known at the end.
		_, at, err := t.Number(ctem.StreamTwin, 0, adv.Now)
		if err != nil {
			return err
		}
		c := &twinCommit{tx: t, res: res, at: at, changes: map[change]bool{}}
		for _, part := range []func() error{
			c.putStates, c.putClaims, c.putSnapshots, c.putFacts, c.putMarks, c.putHorizons,
			c.putTimelines, contentsCommit{c}.putSBOMs, contentsCommit{c}.putListings,
		} {
			if err := part(); err != nil {
				return err
			}
		}
		if err := c.putChanges(adv); err != nil {
			return err
		}
		return sightdb.Put(c.Tx, c.res.Seen, adv.Now)
	})
	if err != nil {
		return fmt.Errorf("commit the twin: %w", err)
	}
	return nil
}

// twinCommit is one commit of resolve on its way. The first of each kind of
// new ids turns the negative ids of the resolution into real ones.
type twinCommit struct {
	*tx
	res     *twin.Resolution
	at      int64
	changes map[change]bool

	firstState, firstClaim, firstSnapshot, firstSBOM int64
	places                                           map[int64]int64 // claim → place
}

// storeID turns an id of the resolution into the store's.
func storeID(id, first int64) int64 {
	if id < 0 {
		return first - 1 - id
	}
	return id
}

// allocate takes n ids, and touches nothing for none.
func (c *twinCommit) allocate(table string, n int) (int64, error) {
	if n == 0 {
		return 0, nil
	}
	return c.IDs(table, n)
}

func (c *twinCommit) putStates() (err error) {
	if c.firstState, err = c.allocate("state", len(c.res.States)); err != nil {
		return err
	}
	var rows, images, links []any
	for i, s := range c.res.States {
		id := c.firstState + int64(i)
		rows = append(rows, id, s.Hash, string(s.Class), string(s.Media), s.Body)
		for _, ref := range s.Images {
			images = append(images, id, ref.Digest, ref.NameTag(), ref.Name)
		}
		for _, l := range s.Links {
			links = append(links, id, string(l.Rel), l.To.Kind, l.To.Scope, l.To.Name)
		}
	}
	if err := c.Insert(`INSERT INTO state (id, hash, class, media, body) VALUES`, 5, rows, ""); err != nil {
		return err
	}
	if err := c.Insert(`INSERT INTO state_link (state, rel, kind, scope, name) VALUES`, 5, links, `ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	return c.Insert(`INSERT INTO state_image (state, digest, nametag, name) VALUES`, 4, images, `ON CONFLICT DO NOTHING`)
}

func (c *twinCommit) putClaims() (err error) {
	if c.firstClaim, err = c.allocate("claim", len(c.res.Claims)); err != nil {
		return err
	}
	want := map[estatedb.PlaceName]int64{}
	for _, n := range c.res.Claims {
		if n.Service != "" {
			want[estatedb.PlaceName{Service: n.Service, Environment: n.Environment}] = 0
		}
	}
	if err := c.internPlaces(want); err != nil {
		return err
	}
	var rows []any
	for i, n := range c.res.Claims {
		rows = append(rows, c.firstClaim+int64(i), n.Watch, n.Subject, want[estatedb.PlaceName{Service: n.Service, Environment: n.Environment}])
	}
	return c.Insert(`INSERT INTO claim (id, watch, subject, place) VALUES`, 4, rows, "")
}

// internPlaces fills in the ids of places, new where needed. Only resolve
// makes places, under the lock of the twin stream.
func (t *tx) internPlaces(want map[estatedb.PlaceName]int64) error {
	names := slices.SortedFunc(maps.Keys(want), func(a, b estatedb.PlaceName) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Service, b.Service))
	})
	args := make([]any, 0, 2*len(names))
	for _, n := range names {
		args = append(args, n.Service, n.Environment)
	}
	err := t.ByKeys("tt", `SELECT p.id, p.service, p.environment FROM k CROSS JOIN place p WHERE p.service = k.a AND p.environment = k.b`, args,
		func(r sqldb.Scanner) error {
			var id int64
			var n estatedb.PlaceName
			err := r.Scan(&id, &n.Service, &n.Environment)
			want[n] = id
			return err
		})
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(n estatedb.PlaceName) bool { return want[n] != 0 })
	if len(names) == 0 {
		return nil
	}
	first, err := t.IDs("place", len(names))
	if err != nil {
		return err
	}
	var rows []any
	fresh := make([]int64, len(names))
	for i, n := range names {
		fresh[i] = first + int64(i)
		want[n] = fresh[i]
		rows = append(rows, want[n], n.Service, n.Environment)
	}
	if err := t.Insert(`INSERT INTO place (id, service, environment) VALUES`, 3, rows, ""); err != nil {
		return err
	}
	return sqldb.Own(t.Tx, fresh)
}

func (c *twinCommit) putSnapshots() (err error) {
	fresh := 0
	for _, s := range c.res.Snapshots {
		if s.ID < 0 {
			fresh++
		}
	}
	if c.firstSnapshot, err = c.allocate("snapshot", fresh); err != nil {
		return err
	}
	var rows []any
	for _, s := range c.res.Snapshots {
		rows = append(rows, storeID(s.ID, c.firstSnapshot), s.Watch, s.Name, s.Known, s.Expected, sqldb.Micros(s.First))
	}
	return c.Insert(`INSERT INTO snapshot (id, watch, name, known, expected, first) VALUES`, 6, rows,
		`ON CONFLICT (id) DO UPDATE SET known = excluded.known, expected = excluded.expected, first = excluded.first`)
}

func (c *twinCommit) putFacts() error {
	var rows []any
	for _, f := range c.res.Facts {
		rows = append(rows, storeID(f.Claim, c.firstClaim), sqldb.Micros(f.At), f.Epoch, f.SourceSeq, f.Order,
			storeID(f.Snapshot, c.firstSnapshot), storeID(f.State, c.firstState))
	}
	return c.Insert(`INSERT INTO fact (claim, observed, epoch, source_seq, ord, snapshot, state) VALUES`, 7, rows, `ON CONFLICT DO NOTHING`)
}

func (c *twinCommit) putMarks() error {
	var rows []any
	for _, m := range c.res.Marks {
		rows = append(rows, m.Watch, sqldb.Micros(m.At), m.Epoch, m.SourceSeq, m.Order, storeID(m.Base, c.firstSnapshot))
	}
	return c.Insert(`INSERT INTO mark (watch, observed, epoch, source_seq, ord, base) VALUES`, 6, rows, `ON CONFLICT DO NOTHING`)
}

func (c *twinCommit) putHorizons() error {
	var rows []any
	for _, h := range c.res.Horizons {
		rows = append(rows, h.Watch, sqldb.Micros(h.MarkAt), storeID(h.MarkBase, c.firstSnapshot), sqldb.Micros(h.Fact.At), h.Fact.Epoch, h.Fact.SourceSeq)
	}
	return c.Insert(`INSERT INTO horizon (watch, mark_at, mark_base, fact_at, fact_epoch, fact_seq) VALUES`, 6, rows,
		`ON CONFLICT (watch) DO UPDATE SET mark_at = excluded.mark_at, mark_base = excluded.mark_base, fact_at = excluded.fact_at,
			fact_epoch = excluded.fact_epoch, fact_seq = excluded.fact_seq`)
}

// putTimelines writes the changed timelines and what follows for their places.
func (c *twinCommit) putTimelines() error {
	if len(c.res.Changes) == 0 {
		return nil
	}
	var d twinDiff
	changes := make([]twin.ClaimChange, len(c.res.Changes))
	claims := make([]any, len(c.res.Changes))
	for i := range c.res.Changes {
		ch := &c.res.Changes[i]
		ch2 := twin.ClaimChange{Claim: storeID(ch.Claim, c.firstClaim), Before: ch.Before, After: slices.Clone(ch.After)}
		for n := range ch2.After {
			ch2.After[n].State = storeID(ch2.After[n].State, c.firstState)
		}
		claims[i], changes[i] = ch2.Claim, ch2
		d.add(ch2, c.at)
	}
	if err := c.writeDiff(&d, c.at); err != nil {
		return err
	}
	c.places = map[int64]int64{}
	err := c.In(`SELECT id, place FROM claim WHERE id IN (?*)`, claims, func(r sqldb.Scanner) error {
		var claim, place int64
		err := r.Scan(&claim, &place)
		if place == 0 {
			c.changes[change{changeThing, claim}] = true
			return err
		}
		c.places[claim] = place
		c.changes[change{changePlace, place}] = true
		return err
	})
	if err != nil {
		return err
	}
	if err := (presenceCommit{c}).putPresence(changes); err != nil {
		return err
	}
	return c.putImages(&d)
}

// putChanges numbers the changes and writes them, in a fixed order.
func (c *twinCommit) putChanges(adv ctem.Advance) error {
	if len(c.changes) == 0 {
		return nil
	}
	list := slices.SortedFunc(maps.Keys(c.changes), func(a, b change) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.ref, b.ref))
	})
	first, _, err := c.Number(ctem.StreamTwin, len(list), adv.Now)
	if err != nil {
		return err
	}
	var rows []any
	for i, ch := range list {
		rows = append(rows, first+int64(i), ch.kind, ch.ref)
	}
	return c.Insert(`INSERT INTO twin_change (seq, kind, ref) VALUES`, 3, rows, "")
}
