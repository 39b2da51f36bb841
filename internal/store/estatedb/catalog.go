package estatedb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// catalogue is what the lists of artifacts and components share: rows of one
// table that were there at a time, in an order.
type catalogue struct {
	what, table, since string
	keys               map[string]string // query key → column
	orders             map[string]sqldb.OrderColumn
	last               []sqldb.OrderColumn // the order of equals
	// runs is the condition for rows in what services ever ran; it holds the
	// conditions on artifacts as ?*.
	runs string
}

// page returns the ids of a page and the total. since is the record time.
func (t *tx) page(c catalogue, q ctem.ListQuery) (ids []int64, total int, next string, err error) {
	order, err := sqldb.OrderOf(c.what, q.Sort, c.orders, c.last...)
	if err != nil {
		return nil, 0, "", err
	}
	where, err := c.where(q)
	if err != nil {
		return nil, 0, "", err
	}
	if _, err := t.Get(`SELECT COUNT(*) FROM `+c.table+` WHERE `+where.SQL, where.Args, &total); err != nil {
		return nil, 0, "", err
	}
	if q.After != "" {
		row, _, err := order.Read(q.After)
		if err != nil {
			return nil, 0, "", err
		}
		beyond := order.After(row)
		where.SQL, where.Args = where.SQL+beyond.SQL, append(where.Args, beyond.Args...)
	}
	query := `SELECT id, ` + order.Columns() + ` FROM ` + c.table + ` WHERE ` + where.SQL + ` ORDER BY ` + order.By()
	if q.Limit > 0 {
		query += ` LIMIT ` + strconv.Itoa(q.Limit+1)
	}
	var rows [][]string
	err = t.Query(query, func(r sqldb.Scanner) error {
		var id int64
		row, to := make([]string, len(order)), []any{&id}
		for i := range row {
			to = append(to, &row[i])
		}
		err := r.Scan(to...)
		ids, rows = append(ids, id), append(rows, row)
		return err
	}, where.Args...)
	if q.Limit > 0 && len(ids) > q.Limit {
		ids = ids[:q.Limit]
		next = order.Token(total, rows[q.Limit-1])
	}
	return ids, total, next, err
}

func (c catalogue) where(q ctem.ListQuery) (out sqldb.Condition, err error) {
	out.SQL = "1 = 1"
	if c.since != "" && !q.KnownAt.IsZero() {
		out = sqldb.Condition{SQL: c.since + " <= ?", Args: []any{sqldb.KnownMicros(q.KnownAt)}}
	}
	add := func(more sqldb.Condition) { out.SQL, out.Args = out.SQL+more.SQL, append(out.Args, more.Args...) }
	if mine := ranBy(q); mine.SQL != "" {
		add(c.ranIn(mine))
	}
	there := sqldb.Allowed(q, "p.service", "") // what is asked of one place that ran it
	mine := there
	asked := false
	for _, term := range q.Terms {
		if slices.Contains(withinKeys(), term.Key) {
			w, err := within(q, term)
			if err != nil {
				return out, err
			}
			if term.Negate {
				not := c.ranIn(ranAt(sqldb.Condition{SQL: mine.SQL + " AND " + w.SQL, Args: slices.Concat(mine.Args, w.Args)}))
				add(sqldb.Condition{SQL: " AND NOT (1 = 1" + not.SQL + ")", Args: not.Args})
				continue
			}
			asked, there = true, sqldb.Condition{SQL: there.SQL + " AND " + w.SQL, Args: slices.Concat(there.Args, w.Args)}
			continue
		}
		own, err := c.own(term)
		if err != nil {
			return out, err
		}
		add(own)
	}
	if asked {
		add(c.ranIn(ranAt(there)))
	}
	return out, nil
}

// ranIn puts a condition on artifacts where the table's rows need it.
func (c catalogue) ranIn(on sqldb.Condition) sqldb.Condition {
	return sqldb.Condition{SQL: strings.Replace(c.runs, "?*", on.SQL, 1), Args: on.Args}
}

// own is a term about a column of the table.
func (c catalogue) own(term ctem.Term) (out sqldb.Condition, err error) {
	column, ok := c.keys[term.Key]
	if !ok {
		return out, ctem.UnknownKey(term.Key, append(slices.Sorted(maps.Keys(c.keys)), withinKeys()...))
	}
	if term.Op != ":" {
		return out, fault.New(fault.Invalid, "%s cannot be compared with %s", term.Key, term.Op)
	}
	var parts []string
	for _, v := range term.Values {
		if term.Key == ctem.TextKey || term.Key == "name" {
			like := sqldb.Contains("lower("+column+")", strings.ToLower(v))
			parts, out.Args = append(parts, like.SQL), append(out.Args, like.Args...)
			continue
		}
		if !strings.HasSuffix(column, ")") {
			column += " = ?"
		}
		parts, out.Args = append(parts, column), append(out.Args, v)
	}
	not := ""
	if term.Negate {
		not = "NOT "
	}
	out.SQL = " AND " + not + "(" + strings.Join(parts, " OR ") + ")"
	return out, nil
}

