package thingdb

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// count counts all live things of the filter's kinds, each once.
func (w *walk) count() error {
	seen := map[twin.End]struct{}{}
	err := w.each(w.filter.where, func(e twin.End) { seen[e] = struct{}{} })
	w.total = len(seen)
	return err
}

// each gives the thing of every claim that holds at the moment.
func (v *view) each(where sqldb.Condition, give func(twin.End)) error {
	return v.held(`SELECT c.subject, w.scope FROM claim c JOIN watch w ON w.id = c.watch`, ` WHERE `+where.SQL, where.Args, func(r sqldb.Scanner) error {
		var subject, scope string
		err := r.Scan(&subject, &scope)
		give(endOf(subject, scope))
		return err
	})
}

// ThingKinds counts the things of each kind that a query fits, by kind.
func (db *Store) ThingKinds(ctx context.Context, q ctem.ListQuery) (list []ctem.KindCount, err error) {
	if q.Products != nil || q.Owner != "" || len(q.Terms) > 0 {
		q.Limit, q.After, q.Sort = 0, "", nil
		page, err := db.Things(ctx, q)
		return kindCounts(func(give func(string)) {
			for i := range page.Items {
				give(page.Items[i].Kind)
			}
		}), err
	}
	err = db.read(ctx, func(t *tx) error {
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		seen := map[twin.End]struct{}{}
		err = v.each(kindsOf(nil), func(e twin.End) { seen[e] = struct{}{} })
		list = kindCounts(func(give func(string)) {
			for e := range seen {
				give(e.Kind)
			}
		})
		return err
	})
	return list, err
}

func kindCounts(each func(give func(kind string))) (list []ctem.KindCount) {
	counts := map[string]int{}
	each(func(kind string) { counts[kind]++ })
	for _, kind := range slices.SortedFunc(maps.Keys(counts), strings.Compare) {
		list = append(list, ctem.KindCount{Kind: kind, Count: counts[kind]})
	}
	return list
}
