package proofdb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// watches are who looks at what, and the clusters at which an agent looks.
type watches struct {
	byID     map[int64]watch
	clusters map[string]bool
}

type watch struct{ source, scope string }

// agentPrefix begins the name of the source that looks at a cluster.
const agentPrefix = "kube/"

func (t *tx) watches() (w watches, err error) {
	w = watches{byID: map[int64]watch{}, clusters: map[string]bool{}}
	err = t.Query(`SELECT id, source, scope FROM watch`, func(r sqldb.Scanner) error {
		var id int64
		var x watch
		err := r.Scan(&id, &x.source, &x.scope)
		w.byID[id] = x
		if cluster, ok := strings.CutPrefix(x.source, agentPrefix); ok {
			w.clusters[cluster] = true
		}
		return err
	})
	return w, err
}

// worldOf is the cluster of a scope where an agent looks at it; any other scope
// is a world by itself.
func (w *watches) worldOf(scope string) string {
	if cluster, _, _ := strings.Cut(scope, "/"); w.clusters[cluster] {
		return cluster
	}
	return scope
}

// of are the watches of a world.
func (w *watches) of(world string) (ids []int64) {
	for id, x := range w.byID {
		if x.scope != twin.ScopeArtifacts && w.worldOf(x.scope) == world {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// counts reports whether things of a kind say something about who reaches what
// or may do what.
func counts(kind string) bool {
	switch kind {
	case twin.KindNetworkPolicy, twin.KindNamespace, twin.KindNode, twin.KindK8sService, twin.KindIngress, twin.KindGateway, twin.KindHTTPRoute,
		twin.KindServiceAccount, twin.KindRole, twin.KindClusterRole, twin.KindRoleBinding, twin.KindClusterRoleBinding:
		return true
	}
	return false
}

// World returns what all sources say of a world from a time on, as known then.
func (db *Store) World(ctx context.Context, ask ctem.WorldAsk) (out ctem.World, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = ctem.World{Name: ask.World}
		if err := t.CheckFloor(ctem.AsOf{KnownAt: ask.Known}); err != nil {
			return err
		}
		seen, err := t.watches()
		if err != nil {
			return err
		}
		g := standReader{tx: t, watches: seen, since: sqldb.Micros(ask.Since), known: sqldb.Forever, states: map[int64][]int{}}
		if !ask.Known.IsZero() {
			g.known = sqldb.KnownMicros(ask.Known)
		}
		if err := g.gather(seen.of(ask.World)); err != nil {
			return err
		}
		out.Stands = g.out
		return nil
	})
	return out, err
}

// standReader gathers the stands of some watches.
type standReader struct {
	*tx
	watches
	since, known int64
	out          []twin.Stand
	states       map[int64][]int // state → indexes in out
}

func (g *standReader) gather(ids []int64) error {
	keys := sqldb.Anys(ids)
	err := g.In(`SELECT c.watch, c.place, c.subject, h.state, h.valid_from, 0 FROM claim c JOIN claim_current h ON h.claim = c.id
		WHERE c.watch IN (?*) AND h.recorded_from <= ?`, keys, g.scan, g.known)
	if err != nil {
		return err
	}
	err = g.In(`SELECT c.watch, c.place, c.subject, h.state, h.valid_from, CASE WHEN h.ended_at > `+literal(g.known)+` THEN 0 ELSE h.valid_to END
		FROM claim c JOIN claim_history h ON h.claim = c.id WHERE c.watch IN (?*)
			AND (h.valid_to > ? OR h.ended_at > ?) AND h.recorded_from <= ? AND (h.recorded_to = 0 OR h.recorded_to > ?)`,
		keys, g.scan, g.since, g.known, g.known, g.known)
	if err != nil {
		return err
	}
	if err := g.ended(keys); err != nil {
		return err
	}
	return g.fill()
}

// literal is a number of ours in a query: where it comes before a list of keys it
// cannot be one of the values.
func literal(n int64) string { return fmt.Sprint(n) }

func (g *standReader) scan(r sqldb.Scanner) error {
	var id, from, to int64
	var subject string
	var s twin.Stand
	if err := r.Scan(&id, &s.Place, &subject, &s.State, &from, &to); err != nil {
		return err
	}
	if s.Place == 0 {
		kind, _, _, ok := twin.CutResource(subject)
		if !ok || !counts(kind) {
			return nil
		}
	}
	x := g.byID[id]
	s.Source, s.Scope, s.From, s.To = x.source, x.scope, sqldb.FromMicros(from), sqldb.FromMicros(to)
	g.states[s.State] = append(g.states[s.State], len(g.out))
	g.out = append(g.out, s)
	return nil
}

// ended adds when run-time sources last saw something at places where it had
// ended before the time asked for: a declaration of then counts no more.
func (g *standReader) ended(keys []any) error {
	return g.In(`SELECT c.watch, p.place, MAX(p.until) FROM claim c JOIN presence p ON p.place = c.place AND p.claim = c.id
		WHERE c.watch IN (?*) AND c.place <> 0 AND p.class = 'observed' AND p.until <= ? GROUP BY c.watch, p.place`, keys, func(r sqldb.Scanner) error {
		var id, until int64
		s := twin.Stand{Class: twin.Observed}
		err := r.Scan(&id, &s.Place, &until)
		x := g.byID[id]
		s.Source, s.Scope, s.To = x.source, x.scope, sqldb.FromMicros(until)
		g.out = append(g.out, s)
		return err
	}, g.since)
}

// fill reads what is said, each state once.
func (g *standReader) fill() error {
	return g.In(`SELECT id, hash, class, media, body FROM state WHERE id IN (?*)`, sqldb.Anys(slices.Sorted(maps.Keys(g.states))), func(r sqldb.Scanner) error {
		var id int64
		var hash string
		var class twin.Class
		var media twin.Media
		var body []byte
		if err := r.Scan(&id, &hash, &class, &media, &body); err != nil {
			return err
		}
		said := twin.Stand{Class: class, Revision: hash[:min(len(hash), 12)]}
		var err error
		switch media {
		case twin.MediaWorkload:
			said.Workload = &twin.Workload{}
			err = json.Unmarshal(body, said.Workload)
			said.Service = said.Workload.Service
		case twin.MediaResource:
			said.Resource = &twin.Resource{}
			err = json.Unmarshal(body, said.Resource)
		case twin.MediaSBOM, twin.MediaDetection:
		}
		if err != nil {
			return fmt.Errorf("state %d: %w", id, err)
		}
		for _, i := range g.states[id] {
			s := &g.out[i]
			s.Class, s.Revision, s.Service, s.Workload, s.Resource = said.Class, said.Revision, said.Service, said.Workload, said.Resource
		}
		return nil
	})
}

// WorldsMoved says which worlds the changes of the twin after a number are about,
// and from when on each is different from what it was when the twin was last
// followed to its end. read is the record time up to which it is followed now;
// zero when there is more to read.
func (db *Store) WorldsMoved(ctx context.Context, after int64, limit int) (moved []ctem.WorldMove, read time.Time, last int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		moved, read, last = nil, time.Time{}, after
		refs := map[string][]int64{}
		err := t.Query(`SELECT seq, kind, ref FROM twin_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(r sqldb.Scanner) error {
			var kind string
			var ref int64
			err := r.Scan(&last, &kind, &ref)
			refs[kind] = append(refs[kind], ref)
			return err
		}, after, limit)
		if err != nil || last == after {
			return err
		}
		var head, recorded, before int64
		if _, err := t.Get(`SELECT seq, recorded FROM stream WHERE name = 'twin'`, nil, &head, &recorded); err != nil {
			return err
		}
		if _, err := t.Get(`SELECT recorded FROM proof_read WHERE step = 'validate'`, nil, &before); err != nil {
			return err
		}
		if last == head {
			read = sqldb.FromMicros(recorded)
		}
		moved, err = t.moved(refs, before)
		return err
	})
	return moved, read, last, err
}

// The kinds of twin changes that count here.
const (
	changePlace = "place"
	changeThing = "thing"
)

func (t *tx) moved(refs map[string][]int64, before int64) ([]ctem.WorldMove, error) {
	seen, err := t.watches()
	if err != nil {
		return nil, err
	}
	since := map[string]int64{}
	scan := func(r sqldb.Scanner) error {
		var id, from, to, recorded, superseded, ended int64
		var subject string
		if err := r.Scan(&id, &subject, &from, &to, &recorded, &superseded, &ended); err != nil {
			return err
		}
		if kind, _, _, thing := twin.CutResource(subject); thing && !counts(kind) {
			return nil
		}
		at := from
		if recorded <= before && superseded <= before {
			at = to // it only ended
		}
		world := seen.worldOf(seen.byID[id].scope)
		if had, ok := since[world]; !ok || at < had {
			since[world] = at
		}
		return nil
	}
	for kind, column := range map[string]string{changePlace: "c.place", changeThing: "c.id"} {
		ids := refs[kind]
		slices.Sort(ids)
		keys := sqldb.Anys(slices.Compact(ids))
		err := t.In(`SELECT c.watch, c.subject, h.valid_from, 0, h.recorded_from, 0, 0 FROM claim c JOIN claim_current h ON h.claim = c.id
			WHERE `+column+` IN (?*) AND h.recorded_from > ?`, keys, scan, before)
		if err != nil {
			return nil, err
		}
		err = t.In(`SELECT c.watch, c.subject, h.valid_from, h.valid_to, h.recorded_from, h.recorded_to, h.ended_at FROM claim c JOIN claim_history h ON h.claim = c.id
			WHERE `+column+` IN (?*) AND (h.recorded_from > ? OR h.recorded_to > ? OR h.ended_at > ? AND h.ended_at < `+literal(sqldb.Forever)+`)`,
			keys, scan, before, before, before)
		if err != nil {
			return nil, err
		}
	}
	out := make([]ctem.WorldMove, 0, len(since))
	for world, at := range since {
		out = append(out, ctem.WorldMove{World: world, Since: sqldb.FromMicros(at)})
	}
	slices.SortFunc(out, func(a, b ctem.WorldMove) int { return cmp.Compare(a.World, b.World) })
	return out, nil
}

// WorldsLeft returns worlds that are to be worked out.
func (db *Store) WorldsLeft(ctx context.Context, limit int) (left []ctem.WorldMove, err error) {
	err = db.read(ctx, func(t *tx) error {
		left = nil
		return t.Query(`SELECT world, since FROM proof_left ORDER BY world LIMIT ?`, func(r sqldb.Scanner) error {
			var m ctem.WorldMove
			var since int64
			err := r.Scan(&m.World, &since)
			m.Since = sqldb.FromMicros(since)
			left = append(left, m)
			return err
		}, limit)
	})
	return left, err
}

// WorldsWith names the worlds that have a service, as far as the asker may see it.
func (db *Store) WorldsWith(ctx context.Context, ask *ctem.ReachAsk, service string) (out []string, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = nil
		if err := t.CheckFloor(ask.AsOf); err != nil {
			return err
		}
		seen, err := t.watches()
		if err != nil {
			return err
		}
		may := sqldb.Allowed(ctem.ListQuery{Products: ask.Products, Owner: ask.Owner}, "p.service", "")
		return t.Query(`SELECT DISTINCT p.environment FROM place p WHERE p.environment <> '(none)' AND p.service = ?`+may.SQL, func(r sqldb.Scanner) error {
			var environment string
			err := r.Scan(&environment)
			world := seen.worldOf(environment)
			if (ask.Environment == "" || ask.Environment == environment) && !slices.Contains(out, world) {
				out = append(out, world)
			}
			slices.Sort(out)
			return err
		}, append([]any{service}, may.Args...)...)
	})
	return out, err
}