// ranBy is the condition for artifacts a that the asker's services ever ran;
// empty for one who may see all.
func ranBy(q ctem.ListQuery) sqldb.Condition {
	mine := sqldb.Allowed(q, "p.service", "")
	if mine.SQL == "" {
		return mine
	}
	return ranAt(mine)
}

// ranAt is the condition for artifacts a that ever ran at places p of a condition.
func ranAt(mine sqldb.Condition) sqldb.Condition {
	images := ` FROM place_image i JOIN place p ON p.id = i.place WHERE 1 = 1` + mine.SQL
	return sqldb.Condition{SQL: `(a.digest <> '' AND a.digest IN (SELECT i.digest` + images + `)
			OR a.nametag <> '' AND a.nametag IN (SELECT i.nametag` + images + `)
			OR a.place IN (SELECT p.id FROM place p WHERE 1 = 1` + mine.SQL + `))`, Args: slices.Concat(mine.Args, mine.Args, mine.Args)}
}

// listings counts the artifacts that list each component now, of those that the
// asker may see.
func (t *tx) listings(q ctem.ListQuery, byID map[int64]*ctem.ComponentItem) error {
	mine := ranBy(q)
	if mine.SQL != "" {
		mine.SQL = ` AND l.artifact IN (SELECT a.id FROM artifact a WHERE ` + mine.SQL + `)`
	}
	return t.In(`SELECT c.component, COUNT(DISTINCT l.artifact) FROM content c JOIN listing l ON l.sbom = c.sbom
		WHERE c.component IN (?*) AND NOT EXISTS (SELECT 1 FROM listing n WHERE n.artifact = l.artifact
			AND (n.observed, n.epoch, n.source_seq, n.ord) > (l.observed, l.epoch, l.source_seq, l.ord))`+mine.SQL+`
		GROUP BY c.component`, sqldb.Anys(slices.Sorted(maps.Keys(byID))), func(r sqldb.Scanner) error {
		var id int64
		var n int
		err := r.Scan(&id, &n)
		byID[id].Artifacts = n
		return err
	}, mine.Args...)
}

// ArtifactsList lists what was built and has an SBOM, by identity.
func (db *Store) ArtifactsList(ctx context.Context, q ctem.ListQuery) (page ctem.ArtifactPage, err error) {
	id, name, tag := sqldb.OrderColumn{Name: "id", SQL: "artifact"}, sqldb.OrderColumn{Name: "name", SQL: "name"}, sqldb.OrderColumn{Name: "tag", SQL: "tag"}
	c := catalogue{what: "artifacts", table: "artifact", since: "recorded", keys: map[string]string{
		"id": "artifact", "digest": "digest", "tag": "tag", "name": "name", ctem.TextKey: "name",
		"purl": "id IN (SELECT l.artifact FROM component x JOIN content n ON n.component = x.id JOIN listing l ON l.sbom = n.sbom WHERE x.purl = ?)",
	}, orders: map[string]sqldb.OrderColumn{"id": id, "name": name, "tag": tag}, last: []sqldb.OrderColumn{id}, runs: ` AND id IN (SELECT a.id FROM artifact a WHERE ?*)`}
	err = db.read(ctx, func(t *tx) error {
		page = ctem.ArtifactPage{}
		if err := t.CheckFloor(q.AsOf); err != nil {
			return err
		}
		var ids []int64
		if ids, page.Total, page.Next, err = t.page(c, q); err != nil {
			return err
		}
		list, err := t.artifacts(`id IN (?*)`, sqldb.Anys(ids))
		if err != nil {
			return err
		}
		if err := t.fillDeployed(list); err != nil {
			return err
		}
		at := map[int64]int{}
		for i, id := range ids {
			at[id] = i
		}
		slices.SortFunc(list, func(a, b *artifactRow) int { return at[a.row] - at[b.row] })
		for _, a := range list {
			item := ctem.ArtifactItem{Artifact: a.Artifact}
			if err := t.describeArtifact(&item, q.AsOf); err != nil {
				return err
			}
			page.Items = append(page.Items, item)
		}
		return nil
	})
	return page, err
}

// describeArtifact fills in the SBOM that is in force at the time asked for.
func (t *tx) describeArtifact(item *ctem.ArtifactItem, at ctem.AsOf) error {
	for i, c := range item.Contents {
		if i > 0 && c.From.After(at.Time()) {
			break
		}
		item.SBOM = c.To.IsZero() || c.To.After(at.Time())
		item.Components, item.ObservedAt = len(c.Components), c.From
		var quality []byte
		if _, err := t.Get(`SELECT quality FROM sbom WHERE id = ?`, []any{c.SBOM}, &quality); err != nil {
			return err
		}
		item.Quality = twin.Quality{}
		if err := json.Unmarshal(quality, &item.Quality); err != nil {
			return fmt.Errorf("read the quality of SBOM %d: %w", c.SBOM, err)
		}
	}
	return nil
}

