package exposuredb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// FunnelRows counts the live exposures by what their gates answer and by
// decision, as lists show them at the same time to the same asker.
func (db *Store) FunnelRows(ctx context.Context, q ctem.ListQuery) (list []ctem.FunnelRow, err error) {
	err = db.viewExposures(ctx, q.AsOf, func(v *exposureView) error {
		allow(v, q)
		for _, way := range v.arms {
			rows, err := v.funnel(way)
			if err != nil {
				return err
			}
			list = append(list, rows...)
		}
		return nil
	})
	return list, err
}

// funnel counts one arm of the view.
func (v *exposureView) funnel(way arm) (list []ctem.FunnelRow, err error) {
	row, exploitable, matters := "e", "e.exploitable", "e.matters"
	if v.historic {
		row, exploitable, matters = "h", "COALESCE(d.exploitable, 0)", "COALESCE(d.matters, 0)"
	}
	query := `SELECT x.state, x.running, x.reachable, x.exploitable, x.matters, x.word, COUNT(*) FROM (SELECT ` +
		row + `.state AS state, ` + v.running + ` AS running, ` + row + `.reachable AS reachable, ` +
		exploitable + ` AS exploitable, ` + matters + ` AS matters, ` + way.decision + ` AS word ` + v.from + way.where + v.allowed.SQL + ` AND ` + v.live + `) x
		GROUP BY x.state, x.running, x.reachable, x.exploitable, x.matters, x.word
		ORDER BY x.state, x.running, x.reachable, x.exploitable, x.matters, x.word`
	err = v.Query(query, func(rows sqldb.Scanner) error {
		var state, running, reachable, exploitable, matters, word int64
		r := ctem.FunnelRow{Gates: ctem.Gates{Found: ctem.Unknown}}
		if err := rows.Scan(&state, &running, &reachable, &exploitable, &matters, &word, &r.Count); err != nil {
			return err
		}
		if sqldb.StateOf(state) == ctem.Open {
			r.Gates.Found = ctem.Yes
		}
		r.Gates.Running, r.Gates.Reachable = sqldb.TriOf(running), sqldb.TriOf(reachable)
		r.Gates.Exploitable, r.Gates.Matters = sqldb.TriOf(exploitable), sqldb.TriOf(matters)
		r.Word = sqldb.WordOf(word)
		list = append(list, r)
		return nil
	}, slices.Concat(v.args, v.allowed.Args)...)
	return list, err
}

// ExposureCounts counts the live exposures of each place by decision, as lists show
// them at the same time to the same asker; the terms of the query are left aside.
func (x indexing) ExposureCounts(ctx context.Context, q ctem.ListQuery) (list []ctem.PlaceCount, err error) {
	err = x.store.viewExposures(ctx, q.AsOf, func(v *exposureView) error {
		allow(v, q)
		list = nil
		for _, way := range v.arms {
			query := `SELECT x.service, x.environment, x.word, COUNT(*) FROM (SELECT e.service AS service, e.environment AS environment, ` +
				way.decision + ` AS word ` + v.from + way.where + v.allowed.SQL + ` AND ` + v.live + `) x
				GROUP BY x.service, x.environment, x.word ORDER BY x.service, x.environment, x.word`
			err := v.Query(query, func(rows sqldb.Scanner) error {
				var c ctem.PlaceCount
				var word int64
				err := rows.Scan(&c.Service, &c.Environment, &word, &c.Count)
				c.Word = sqldb.WordOf(word)
				list = append(list, c)
				return err
			}, slices.Concat(v.args, v.allowed.Args)...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// WorkloadCovers returns the workloads that were live at a time, by name, with
// how far they could be looked into.
func (db *Store) WorkloadCovers(ctx context.Context, at ctem.AsOf) (list []ctem.WorkloadCover, err error) {
	err = db.viewExposures(ctx, at, func(v *exposureView) error {
		look := search{exposureView: v}
		seen, err := look.signsOfLife()
		if err != nil {
			return err
		}
		return v.Query(`SELECT p.id, p.service, p.environment, x.covered, x.basis FROM place p JOIN (SELECT c.place, c.covered, c.basis`+
			coversAt+`) x ON x.place = p.id ORDER BY p.service, p.environment`, func(rows sqldb.Scanner) error {
			var w ctem.WorkloadCover
			var covered, basis int64
			if err := rows.Scan(&w.Place, &w.Service, &w.Environment, &covered, &basis); err != nil {
				return err
			}
			w.Covered, w.Seen = covered == 1, seen[basis]
			list = append(list, w)
			return nil
		}, look.coversArgs()...)
	})
	return list, err
}
