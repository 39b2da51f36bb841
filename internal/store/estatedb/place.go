package estatedb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Places returns places with everything that is known now about their
// workloads, all sources, all time; a place of undeployed artifacts has these
// instead.
func (db *Store) Places(ctx context.Context, ids []int64) (out []twin.Place, err error) {
	err = db.read(ctx, func(t *tx) error {
		byID := map[int64]*twin.Place{}
		err := t.In(`SELECT id, service, environment FROM place WHERE id IN (?*)`, sqldb.Anys(ids), func(r sqldb.Scanner) error {
			p := &twin.Place{}
			err := r.Scan(&p.ID, &p.Service, &p.Environment)
			byID[p.ID] = p
			return err
		})
		if err != nil {
			return err
		}
		if err := t.fillClaims(byID); err != nil {
			return err
		}
		if err := t.fillUndeployed(byID); err != nil {
			return err
		}
		out = make([]twin.Place, 0, len(byID))
		for _, id := range slices.Sorted(maps.Keys(byID)) {
			out = append(out, *byID[id])
		}
		return nil
	})
	return out, err
}

// claimRow is one stretch of a claim as stored.
type claimRow struct {
	place, state, from, to, recorded int64
	source, scope                    string
}

func (t *tx) fillClaims(byID map[int64]*twin.Place) error {
	var rows []claimRow
	keys := sqldb.Anys(slices.Sorted(maps.Keys(byID)))
	scan := func(r sqldb.Scanner) error {
		var c claimRow
		err := r.Scan(&c.place, &c.source, &c.scope, &c.state, &c.from, &c.to, &c.recorded)
		rows = append(rows, c)
		return err
	}
	err := t.In(`SELECT c.place, w.source, w.scope, h.state, h.valid_from, h.valid_to, h.recorded_from
		FROM claim c JOIN watch w ON w.id = c.watch JOIN claim_history h ON h.claim = c.id
		WHERE c.place IN (?*) AND h.recorded_to = 0`, keys, scan)
	if err != nil {
		return err
	}
	err = t.In(`SELECT c.place, w.source, w.scope, h.state, h.valid_from, 0, h.recorded_from
		FROM claim c JOIN watch w ON w.id = c.watch JOIN claim_current h ON h.claim = c.id
		WHERE c.place IN (?*)`, keys, scan)
	if err != nil {
		return err
	}
	ids := map[int64]bool{}
	for _, c := range rows {
		ids[c.state] = true
	}
	states, err := t.workloadStates(slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	for _, c := range rows {
		p, s := byID[c.place], states[c.state]
		p.Claims = append(p.Claims, twin.Claim{
			Source: c.source, Scope: c.scope, Class: s.class, From: sqldb.FromMicros(c.from),
			To: sqldb.FromMicros(c.to), RecordedFrom: sqldb.FromMicros(c.recorded), Workload: s.workload,
		})
	}
	for _, p := range byID {
		slices.SortFunc(p.Claims, compareClaims)
	}
	return nil
}

func compareClaims(a, b twin.Claim) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Scope, b.Scope),
		cmp.Compare(a.Workload.Kind, b.Workload.Kind), cmp.Compare(a.Workload.Namespace, b.Workload.Namespace))
}

// workloadState is a state as it is read: who says so is part of it.
type workloadState struct {
	class    twin.Class
	workload twin.Workload
}

func (t *tx) workloadStates(ids []int64) (map[int64]workloadState, error) {
	out := make(map[int64]workloadState, len(ids))
	err := t.In(`SELECT id, class, body FROM state WHERE id IN (?*) AND media = 'workload'`, sqldb.Anys(ids), func(r sqldb.Scanner) error {
		var id int64
		var body []byte
		var s workloadState
		if err := r.Scan(&id, &s.class, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &s.workload); err != nil {
			return fmt.Errorf("state %d: %w", id, err)
		}
		out[id] = s
		return nil
	})
	return out, err
}

func (t *tx) fillUndeployed(byID map[int64]*twin.Place) error {
	var keys []any
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if byID[id].Environment == twin.NoEnvironment {
			keys = append(keys, id)
		}
	}
	list, err := t.artifacts(`place IN (?*)`, keys)
	if err != nil {
		return err
	}
	if err := t.fillDeployed(list); err != nil {
		return err
	}
	for _, a := range list {
		p := byID[a.place]
		p.Artifacts = append(p.Artifacts, a.Artifact)
	}
	return nil
}

// PlaceName is the identity of a place.
type PlaceName struct{ Service, Environment string }