// ComponentsList lists components, by name.
func (db *Store) ComponentsList(ctx context.Context, q ctem.ListQuery) (page ctem.ComponentPage, err error) {
	const since = `(SELECT MIN(l.recorded) FROM content n JOIN listing l ON l.sbom = n.sbom WHERE n.component = component.id)`
	name, purl := sqldb.OrderColumn{Name: "name", SQL: "name"}, sqldb.OrderColumn{Name: "purl", SQL: "purl"}
	c := catalogue{what: "components", table: "component", since: since, keys: map[string]string{
		"purl": "purl", "version": "version", "type": "type", "name": "name", ctem.TextKey: "purl",
	}, orders: map[string]sqldb.OrderColumn{"name": name, "purl": purl}, last: []sqldb.OrderColumn{name, {Name: "id", SQL: "id", Number: true}}, runs: ` AND id IN (SELECT n.component FROM artifact a JOIN listing l ON l.artifact = a.id JOIN content n ON n.sbom = l.sbom WHERE ?*)`}
	err = db.read(ctx, func(t *tx) error {
		page = ctem.ComponentPage{}
		if err := t.CheckFloor(q.AsOf); err != nil {
			return err
		}
		var ids []int64
		if ids, page.Total, page.Next, err = t.page(c, q); err != nil {
			return err
		}
		byID := make(map[int64]*ctem.ComponentItem, len(ids))
		page.Items = make([]ctem.ComponentItem, len(ids))
		for i, id := range ids {
			page.Items[i].ID = id
			byID[id] = &page.Items[i]
		}
		err = t.In(`SELECT id, purl, type, namespace, name, version, qualifiers FROM component WHERE id IN (?*)`, sqldb.Anys(ids), func(r sqldb.Scanner) error {
			var c ctem.ComponentItem
			err := r.Scan(&c.ID, &c.Purl, &c.Type, &c.Group, &c.Name, &c.Version, &c.Qualifiers)
			*byID[c.ID] = c
			return err
		})
		if err != nil {
			return err
		}
		return t.listings(q, byID)
	})
	return page, err
}

// Sources lists who gives evidence, how fresh it is at the time asked for, and
// what of it was refused or could not be read.
func (db *Store) Sources(ctx context.Context, q ctem.AsOf) (list []ctem.Source, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		if err := t.CheckFloor(q); err != nil {
			return err
		}
		heard, until, err := t.heard(q)
		if err != nil {
			return err
		}
		byWatch := map[int64][]int{}
		err = t.CoverageAt(until, func(watch int64, c twin.Coverage) {
			if heard != nil && !heard[watch] {
				return
			}
			byWatch[watch] = append(byWatch[watch], len(list))
			list = append(list, ctem.Source{Coverage: c, Freshness: c.FreshnessAt(q.Time())})
		})
		if err != nil {
			return err
		}
		count := func(to func(*ctem.Source) *int) func(sqldb.Scanner) error {
			return func(r sqldb.Scanner) error {
				var watch int64
				var n int
				err := r.Scan(&watch, &n)
				for _, i := range byWatch[watch] {
					*to(&list[i]) = n
				}
				return err
			}
		}
		err = t.Query(`SELECT watch, COUNT(*) FROM evidence_rejected GROUP BY watch`, count(func(s *ctem.Source) *int { return &s.Rejected }))
		if err != nil {
			return err
		}
		return t.Query(`SELECT e.watch, COUNT(*) FROM quarantine q JOIN evidence e ON e.seq > q.from_seq AND e.seq <= q.to_seq
			WHERE q.stream = 'evidence' GROUP BY e.watch`, count(func(s *ctem.Source) *int { return &s.Quarantined }))
	})
	return list, err
}

// heard are the watches of which something was recorded by the time that a
// question bounds knowledge to, nil when it does not; and until when their signs
// of life count.
func (t *tx) heard(q ctem.AsOf) (watches map[int64]bool, until int64, err error) {
	until = sqldb.Micros(q.Time())
	if q.KnownAt.IsZero() {
		return nil, until, nil
	}
	watches = map[int64]bool{}
	err = t.Query(`SELECT DISTINCT watch FROM evidence WHERE recorded <= ?`, func(r sqldb.Scanner) error {
		var watch int64
		err := r.Scan(&watch)
		watches[watch] = true
		return err
	}, sqldb.KnownMicros(q.KnownAt))
	return watches, min(until, sqldb.KnownMicros(q.KnownAt)), err
}
