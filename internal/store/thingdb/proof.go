package thingdb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// ThingsOf returns the things of some ends that are there at the time asked for,
// in the order of their ends; nothing of one that may not be seen.
func (db *Store) ThingsOf(ctx context.Context, q ctem.ListQuery, ends []twin.End) (list []ctem.Thing, err error) {
	err = db.read(ctx, func(t *tx) error {
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		n, err := v.near(q)
		if err != nil {
			return err
		}
		claims, err := v.claimsOf(ends)
		if err != nil {
			return err
		}
		if err := measure(v, claims); err != nil {
			return err
		}
		slices.SortFunc(claims, func(a, b told) int { return compareEnds(a.end(), b.end()) })
		w := walk{view: v, near: n, page: &ctem.Page[ctem.Thing]{}}
		for len(claims) > 0 {
			same := 1
			for same < len(claims) && claims[same].end() == claims[0].end() {
				same++
			}
			if claims[0].end().Kind != twin.KindWorkload {
				w.put(claims[:same])
			}
			claims = claims[same:]
		}
		if err := w.fill(); err != nil {
			return err
		}
		list = w.page.Items
		return nil
	})
	return list, err
}

// Proven returns which of some names of images have a digest, of those that ever
// ran, of which a build or an attestation of one tells at the time asked for.
func (db *Store) Proven(ctx context.Context, q ctem.AsOf, names []string) (proven map[string]bool, err error) {
	err = db.read(ctx, func(t *tx) error {
		proven = map[string]bool{}
		v, err := t.view(q)
		if err != nil {
			return err
		}
		byDigest := map[string][]string{}
		err = v.In(`SELECT DISTINCT digest, name FROM place_image WHERE name IN (?*) AND digest <> ''`, sqldb.Anys(names), func(r sqldb.Scanner) error {
			var digest, name string
			err := r.Scan(&digest, &name)
			byDigest[digest] = append(byDigest[digest], name)
			return err
		})
		if err != nil {
			return err
		}
		return v.traced(sqldb.SortedKeys(byDigest), func(digest string) {
			for _, name := range byDigest[digest] {
				proven[name] = true
			}
		})
	})
	return proven, err
}

// traced gives the digests of which a build, or an attestation that names a commit or
// a build, tells.
func (v *view) traced(digests []string, give func(digest string)) error {
	return v.heldBy(keyed{
		head: `SELECT DISTINCT l.name FROM claim c`,
		tail: ` JOIN state_link l ON l.state = h.state WHERE l.name IN (?*) AND l.kind = ? AND (l.rel = ? OR l.rel = ?
			AND EXISTS (SELECT 1 FROM state_link o WHERE o.state = l.state AND (o.rel = ? OR o.rel = ? AND o.kind = ?)))`,
		keys: sqldb.Anys(digests),
		more: []any{
			twin.KindArtifact, string(twin.RelProduced), string(twin.RelDescribes),
			string(twin.RelBuiltFrom), string(twin.RelDescribes), twin.KindBuild,
		},
	}, func(r sqldb.Scanner) error {
		var digest string
		err := r.Scan(&digest)
		give(digest)
		return err
	})
}
