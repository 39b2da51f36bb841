package inteldb

import (
	"cmp"
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// loreTx is a transaction with the statements about what is only shown.
type loreTx struct{ *signalTx }

// useKey is what a use is about, within its feed.
type useKey struct {
	cve, technique, group string
	role                  advisory.Role
}

func keyOfUse(u advisory.Use) useKey {
	return useKey{cve: u.CVE, technique: u.Technique, group: u.Group, role: u.Role}
}

// CommitUses stores all that a feed says; what it no longer says is gone. A CVE
// of which something else is said, and that some advisory names, becomes a row of
// the advisory stream, so that pages are drawn anew: no decision rests on it.
func (db signalRoom) CommitUses(ctx context.Context, b advisory.UseBatch) (advisory.Committed, error) {
	var done advisory.Committed
	err := db.writing(ctx, func(base *signalTx) error {
		t := loreTx{base}
		have, err := t.knownUses(b.Feed)
		if err != nil {
			return err
		}
		said := slices.Clone(b.Entries)
		for i := range said {
			said[i].Feed, said[i].Date = b.Feed, sqldb.FromMicros(sqldb.Micros(said[i].Date))
		}
		said, done = compare(have, said, keyOfUse)
		var rows []any
		moved := map[string]bool{}
		for _, u := range said {
			moved[u.CVE] = true
			rows = append(rows, u.CVE, string(u.Feed), string(u.Role), u.Technique, u.Group, u.Title, u.GroupName, u.Source, sqldb.Micros(u.Date))
		}
		for k := range have {
			moved[k.cve] = true
		}
		if err := t.announce(announced{kind: b.Feed, moved: sqldb.SortedKeys(moved)}, b.Now); err != nil {
			return err
		}
		if err := t.dropUses(b.Feed, have); err != nil {
			return err
		}
		return t.Insert(`INSERT INTO technique (cve, feed, role, technique, actor, title, actor_name, source, dated) VALUES`, 9, rows,
			`ON CONFLICT (cve, feed, role, technique, actor) DO UPDATE SET title = excluded.title, actor_name = excluded.actor_name,
				source = excluded.source, dated = excluded.dated`)
	})
	return done, err
}

// compare holds what a feed says against what was known of it: what it says
// anew or otherwise is given back, what it no longer says stays in have.
func compare[K, T comparable](have map[K]T, said []T, key func(T) K) (differs []T, done advisory.Committed) {
	for _, x := range said {
		old, known := have[key(x)]
		delete(have, key(x))
		switch {
		case !known:
			done.New++
		case old == x:
			done.Unchanged++
			continue
		default:
			done.Changed++
		}
		differs = append(differs, x)
	}
	done.Removed = len(have)
	return differs, done
}

const useColumns = `SELECT cve, feed, role, technique, actor, title, actor_name, source, dated FROM technique `

func scanUse(s sqldb.Scanner) (u advisory.Use, err error) {
	var dated int64
	err = s.Scan(&u.CVE, &u.Feed, &u.Role, &u.Technique, &u.Group, &u.Title, &u.GroupName, &u.Source, &dated)
	u.Date = sqldb.FromMicros(dated)
	return u, err
}

func (t loreTx) knownUses(feed advisory.FeedKind) (map[useKey]advisory.Use, error) {
	have := map[useKey]advisory.Use{}
	err := t.Query(useColumns+`WHERE feed = ?`, func(s sqldb.Scanner) error {
		u, err := scanUse(s)
		have[keyOfUse(u)] = u
		return err
	}, string(feed))
	return have, err
}

func (t loreTx) dropUses(feed advisory.FeedKind, gone map[useKey]advisory.Use) error {
	var keys []any
	for k := range gone {
		keys = append(keys, k.cve, string(feed), string(k.role), k.technique, k.group)
	}
	for part := range slices.Chunk(keys, 5*sqldb.Chunk) {
		if _, err := t.Exec(`DELETE FROM technique WHERE (cve, feed, role, technique, actor) IN (VALUES `+sqldb.Tuples(len(part)/5, 5)+`)`, part...); err != nil {
			return err
		}
	}
	return nil
}

// Lore returns what is known of names beside the signs of exploitation; a name of
// which nothing is known is absent.
func (db signalRoom) Lore(ctx context.Context, names []string) (map[string]advisory.Lore, error) {
	found := map[string]advisory.Lore{}
	err := db.db.Read(ctx, func(base *sqldb.Tx) error {
		clear(found)
		t := loreTx{&signalTx{base}}
		if err := t.uses(sqldb.Anys(names), found); err != nil {
			return err
		}
		return t.statements(sqldb.Anys(names), found)
	})
	return found, err
}

func (t loreTx) uses(names []any, into map[string]advisory.Lore) error {
	seen := map[string]map[useKey]bool{} // a name may have been asked for twice
	err := t.In(useColumns+`WHERE cve IN (?*)`, names, func(s sqldb.Scanner) error {
		u, err := scanUse(s)
		if seen[u.CVE] == nil {
			seen[u.CVE] = map[useKey]bool{}
		}
		if err != nil || seen[u.CVE][keyOfUse(u)] {
			return err
		}
		seen[u.CVE][keyOfUse(u)] = true
		l := into[u.CVE]
		l.Uses = append(l.Uses, u)
		into[u.CVE] = l
		return nil
	})
	for name := range seen {
		slices.SortFunc(into[name].Uses, func(a, b advisory.Use) int {
			return cmp.Or(cmp.Compare(rank(a.Role), rank(b.Role)), cmp.Compare(a.Technique, b.Technique), cmp.Compare(a.Group, b.Group))
		})
	}
	return err
}

func rank(r advisory.Role) int {
	return slices.Index([]advisory.Role{advisory.RoleExploitation, advisory.RoleImpact, advisory.RoleLater, advisory.RoleOpen, advisory.RoleGroup}, r)
}
