package exposuredb

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Affected answers "are we affected?" by a weakness (any of its names), a
// package (purl, or its name, with or without version) or an artifact
// (digest). Items are the live exposures, as many as the limit (0: all).
func (db *Store) Affected(ctx context.Context, q ctem.ListQuery, what string) (ctem.Affected, error) {
	return db.indexing.affected(ctx, q, what, search.coverage)
}

// AffectedExposures is Affected without how far was looked.
func (x indexing) AffectedExposures(ctx context.Context, q ctem.ListQuery, what string) (ctem.Affected, error) {
	return x.affected(ctx, q, what, nil)
}

// SearchCoverage is how far Affected looks, whatever is asked for.
func (x indexing) SearchCoverage(ctx context.Context, q ctem.ListQuery) (c ctem.SearchCoverage, err error) {
	err = x.store.viewExposures(ctx, q.AsOf, func(v *exposureView) error {
		c, err = newSearch(v, q).coverage()
		return err
	})
	return c, err
}

func (x indexing) affected(ctx context.Context, q ctem.ListQuery, what string, coverage func(search) (ctem.SearchCoverage, error)) (a ctem.Affected, err error) {
	query := strings.TrimSpace(what)
	a = ctem.Affected{Query: query, Running: map[ctem.Tri]int{}}
	if err := ctem.PlainText("the query", query); err != nil {
		return a, err
	}
	err = x.store.viewExposures(ctx, q.AsOf, func(v *exposureView) error {
		allow(v, q)
		s := newSearch(v, q)
		if err := s.exposures(&a, q.Limit); err != nil {
			return err
		}
		if coverage != nil {
			if a.Coverage, err = coverage(s); err != nil {
				return err
			}
		}
		if a.Page.Total > 0 {
			return nil
		}
		if a.Unheard, err = s.unheard(query); err != nil {
			return err
		}
		a.Present, err = s.present(query)
		return err
	})
	return a, err
}

func newSearch(v *exposureView, q ctem.ListQuery) search {
	places := sqldb.Allowed(q, "p.service", "")
	s := search{v, sqldb.Condition{SQL: " AND c.place IN (SELECT p.id FROM place p WHERE 1 = 1" + places.SQL + ")", Args: places.Args}}
	if places.SQL == "" {
		s.places.SQL = ""
	}
	return s
}

// search answers "are we affected?" on a view.
type search struct {
	*exposureView
	places sqldb.Condition // whose covers the asker may see
}

// exposures finds the live exposures that the query names.
func (s search) exposures(a *ctem.Affected, limit int) error {
	subjects, err := s.subjects(a.Query)
	if err != nil {
		return err
	}
	var rows []ranked
	for _, way := range s.arms {
		for _, c := range subjects {
			c.SQL = way.where + " AND +" + s.live + s.allowed.SQL + " AND (" + c.SQL + ")"
			c.Args = append(slices.Clone(s.allowed.Args), c.Args...)
			found, err := s.rank(way, c, 0)
			if err != nil {
				return err
			}
			rows = append(rows, found...)
		}
	}
	slices.SortFunc(rows, compareRanked)
	rows = slices.Compact(rows) // found by its weakness and by its component
	for _, r := range rows {
		a.Running[sqldb.TriOf(r.running)]++
	}
	a.Page.Total = len(rows)
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
		a.Page.Next = rows[limit-1].token()
	}
	a.Page.Items, err = s.details(numsOf(rows))
	return err
}

// subjects are the conditions of which any may hold, each with an index of its
// own; none where the store has nothing of that name.
func (s search) subjects(query string) ([]sqldb.Condition, error) {
	f := exposureFilter{exposureView: s.exposureView}
	switch {
	case strings.HasPrefix(query, "pkg:"):
		return []sqldb.Condition{f.purlTerm(query)}, nil
	case strings.HasPrefix(query, "sha256:"), strings.HasPrefix(query, "sha512:"):
		return []sqldb.Condition{f.digestTerm(query)}, nil
	}
	name, version, _ := strings.Cut(query, "@")
	names := oneOf("name", spellings([]string{query}))
	var found []sqldb.Condition
	for _, c := range []struct {
		column, query string
		args          []any
	}{
		{"e.weakness", `SELECT DISTINCT weakness FROM weakness_name WHERE ` + names.SQL, names.Args},
		{"e.locus", `SELECT id FROM locus WHERE name = ?`, []any{name}},
	} {
		var ids []int64
		if err := s.Query(c.query, sqldb.AppendID(&ids), c.args...); err != nil {
			return nil, err
		}
		for part := range slices.Chunk(ids, sqldb.Chunk) {
			found = append(found, sqldb.Condition{SQL: c.column + " IN " + sqldb.Tuples(1, len(part)), Args: sqldb.Anys(part)})
		}
	}
	covered, err := s.covered(f, spellings([]string{query}))
	if err != nil || version == "" {
		return append(found, covered...), err
	}
	body := f.bodyTerm(`"version":"` + version + `"`)
	for i := range found {
		found[i] = sqldb.Condition{SQL: found[i].SQL + " AND " + body.SQL, Args: append(found[i].Args, body.Args...)}
	}
	return found, nil
}

