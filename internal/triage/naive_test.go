package triage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// naive answers queries row by row, in plain Go: what the index must agree with.
type naive struct {
	rows []Row
	q    Query
}

func (n naive) find() []Row {
	var out []Row
	for _, r := range n.rows {
		if n.seen(r) && n.side(r) && !slices.ContainsFunc(n.q.Terms, func(t ctem.Term) bool { return n.holds(r, t) == t.Negate }) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, n.compare)
	return out
}

func (n naive) seen(r Row) bool {
	if n.q.Owner != "" && r.Place.Owner != n.q.Owner {
		return false
	}
	return n.q.Products == nil || len(n.products(r)) > 0
}

// products are those of the row that the asker may know of.
func (n naive) products(r Row) (out []string) {
	for _, p := range r.Place.Products {
		if n.q.Products == nil || slices.Contains(n.q.Products, p) {
			out = append(out, p)
		}
	}
	return out
}

func (n naive) side(r Row) bool {
	live, closed := false, false
	for _, t := range n.q.Terms {
		if t.Key == "id" {
			return true
		}
		if t.Key != "is" && t.Key != "state" || t.Negate {
			continue
		}
		for _, v := range t.Values {
			live = live || slices.Contains([]string{"open", "unknown", "live"}, v)
			closed = closed || slices.Contains([]string{"fixed", "retired", "withdrawn", "closed"}, v)
		}
	}
	if live && closed {
		return true
	}
	return r.Standing.State.Live() == !closed
}

func (n naive) holds(r Row, t ctem.Term) bool {
	switch t.Key {
	case "first", "age", "since", "due", "score", "epss":
		if t.Op != ":" {
			return n.compares(r, t)
		}
	}
	return slices.ContainsFunc(t.Values, func(v string) bool { return n.one(r, t.Key, v) })
}

func tri(t ctem.Tri) string { return cmp.Or(string(t), "unknown") }

func among(list []string, v string) bool {
	switch v {
	case "none":
		return len(list) == 0
	case "*":
		return len(list) > 0
	}
	return slices.Contains(list, v)
}

func listed(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func (n naive) one(r Row, key, v string) bool {
	switch key {
	case "is", "state":
		return n.is(r, v)
	case "decision":
		return cmp.Or(r.Standing.Decision.Token(), "undecided") == v
	case "computed":
		return cmp.Or(r.Standing.Computed.Token(), "undecided") == v
	case "treatment":
		return cmp.Or(string(r.Standing.Treatment), "none") == v
	case "sev":
		return cmp.Or(r.Weak.Severity, "unknown") == v
	case "kev":
		return tri(r.Weak.KEV) == v
	case "found":
		return tri(r.Gates.Found) == v
	case "running":
		return tri(r.Gates.Running) == v
	case "reach":
		return tri(r.Gates.Reachable) == v
	case "exploit":
		return tri(r.Gates.Exploitable) == v
	case "matters":
		return tri(r.Gates.Matters) == v
	case "passed":
		return (v == "yes") == (stopped(r) == "")
	case "fresh":
		return cmp.Or(string(r.Origin.Freshness), "unknown") == v
	}
	return n.named(r, key, v)
}

func (n naive) named(r Row, key, v string) bool {
	switch key {
	case "svc", "service":
		return among(listed(r.Place.Service), v)
	case "env":
		return among(listed(r.Place.Environment), v)
	case "owner":
		return among(listed(r.Place.Owner), v)
	case "product":
		return among(n.products(r), v)
	case "source":
		return among(r.Origin.Sources, v)
	case "data":
		return among(r.Origin.DataClasses, v)
	case "kind":
		return among(listed(string(r.Weak.Kind)), v)
	case "locus":
		return among(listed(r.Part.Locus), v)
	case "component":
		return twin.LocusName(r.Part.Locus) == v
	case "version":
		return among(r.Part.Versions, v)
	case "cve", "weakness":
		return slices.Contains(append([]string{r.Weak.Name}, r.Weak.Aliases...), strings.ToUpper(v))
	case "id":
		return r.ID == strings.ToUpper(v)
	case "by":
		return map[string]bool{"rules": r.Standing.DecidedBy == "", "person": r.Standing.DecidedBy != ""}[v] || r.Standing.DecidedBy == v
	case "fix":
		return map[string]bool{"yes": r.Part.Fix != "", "no": r.Part.Fix == "", "none": r.Part.Fix == ""}[v] || r.Part.Fix == v
	case "sla":
		return slaOf(r, n.q.Now) == v
	case "age":
		return ageOf(r, n.q.Now) == v
	case "due":
		return map[string]bool{"none": r.Clock.Deadline.IsZero(), "*": !r.Clock.Deadline.IsZero(), "late": slaOf(r, n.q.Now) == "late"}[v]
	case "epss":
		return (v == "none") == (r.Weak.EPSS == nil)
	case "score":
		return strconv.Itoa(r.Standing.Score) == v
	}
	return n.text(r, key, v)
}

func (n naive) text(r Row, key, v string) bool {
	inside := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, v) })
	}
	switch key {
	case "image", "digest":
		return inside(r.Part.Images) || inside(r.Part.Digests)
	case "purl":
		locus, version, versioned := strings.Cut(v, "@")
		return strings.Contains(r.Part.Locus, locus) && (!versioned || slices.Contains(r.Part.Versions, version))
	case "text":
		v = strings.ToLower(v)
		names := strings.ToLower(strings.Join(append([]string{r.Weak.Name, r.Part.Locus}, r.Weak.Aliases...), "\n"))
		return strings.ToUpper(v) == r.ID || strings.Contains(names, v) || strings.Contains(strings.ToLower(r.Place.Service+" "+r.Place.Environment), v)
	}
	panic("the naive reference has no key " + key)
}

