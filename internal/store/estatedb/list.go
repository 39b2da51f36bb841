package estatedb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Workloads lists the services that run, or are declared to, at the time asked
// for, ordered by service and environment unless it is asked otherwise.
func (db *Store) Workloads(ctx context.Context, q ctem.ListQuery) (page ctem.WorkloadPage, err error) {
	sort, err := sqldb.OrderOf("workloads", q.Sort, placeOrders(), placeOrders()["service"], placeOrders()["environment"])
	if err != nil {
		return page, err
	}
	return page, db.walk(ctx, q, &workloadWalk{page: &page, sort: sort})
}

// ServicesList lists services with the environments they are live in at the
// time asked for, by name unless it is asked otherwise.
func (db *Store) ServicesList(ctx context.Context, q ctem.ListQuery) (list ctem.Page[ctem.Service], err error) {
	orders := placeOrders()
	service, environment := orders["service"], orders["environment"]
	delete(orders, "env")
	delete(orders, "environment")
	sort, err := sqldb.OrderOf("services", q.Sort, orders, service, environment)
	if err != nil {
		return list, err
	}
	var page ctem.WorkloadPage
	if err := db.walk(ctx, q, &workloadWalk{page: &page, sort: sort, services: true}); err != nil {
		return list, err
	}
	list.Total, list.Next = page.Total, page.Next
	for i := range page.Items {
		w := &page.Items[i]
		if n := len(list.Items); n == 0 || list.Items[n-1].Name != w.Service {
			list.Items = append(list.Items, ctem.Service{Name: w.Service, Owner: w.Owner})
		}
		s := &list.Items[len(list.Items)-1]
		s.Environments = append(s.Environments, w.Environment)
		s.Workloads++
	}
	return list, nil
}

// placeOrders are the columns of place p that lists of workloads are ordered by.
func placeOrders() map[string]sqldb.OrderColumn {
	service, environment := sqldb.OrderColumn{Name: "service", SQL: "p.service"}, sqldb.OrderColumn{Name: "environment", SQL: "p.environment"}
	return map[string]sqldb.OrderColumn{
		"service": service, "svc": service, "environment": environment, "env": environment, "owner": {Name: "owner", SQL: "p.owner"},
	}
}

func (db *Store) walk(ctx context.Context, q ctem.ListQuery, w *workloadWalk) error {
	begin := *w
	return db.read(ctx, func(t *tx) error {
		*w = begin // a transaction may be tried again
		*w.page = ctem.WorkloadPage{}
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		w.twinView, w.limit = v, q.Limit
		var rest []ctem.Term
		if w.where, rest, err = place(q); err != nil {
			return err
		}
		if w.keep, err = workloadFilter(rest); err != nil {
			return err
		}
		w.parts = slices.ContainsFunc(rest, func(t ctem.Term) bool { return t.Key == "sbom" || t.Key == "provenance" })
		return w.walk(q)
	})
}

// workloadWalk goes through the places in an order.
type workloadWalk struct {
	*twinView
	page     *ctem.WorkloadPage
	sort     sqldb.Ordering
	where    sqldb.Condition // on place p
	keep     []func(*ctem.Workload) bool
	limit    int  // 0: all
	services bool // services are counted, each with all its workloads
	after    []any
	total    int
	counted  string   // the service that was counted last
	more     bool     // there is one beyond the page
	last     []string // key of the page's last row
}

// placeRow is a place with what orders it.
type placeRow struct {
	twin.Place
	owner string
	key   []string
}

