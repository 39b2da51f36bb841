package estatedb

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Workloads lists the services that run, or are declared to, at the time asked
// for, ordered by service and environment.
func (db *Store) Workloads(ctx context.Context, q ctem.ListQuery) (page ctem.WorkloadPage, err error) {
	err = db.read(ctx, func(t *tx) error {
		page = ctem.WorkloadPage{}
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		w := &workloadWalk{twinView: v, page: &page, limit: q.Limit}
		if w.keep, err = workloadFilter(q.Terms); err != nil {
			return err
		}
		if err := w.allow(q); err != nil {
			return err
		}
		return w.walk(q)
	})
	return page, err
}

// workloadWalk goes through the places in their order.
type workloadWalk struct {
	*twinView
	page  *ctem.WorkloadPage
	keep  []func(*ctem.Workload) bool
	limit int // 0: all
	after PlaceName
	total int
	more  bool // there is one beyond the page
}

// allow keeps what the asker may see.
func (w *workloadWalk) allow(q ctem.ListQuery) error {
	c := sqldb.Allowed(q, "p.service", "")
	if c.SQL == "" {
		return nil
	}
	mine := map[string]bool{}
	w.keep = append(w.keep, func(item *ctem.Workload) bool { return mine[item.Service] })
	return w.Query(`SELECT DISTINCT p.service FROM place p WHERE 1 = 1`+c.SQL, func(r sqldb.Scanner) error {
		var service string
		err := r.Scan(&service)
		mine[service] = true
		return err
	}, c.Args...)
}

// walk fills the page. The first page goes on to the end to count; the others
// know the total from the token.
func (w *workloadWalk) walk(q ctem.ListQuery) error {
	counting := q.After == ""
	if !counting {
		var err error
		if w.after, w.page.Total, err = readWorkloadToken(q.After); err != nil {
			return err
		}
	}
	for !w.more || counting {
		if w.more && len(w.keep) == 0 {
			break // the rest only has to be counted
		}
		places, err := w.nextPlaces()
		if err != nil {
			return err
		}
		if len(places) == 0 {
			break
		}
		if err := w.take(places); err != nil {
			return err
		}
	}
	if counting {
		if w.more && len(w.keep) == 0 {
			if err := w.count(); err != nil {
				return err
			}
		}
		w.page.Total = w.total
	}
	if w.more {
		last := w.page.Items[len(w.page.Items)-1]
		w.page.Next = workloadToken(PlaceName{last.Service, last.Environment}, w.page.Total)
	}
	return w.fillSBOMs()
}

// nextPlaces reads the next places; few for a small page.
func (w *workloadWalk) nextPlaces() (out []twin.Place, err error) {
	n := sqldb.Chunk
	if w.limit > 0 {
		n = min(sqldb.Chunk, w.limit+w.limit/4+1)
	}
	err = w.Query(`SELECT id, service, environment FROM place WHERE (service, environment) > (?, ?) AND environment <> '(none)'
		ORDER BY service, environment LIMIT ?`, func(r sqldb.Scanner) error {
		var p twin.Place
		err := r.Scan(&p.ID, &p.Service, &p.Environment)
		out = append(out, p)
		return err
	}, w.after.Service, w.after.Environment, n)
	if len(out) > 0 {
		last := out[len(out)-1]
		w.after = PlaceName{last.Service, last.Environment}
	}
	return out, err
}

func (w *workloadWalk) take(places []twin.Place) error {
	ids := make([]int64, len(places))
	for i, p := range places {
		ids[i] = p.ID
	}
	rows, err := w.claimsAt(ids)
	if err != nil {
		return err
	}
	for _, p := range places {
		item, live := w.workload(p, w.claims(rows[p.ID]))
		if !live || !w.kept(&item) {
			continue
		}
		w.total++
		if w.limit > 0 && len(w.page.Items) == w.limit {
			w.more = true
			continue
		}
		w.page.Items = append(w.page.Items, item)
	}
	return nil
}

func (w *workloadWalk) kept(item *ctem.Workload) bool {
	return !slices.ContainsFunc(w.keep, func(keep func(*ctem.Workload) bool) bool { return !keep(item) })
}