// weaknessID is how the databases of weaknesses write their ids. Names of
// packages look otherwise, or may be taken for an id: both have no record then.
var weaknessID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^((?i:CVE)-\d{4}-\d+|(?i:GHSA)(-[0-9A-Za-z]{4}){3}|[A-Z]{2,}[A-Z0-9]*-[A-Za-z0-9:.-]*\d[A-Za-z0-9:.-]*)$`)
})

// unheard reports whether the query is an id that no loaded record has. A
// catalogue or a score alone does not say which packages a weakness is in.
func (s search) unheard(query string) (bool, error) {
	if !weaknessID().MatchString(query) {
		return false, nil
	}
	names := oneOf("name", spellings([]string{query}))
	var num int64
	heard, err := s.Get(`SELECT num FROM advisory_name WHERE `+names.SQL+` LIMIT 1`, names.Args, &num)
	return !heard, err
}

// covered are the conditions for a distribution's advisory about several
// weaknesses: it is the name of none, so what it matched is asked for.
func (s search) covered(f exposureFilter, ids []string) (found []sqldb.Condition, err error) {
	for _, id := range ids {
		var weaknesses []int64
		err := s.Query(`SELECT w.weakness FROM matched_record r JOIN record_weakness w ON w.record = r.id
			WHERE r.record = ? AND NOT EXISTS (SELECT 1 FROM weakness_name n WHERE n.name = r.record)`, sqldb.AppendID(&weaknesses), id)
		if err != nil {
			return nil, err
		}
		body := f.bodyTerm(`"` + id + `"`)
		for part := range slices.Chunk(weaknesses, sqldb.Chunk) {
			found = append(found, sqldb.Condition{SQL: "e.weakness IN " + sqldb.Tuples(1, len(part)) + " AND " + body.SQL, Args: append(sqldb.Anys(part), body.Args...)})
		}
	}
	return found, nil
}

// digestTerm looks only at the places that ever had the digest.
func (f exposureFilter) digestTerm(digest string) sqldb.Condition {
	body := f.bodyTerm(digest)
	return sqldb.Condition{
		SQL:  `e.place IN (SELECT place FROM place_image WHERE digest = ? UNION SELECT place FROM artifact WHERE artifact = ?) AND ` + body.SQL,
		Args: append([]any{digest, digest}, body.Args...),
	}
}

// coversAt selects the covers of live places at the time of the question.
const coversAt = ` FROM place_cover c WHERE c.live = 1 AND c.valid_from <= ? AND (c.valid_to > ? OR c.ended_at > ?)
	AND c.recorded_from <= ? AND c.recorded_to > ?`

func (v *exposureView) coversArgs() []any {
	at := sqldb.Micros(v.at)
	return []any{at, at, v.known, v.known, v.known}
}

// coverage counts the live workloads, and those that could be looked into. A
// workload whose sources all fell silent was not looked into.
func (s search) coverage() (c ctem.SearchCoverage, err error) {
	seen, err := s.signsOfLife()
	if err != nil {
		return c, err
	}
	err = s.Query(`SELECT c.basis, c.covered, COUNT(*)`+coversAt+s.places.SQL+` GROUP BY c.basis, c.covered`, func(r sqldb.Scanner) error {
		var basis, covered int64
		var n int
		if err := r.Scan(&basis, &covered, &n); err != nil {
			return err
		}
		c.Total += n
		if covered == 0 || s.ages[basis].freshness == twin.Lapsed {
			return nil
		}
		c.Searched += n
		if at := seen[basis]; !at.IsZero() && (c.Oldest.IsZero() || at.Before(c.Oldest)) {
			c.Oldest = at
		}
		return nil
	}, append(s.coversArgs(), s.places.Args...)...)
	return c, err
}

// signsOfLife is the newest sign of life of each basis, of whatever class.
func (v *exposureView) signsOfLife() (map[int64]time.Time, error) {
	last := map[ctem.SourceScope]time.Time{}
	err := v.CoverageAt(sqldb.Micros(v.at), func(_ int64, c twin.Coverage) {
		key := ctem.SourceScope{Source: c.Source, Scope: c.Scope}
		if c.Seen.After(last[key]) {
			last[key] = c.Seen
		}
	})
	if err != nil {
		return nil, err
	}
	out := map[int64]time.Time{}
	err = v.Query(`SELECT id, sources FROM exposure_basis`, func(r sqldb.Scanner) error {
		var id int64
		var text string
		if err := r.Scan(&id, &text); err != nil {
			return err
		}
		sources, err := basisSources(text)
		for _, source := range sources {
			if at := last[source]; at.After(out[id]) {
				out[id] = at
			}
		}
		return err
	})
	return out, err
}

// present counts the live workloads whose artifacts list the package by name,
// in some version: without a known weakness that is no exposure, but it would
// be wrong to say that it was not found.
func (s search) present(query string) (n int, err error) {
	name, version, _ := strings.Cut(query, "@")
	condition, key := `p.name = ?`, name
	if strings.HasPrefix(query, "pkg:") {
		key, version = twin.Locus(query), twin.PurlVersion(query)
		condition = `p.locus = ?`
	}
	if key == "" {
		return 0, nil
	}
	_, err = s.Get(`SELECT COUNT(DISTINCT c.place)`+strings.Replace(coversAt, " WHERE", ` JOIN (SELECT DISTINCT i.place FROM
			(SELECT e.component, e.locus, e.version, k.name FROM component_eval e JOIN component k ON k.id = e.component) p
			JOIN content t ON t.component = p.component JOIN listing l ON l.sbom = t.sbom JOIN artifact a ON a.id = l.artifact
			JOIN place_image i ON i.digest = a.artifact OR i.nametag = a.nametag AND i.nametag <> ''
			WHERE `+condition+` AND (p.version = ? OR ? = '')) f ON f.place = c.place WHERE`, 1)+s.places.SQL,
		append(append([]any{key, version, version}, s.coversArgs()...), s.places.Args...), &n)
	return n, err
}