func (n naive) is(r Row, v string) bool {
	switch v {
	case "live", "closed":
		return r.Standing.State.Live() == (v == "live")
	case "regressed":
		return r.Standing.Regressions > 0
	case "excepted":
		return r.Standing.Treatment == ctem.TreatExcepted
	case "new":
		return !r.Clock.FirstSeen.IsZero() && n.q.Now.Sub(r.Clock.FirstSeen) < 7*24*time.Hour
	case "late":
		return slaOf(r, n.q.Now) == "late"
	case "unowned":
		return r.Place.Owner == ""
	case "assigned":
		return r.Place.Owner != ""
	}
	return string(r.Standing.State) == v
}

func slaOf(r Row, now time.Time) string {
	switch due := r.Clock.Deadline; {
	case due.IsZero():
		return "none"
	case due.Before(now):
		return "late"
	case !due.After(now.Add(7 * 24 * time.Hour)):
		return "due7"
	}
	return "later"
}

func ageOf(r Row, now time.Time) string {
	if r.Clock.FirstSeen.IsZero() {
		return "unknown"
	}
	days := now.Sub(r.Clock.FirstSeen).Hours() / 24
	for _, b := range []struct {
		below float64
		name  string
	}{{7, "week"}, {30, "month"}, {90, "quarter"}, {365, "year"}} {
		if days < b.below {
			return b.name
		}
	}
	return "older"
}

// compares has the comparisons that the generator asks, with the meaning that
// a person gives them.
func (n naive) compares(r Row, t ctem.Term) bool {
	days := func(s string) float64 { f, _ := strconv.ParseFloat(strings.TrimSuffix(s, "d"), 64); return f }
	have, known := 0.0, true
	switch t.Key {
	case "first", "age":
		have, known = n.q.Now.Sub(r.Clock.FirstSeen).Hours()/24, !r.Clock.FirstSeen.IsZero()
	case "since":
		have, known = n.q.Now.Sub(r.Clock.Since).Hours()/24, !r.Clock.Since.IsZero()
	case "due":
		have, known = r.Clock.Deadline.Sub(n.q.Now).Hours()/24, !r.Clock.Deadline.IsZero()
	case "score":
		have = float64(r.Standing.Score)
	case "epss":
		if known = r.Weak.EPSS != nil; known {
			have = *r.Weak.EPSS
		}
	}
	if !known {
		return false
	}
	switch low := days(t.Values[0]); t.Op {
	case ">":
		return have > low
	case ">=":
		return have >= low
	case "<":
		return have < low
	case "<=":
		return have <= low
	default:
		return have >= low && have <= days(t.Values[1])
	}
}

func stopped(r Row) string {
	for _, g := range []struct {
		key string
		is  ctem.Tri
	}{{"found", r.Gates.Found}, {"running", r.Gates.Running}, {"reach", r.Gates.Reachable}, {"exploit", r.Gates.Exploitable}, {"matters", r.Gates.Matters}} {
		if g.is == ctem.No {
			return g.key
		}
	}
	return ""
}

func (n naive) compare(a, b Row) int {
	sort := n.q.Sort
	if sort == nil {
		sort = []SortKey{{"decision", true}, {"score", true}}
	}
	for _, k := range sort {
		x, y := sortValue(a, k.Key), sortValue(b, k.Key)
		if (x == nil) != (y == nil) {
			return map[bool]int{true: 1, false: -1}[x == nil]
		}
		c := 0
		switch x := x.(type) {
		case float64:
			c = cmp.Compare(x, y.(float64))
		case string:
			c = cmp.Compare(x, y.(string))
		}
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(a.ID, b.ID)
}

// sortValue is nil when there is none.
func sortValue(r Row, key string) any {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	at := func(t time.Time, sign float64) any {
		if t.IsZero() {
			return nil
		}
		return sign * float64(t.UnixMicro())
	}
	switch key {
	case "decision":
		return float64(slices.Index([]ctem.Word{"", ctem.NoAction, ctem.Watch, ctem.Schedule, ctem.ActNow}, r.Standing.Decision))
	case "score":
		return float64(r.Standing.Score)
	case "sev":
		return float64(slices.Index([]string{"none", "low", "medium", "high", "critical"}, r.Weak.Severity))
	case "due":
		return at(r.Clock.Deadline, 1)
	case "first":
		return at(r.Clock.FirstSeen, 1)
	case "age":
		return at(r.Clock.FirstSeen, -1)
	case "epss":
		if r.Weak.EPSS == nil {
			return nil
		}
		return *r.Weak.EPSS
	case "service":
		return text(r.Place.Service)
	case "env":
		return text(r.Place.Environment)
	case "weakness":
		return text(r.Weak.Name)
	case "component":
		return text(twin.LocusName(r.Part.Locus))
	}
	return text(r.Place.Owner)
}
