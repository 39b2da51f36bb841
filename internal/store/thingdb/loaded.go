package thingdb

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// LoadedOf returns what agents say is loaded of some artifacts at the time asked
// for, by the identity of the artifact.
func (db *Store) LoadedOf(ctx context.Context, at ctem.AsOf, artifacts []string) (out map[string][]twin.SeenLoaded, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = map[string][]twin.SeenLoaded{}
		v, err := t.view(at)
		if err != nil {
			return err
		}
		claims, of, err := describing(v, artifacts)
		if err != nil {
			return err
		}
		states := make([]int64, len(claims))
		for i := range claims {
			states[i] = claims[i].state
		}
		bodies, err := v.bodies(states)
		if err != nil {
			return err
		}
		for i := range claims {
			c := &claims[i]
			s, err := seenLoaded(v, c, bodies[c.state])
			if err != nil {
				return err
			}
			out[of[i]] = append(out[of[i]], s)
		}
		for _, list := range out { // what holds no longer was read behind what does
			slices.SortStableFunc(list, func(a, b twin.SeenLoaded) int { return cmp.Compare(a.Source, b.Source) })
		}
		return nil
	})
	return out, err
}

// describing reads the claims about what is loaded that lead to some artifacts,
// with the artifact of each.
func describing(v *view, artifacts []string) (claims []told, of []string, err error) {
	const what = ` JOIN state s ON s.id = h.state JOIN state_link l ON l.state = h.state
		WHERE l.name IN (?*) AND l.kind = ? AND l.rel = ?`
	err = v.heldBy(keyed{
		head: toldColumns + `, l.name FROM claim c JOIN watch w ON w.id = c.watch`, tail: what,
		keys: sqldb.Anys(artifacts), more: []any{twin.KindArtifact, twin.RelDescribes},
	}, func(r sqldb.Scanner) error {
		var name string
		c, err := scanTold(r, &name)
		if kind, _, _, ok := twin.CutResource(c.subject); ok && kind == twin.KindLoaded {
			claims, of = append(claims, c), append(of, name)
		}
		return err
	})
	return claims, of, err
}

func seenLoaded(v *view, c *told, body []byte) (out twin.SeenLoaded, err error) {
	res, err := readResource(c.state, body)
	if err != nil {
		return out, err
	}
	if json.Unmarshal(res.Spec, &out.Spec) != nil { // any source may send what it likes: that is no failure of ours
		out.Spec, out.Unread = twin.Loaded{}, true
	}
	out.Source = c.source
	out.Freshness, out.Seen = v.freshness(c.watch, c.class)
	if out.Seen.After(v.when) {
		out.Seen = v.when
	}
	return out, nil
}