// walk fills the page. The first page goes on to the end to count; the others
// know the total from the token.
func (w *workloadWalk) walk(q ctem.ListQuery) error {
	counting := q.After == ""
	if !counting {
		var err error
		if w.after, w.page.Total, err = w.sort.Read(q.After); err != nil {
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
		w.page.Next = w.sort.Token(w.page.Total, w.last)
	}
	if err := w.fillRules(); err != nil || w.services {
		return err
	}
	return w.fillParts(w.page.Items)
}

// fillRules says for each workload of the page by which rule its owner is.
func (w *workloadWalk) fillRules() error {
	places, said := make([]any, len(w.page.Items)), map[int64]string{}
	for i := range w.page.Items {
		places[i] = w.page.Items[i].Place
	}
	err := w.In(`SELECT place, rule FROM place_owner WHERE place IN (?*)`, places, func(r sqldb.Scanner) error {
		var place int64
		var rule string
		err := r.Scan(&place, &rule)
		said[place] = rule
		return err
	})
	for i := range w.page.Items {
		item := &w.page.Items[i]
		rule, ok := said[item.Place]
		if !ok && item.Owner != "" {
			rule = "the scope"
		}
		item.OwnerRule = rule
	}
	return err
}

// nextPlaces reads the next places; few for a small page.
func (w *workloadWalk) nextPlaces() (out []placeRow, err error) {
	n := sqldb.Chunk
	if w.limit > 0 {
		n = min(sqldb.Chunk, w.limit+w.limit/4+1)
	}
	where := w.where
	if w.after != nil {
		c := w.sort.After(w.after)
		where.SQL, where.Args = where.SQL+c.SQL, slices.Concat(where.Args, c.Args)
	}
	err = w.Query(`SELECT p.id, p.service, p.environment, p.owner, `+w.sort.Columns()+` FROM place p
		WHERE p.environment <> '(none)'`+where.SQL+` ORDER BY `+w.sort.By()+` LIMIT ?`, func(r sqldb.Scanner) error {
		row := placeRow{key: make([]string, len(w.sort))}
		to := []any{&row.ID, &row.Service, &row.Environment, &row.owner}
		for i := range row.key {
			to = append(to, &row.key[i])
		}
		err := r.Scan(to...)
		out = append(out, row)
		return err
	}, append(slices.Clone(where.Args), n)...)
	if len(out) > 0 {
		w.after = sqldb.Anys(out[len(out)-1].key)
	}
	return out, err
}

func (w *workloadWalk) take(places []placeRow) error {
	ids := make([]int64, len(places))
	for i := range places {
		ids[i] = places[i].ID
	}
	rows, err := w.claimsAt(ids)
	if err != nil {
		return err
	}
	if w.closed, err = sqldb.ClosedAt(w.Tx, ids, w.asked); err != nil {
		return err
	}
	items, live := make([]ctem.Workload, len(places)), make([]bool, len(places))
	for i := range places {
		items[i], live[i] = w.workload(places[i].Place, w.claims(rows[places[i].ID]))
		items[i].Owner = places[i].owner
	}
	if w.parts {
		if err := w.fillParts(items); err != nil {
			return err
		}
	}
	for i := range places {
		if live[i] && w.kept(&items[i]) {
			w.put(&places[i], &items[i])
		}
	}
	return nil
}

// put counts a workload, and takes it onto the page while there is room. A
// service is on it with all its workloads, which follow each other.
func (w *workloadWalk) put(p *placeRow, item *ctem.Workload) {
	if !w.services || w.total == 0 || w.counted != p.Service {
		w.total++
		w.counted = p.Service
		w.more = w.more || w.limit > 0 && w.total > w.limit
	}
	if w.more {
		return
	}
	w.last = p.key
	w.page.Items = append(w.page.Items, *item)
}

func (w *workloadWalk) kept(item *ctem.Workload) bool {
	return !slices.ContainsFunc(w.keep, func(keep func(*ctem.Workload) bool) bool { return !keep(item) })
}

// count counts all that is live: as known now from presence, as believed
// earlier from history.
func (w *workloadWalk) count() error {
	if w.known != sqldb.Forever {
		return w.countBelieved()
	}
	running, declared := []any{w.at, w.at}, []any{w.at, w.at, w.at, w.at}
	if w.services {
		args := slices.Concat(running, w.where.Args, declared, w.where.Args)
		_, err := w.Get(`SELECT COUNT(*) FROM (SELECT p.service FROM place p WHERE p.id IN (`+runningPlaces+`)`+w.where.SQL+`
			UNION SELECT p.service FROM place p WHERE p.id IN (`+declaredPlaces+`)`+w.where.SQL+`) x`, args, &w.total)
		return err
	}
	in := ""
	if w.where.SQL != "" {
		in = ` JOIN place p ON p.id = x.place WHERE 1 = 1` + w.where.SQL
	}
	var more int
	if _, err := w.Get(`SELECT COUNT(*) FROM (`+runningPlaces+`) x`+in, append(running, w.where.Args...), &w.total); err != nil {
		return err
	}
	_, err := w.Get(`SELECT COUNT(*) FROM (`+declaredPlaces+`) x`+in, append(declared, w.where.Args...), &more)
	w.total += more
	return err
}

// Places where a run-time source sees something, and apart from them, which is
// mostly few, those of declarations that no run-time source has outlived.
const (
	runningPlaces  = `SELECT DISTINCT place FROM presence WHERE class = 'observed' AND since <= ? AND until > ?`
	declaredPlaces = `SELECT place FROM (SELECT place, MAX(since) AS began FROM presence
			WHERE class <> 'observed' AND since <= ? AND until > ? GROUP BY place) d
		WHERE NOT EXISTS (SELECT 1 FROM presence o WHERE o.place = d.place AND o.class = 'observed' AND o.since <= ? AND (o.until > ? OR o.until >= d.began))`
)

// countBelieved counts what is live without its states: the class of a claim
// decides, and where a run-time source saw the end a declaration counts only from
// then on.
func (w *workloadWalk) countBelieved() error {
	live := map[int64]*placeCount{}
	scan := func(r sqldb.Scanner) error {
		var place, from, to int64
		var class twin.Class
		var service string
		if err := r.Scan(&place, &service, &class, &from, &to); err != nil {
			return err
		}
		c := live[place]
		if c == nil {
			c = &placeCount{service: service}
			live[place] = c
		}
		c.add(class, from, to, w.at)
		return nil
	}
	err := w.Query(countCurrent+w.where.SQL, scan, append([]any{w.at, w.known}, w.where.Args...)...)
	if err != nil {
		return err
	}
	if err := w.Query(countHistory+w.where.SQL, scan, append([]any{w.known, w.at, w.known, w.known, w.known, w.known}, w.where.Args...)...); err != nil {
		return err
	}
	places, services := 0, map[string]bool{}
	for _, c := range live {
		if c.live() {
			places++
			services[c.service] = true
		}
	}
	if w.total = places; w.services {
		w.total = len(services)
	}
	return nil
}

const (
	countCurrent = `SELECT c.place, p.service, s.class, h.valid_from, 0
		FROM place p JOIN claim c ON c.place = p.id JOIN claim_current h ON h.claim = c.id JOIN state s ON s.id = h.state
		WHERE h.valid_from <= ? AND h.recorded_from <= ?`
	countHistory = `SELECT c.place, p.service, s.class, h.valid_from, CASE WHEN h.ended_at > ? THEN 0 ELSE h.valid_to END
		FROM place p JOIN claim c ON c.place = p.id JOIN claim_history h ON h.claim = c.id AND h.valid_from = (
			SELECT x.valid_from FROM claim_history x WHERE x.claim = c.id AND x.valid_from <= ? AND x.recorded_from <= ?
				AND (x.recorded_to = 0 OR x.recorded_to > ?) ORDER BY x.valid_from DESC LIMIT 1)
			JOIN state s ON s.id = h.state
		WHERE h.recorded_from <= ? AND (h.recorded_to = 0 OR h.recorded_to > ?)`
)

// placeCount is what decides whether a place is live.
type placeCount struct {
	service         string
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