// count counts all that is live: as known now from presence, as believed
// earlier from history.
func (w *workloadWalk) count() error {
	if w.known != sqldb.Forever {
		return w.countRest()
	}
	var declared int
	if _, err := w.Get(countRunning, []any{w.at, w.at}, &w.total); err != nil {
		return err
	}
	_, err := w.Get(countDeclared, []any{w.at, w.at, w.at, w.at}, &declared)
	w.total += declared
	return err
}

// Places where a run-time source sees something, and apart from them, which is
// mostly few, those of declarations that no run-time source has outlived.
const (
	countRunning  = `SELECT COUNT(*) FROM (SELECT DISTINCT place FROM presence WHERE class = 'observed' AND since <= ? AND until > ?) x`
	countDeclared = `SELECT COUNT(*) FROM (SELECT place, MAX(since) AS began FROM presence
			WHERE class <> 'observed' AND since <= ? AND until > ? GROUP BY place) d
		WHERE NOT EXISTS (SELECT 1 FROM presence o WHERE o.place = d.place AND o.class = 'observed' AND o.since <= ? AND (o.until > ? OR o.until >= d.began))`
)

// countRest counts what is live beyond what was read, without its states: the
// class of a claim decides, and where a run-time source saw the end a
// declaration counts only from then on.
func (w *workloadWalk) countRest() error {
	live := map[int64]*placeCount{}
	scan := func(r sqldb.Scanner) error {
		var place, from, to int64
		var class twin.Class
		if err := r.Scan(&place, &class, &from, &to); err != nil {
			return err
		}
		c := live[place]
		if c == nil {
			c = &placeCount{}
			live[place] = c
		}
		c.add(class, from, to, w.at)
		return nil
	}
	name := []any{w.after.Service, w.after.Environment}
	err := w.Query(countCurrent, scan, append([]any{w.at, w.known}, name...)...)
	if err != nil {
		return err
	}
	if err := w.Query(countHistory, scan, append([]any{w.known, w.at, w.known, w.known, w.known, w.known}, name...)...); err != nil {
		return err
	}
	for _, c := range live {
		if c.live() {
			w.total++
		}
	}
	return nil
}

const (
	countCurrent = `SELECT c.place, s.class, h.valid_from, 0
		FROM place p JOIN claim c ON c.place = p.id JOIN claim_current h ON h.claim = c.id JOIN state s ON s.id = h.state
		WHERE h.valid_from <= ? AND h.recorded_from <= ? AND (p.service, p.environment) > (?, ?)`
	countHistory = `SELECT c.place, s.class, h.valid_from, CASE WHEN h.ended_at > ? THEN 0 ELSE h.valid_to END
		FROM place p JOIN claim c ON c.place = p.id JOIN claim_history h ON h.claim = c.id AND h.valid_from = (
			SELECT x.valid_from FROM claim_history x WHERE x.claim = c.id AND x.valid_from <= ? AND x.recorded_from <= ?
				AND (x.recorded_to = 0 OR x.recorded_to > ?) ORDER BY x.valid_from DESC LIMIT 1)
			JOIN state s ON s.id = h.state
		WHERE h.recorded_from <= ? AND (h.recorded_to = 0 OR h.recorded_to > ?) AND (p.service, p.environment) > (?, ?)`
)

// placeCount is what decides whether a place is live.
type placeCount struct {
	observed        bool
	declared, ended int64 // newest beginning of a live declaration; newest end of a run-time claim
}

func (c *placeCount) add(class twin.Class, from, to, at int64) {
	live := to == 0 || to == sqldb.Forever || to > at
	switch {
	case live && class == twin.Observed:
		c.observed = true
	case live:
		c.declared = max(c.declared, from)
	case class == twin.Observed:
		c.ended = max(c.ended, to)
	}
}

func (c *placeCount) live() bool { return c.observed || c.declared > c.ended }

func workloadToken(last PlaceName, total int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d\x00%s\x00%s", total, last.Service, last.Environment))
}

func readWorkloadToken(token string) (last PlaceName, total int, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	parts := strings.SplitN(string(raw), "\x00", 3)
	if err != nil || len(parts) != 3 {
		return last, 0, fault.New(fault.Invalid, "%q does not continue a list of workloads", token)
	}
	if _, err := fmt.Sscanf(parts[0], "%d", &total); err != nil {
		return last, 0, fault.New(fault.Invalid, "%q does not continue a list of workloads", token)
	}
	return PlaceName{parts[1], parts[2]}, total, nil
}
