package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// Match says that a record is about a component's version, and why.
type Match struct {
	Record   *advisory.Record
	Affected int      // index of the first entry of Record.Affected that hit
	Fixed    []string // versions that clear the record, ascending; none is known when empty
	Reason   Reason
	// Withdrawn marks a record that was taken back at some time: whether that
	// time has come is the caller's to say (Record.InForceAt).
	Withdrawn bool
}

// Reason says how a match came about.
type Reason struct {
	Key        advisory.PackageKey // under which the record was found
	Name       string              // the name compared, before it was normalised
	Release    string              // of the record; "" when it names none
	Range      string              // ">= 1.2.0, < 1.2.5", or "listed versions"
	Comparison string              // "1.2.0 <= 1.2.3 < 1.2.5"
}

// Result is everything that can be said about one component.
type Result struct {
	Package   Package
	Matches   []Match // the ecosystem's own records first, then GHSA, CVE and others, by id
	Undecided []Undecided
}

// Evaluate decides one component. To decide many, use an Evaluator.
func Evaluate(ix Index, c twin.Component) Result { return NewEvaluator(ix).Evaluate(c) }

// Evaluator decides components against one index and remembers the versions
// that it has parsed. It serves one goroutine at a time.
type Evaluator struct {
	ix     Index
	orders map[string]*order
}

// NewEvaluator returns an Evaluator over an index.
func NewEvaluator(ix Index) *Evaluator {
	return &Evaluator{ix: ix, orders: map[string]*order{}}
}

// Evaluate decides one component.
func (e *Evaluator) Evaluate(c twin.Component) Result {
	p, why := PackageOf(c)
	res := Result{Package: p}
	if why != nil {
		res.Undecided = []Undecided{*why}
		return res
	}
	q := e.question(p, c)
	if !e.ix.Has(p.Ecosystem) {
		q.doubt(twin.NoFeed, "no feed for "+p.Ecosystem)
	}
	for i, key := range Keys(p) {
		q.askAll(e.ix.Records(key), key, p.lookups()[i])
	}
	q.settleGitOnly()
	slices.SortStableFunc(q.matches, func(a, b Match) int { return Precedence(p.Ecosystem, a.Record.ID, b.Record.ID) })
	res.Matches, res.Undecided = q.matches, q.doubts
	return res
}

func (e *Evaluator) question(p Package, c twin.Component) *question {
	return &question{order: e.order(p.Ecosystem), semver: e.order(advisory.NPM), pkg: p, component: c}
}

func (e *Evaluator) order(ecosystem string) *order {
	scheme := schemeOf(ecosystem)
	o := e.orders[scheme]
	if o == nil {
		o = &order{scheme: scheme, known: map[string]parsed{}}
		e.orders[scheme] = o
	}
	return o
}

// question is the evaluation of one component.
type question struct {
	order     *order // of the ecosystem
	semver    *order
	pkg       Package
	component twin.Component
	matches   []Match
	doubts    []Undecided
	seen      []*advisory.Record // only with two lookups
	clear     []*advisory.Record // evaluated, no match
	gitOnly   []*advisory.Record // could not be evaluated
}

// asked is what one record is asked: about which name, in which version.
type asked struct {
	record  *advisory.Record
	key     advisory.PackageKey
	lookup  lookup
	version semantic.Version
}

// doubt notes an undecided reason once; the first detail stays.
func (q *question) doubt(reason twin.Reason, detail string) {
	for _, d := range q.doubts {
		if d.Reason == reason {
			return
		}
	}
	q.doubts = append(q.doubts, *undecided(q.component, reason, detail))
}

func (q *question) askAll(records []*advisory.Record, key advisory.PackageKey, l lookup) {
	if len(records) == 0 {
		return
	}
	v, err := q.order.parse(l.version)
	if err != nil {
		q.doubt(twin.UnparsableVersion, err.Error())
		return
	}
	for _, r := range records {
		if slices.Contains(q.seen, r) {
			continue
		}
		q.ask(asked{record: r, key: key, lookup: l, version: v})
	}
	if q.pkg.Source != "" && namesIn(q.pkg.Ecosystem) == bothNames {
		q.seen = append(q.seen, records...)
	}
}

// ask decides one record: it matches when one of its entries for the package hits.
func (q *question) ask(a asked) {
	entries := q.entries(a)
	if len(entries) == 0 {
		return
	}
	var m *Match
	var fixes []bound
	for _, i := range entries {
		h := q.hit(a, i)
		if h == nil {
			continue
		}
		if m == nil {
			m = &Match{Record: a.record, Affected: i, Reason: h.reason, Withdrawn: !a.record.Withdrawn.IsZero()}
		}
		fixes = append(fixes, h.fixes...)
	}
	if m == nil {
		q.pass(a.record, entries)
		return
	}
	m.Fixed = q.clearing(a, entries, fixes)
	q.matches = append(q.matches, *m)
}

// pass files a record that did not match: it is clear of the version, or has
// nothing but ranges of commits to say.
func (q *question) pass(r *advisory.Record, entries []int) {
	commits := false
	for _, i := range entries {
		f := &r.Affected[i]
		if len(f.Versions) > 0 || slices.ContainsFunc(f.Ranges, func(g advisory.Range) bool { return g.Type != gitRange }) {
			q.clear = append(q.clear, r)
			return
		}
		commits = commits || len(f.Ranges) > 0
	}
	if commits {
		q.gitOnly = append(q.gitOnly, r)
	}
}

// entries returns the indices of the record's entries about the package and
// its release. Of a package from Ubuntu Pro, the Pro entries replace the others.
func (q *question) entries(a asked) []int {
	var found, pro []int
	for i := range a.record.Affected {
		f := &a.record.Affected[i]
		if f.Ecosystem != a.key.Ecosystem || !sameName(f.Ecosystem, f.Name, a.lookup.name, a.key.Name) {
			continue
		}
		if q.pkg.Release == "" && f.Release != "" && needsRelease(f.Ecosystem) {
			q.doubtRelease(a.record)
			continue
		}
		if !q.pkg.covers(f.Release) {
			continue
		}
		found = append(found, i)
		if q.pkg.Pro && strings.HasPrefix(f.Release, "Pro:") {
			pro = append(pro, i)
		}
	}
	if len(pro) > 0 {
		return pro
	}
	return found
}

func (q *question) doubtRelease(r *advisory.Record) {
	if r.Withdrawn.IsZero() {
		q.doubt(twin.NoRelease, "the purl names no release of "+q.pkg.Ecosystem+", "+r.ID+" does")
	}
}

// hit is why one entry is about the version.
type hit struct {
	reason Reason
	fixes  []bound
}

// hit evaluates one entry: its list of versions or one of its ranges has to
// contain the version.
func (q *question) hit(a asked, i int) *hit {
	f := &a.record.Affected[i]
	if spans := q.spans(a, f); len(spans) > 0 {
		return q.inSpans(a, f, spans)
	}
	if q.order.listed(a.version, a.lookup.version, f.Versions) {
		r := q.reason(a, f, "listed versions", a.lookup.version+" is listed")
		return &hit{reason: r, fixes: q.fixesAbove(a, f)}
	}
	return nil
}

func (q *question) inSpans(a asked, f *advisory.Affected, spans []*span) *hit {
	s := spans[0]
	h := &hit{reason: q.reason(a, f, s.interval(), s.comparison(a.lookup.version))}
	for _, s := range spans {
		h.fixes = append(h.fixes, s.fixes...)
	}
	return h
}

func (q *question) reason(a asked, f *advisory.Affected, interval, comparison string) Reason {
	return Reason{Key: a.key, Name: a.lookup.name, Release: f.Release, Range: interval, Comparison: comparison}
}

// spans returns where in the entry's ranges the version lies.
func (q *question) spans(a asked, f *advisory.Affected) []*span {
	var spans []*span
	for _, r := range f.Ranges {
		s, err := q.spanOf(a.lookup.version, a.version, r)
		if err != nil {
			q.doubtRecord(a.record, err)
			continue
		}
		if s != nil {
			spans = append(spans, s)
		}
	}
	return spans
}

// spanOf evaluates a range in its own order: SEMVER is semantic versioning in
// every ecosystem, as long as the version is one.
func (q *question) spanOf(text string, v semantic.Version, r advisory.Range) (*span, error) {
	if r.Type == gitRange {
		return nil, nil
	}
	if r.Type != semverRange || isSemver(q.pkg.Ecosystem) || !strictSemver.MatchString(text) {
		return q.order.spanOf(v, r)
	}
	w, err := q.semver.parse(text)
	if err != nil {
		return nil, err
	}
	return q.semver.spanOf(w, r)
}

// Range types that need a rule of their own.
const (
	gitRange    = "GIT"
	semverRange = "SEMVER"
)

func (q *question) doubtRecord(r *advisory.Record, err error) {
	if r.Withdrawn.IsZero() {
		q.doubt(twin.UnparsableVersion, fmt.Sprintf("%s: %v", r.ID, err))
	}
}

// fixesAbove returns the fixed versions above a listed version.
func (q *question) fixesAbove(a asked, f *advisory.Affected) []bound {
	var fixes []bound
	for _, r := range f.Ranges {
		if r.Type == gitRange {
			continue
		}
		if _, ahead, err := q.order.split(a.version, r.Events); err == nil {
			fixes = append(fixes, onlyFixes(ahead)...)
		}
	}
	return fixes
}

// clearing keeps the fixed versions at which none of the record's entries
// hits, ascending and each once. When none does, there is no known fix.
func (q *question) clearing(a asked, entries []int, fixes []bound) []string {
	if len(fixes) == 0 || sorted(fixes) != nil {
		return nil
	}
	ranges := 0
	for _, i := range entries {
		ranges += len(a.record.Affected[i].Ranges) + len(a.record.Affected[i].Versions)
	}
	var texts []string
	for _, b := range fixes {
		if slices.Contains(texts, b.text) || (ranges > 1 && q.hitsAt(a, entries, b)) {
			continue
		}
		texts = append(texts, b.text)
	}
	return texts
}

// hitsAt reports whether an entry is also about the version of a fix.
func (q *question) hitsAt(a asked, entries []int, at bound) bool {
	for _, i := range entries {
		f := &a.record.Affected[i]
		for _, r := range f.Ranges {
			if s, err := q.spanOf(at.text, at.version, r); err == nil && s != nil {
				return true
			}
		}
		if slices.Contains(f.Versions, at.text) {
			return true
		}
	}
	return false
}

// settleGitOnly: a record with ranges of commits only is undecided, unless
// another record about the same weakness could be evaluated.
func (q *question) settleGitOnly() {
	for _, r := range q.gitOnly {
		if r.Withdrawn.IsZero() && !q.namedElsewhere(r) {
			q.doubt(twin.GitOnly, r.ID+" gives commits only")
		}
	}
}

func (q *question) namedElsewhere(r *advisory.Record) bool {
	for _, m := range q.matches {
		if shareName(m.Record, r) {
			return true
		}
	}
	return slices.ContainsFunc(q.clear, func(c *advisory.Record) bool { return shareName(c, r) })
}

func shareName(a, b *advisory.Record) bool {
	names := groupNames(b)
	return slices.ContainsFunc(groupNames(a), func(n string) bool { return slices.Contains(names, n) })
}

// listed reports whether a list of versions has v: the same text, or a text
// that is equal in order ("1.0" and "1.0.0"). Only those that begin with the
// same number are parsed.
func (o *order) listed(v semantic.Version, text string, versions []string) bool {
	if slices.Contains(versions, text) {
		return true
	}
	head := firstNumber(text)
	for _, listed := range versions {
		if firstNumber(listed) != head {
			continue
		}
		w, err := o.parse(listed)
		if err != nil {
			continue
		}
		if c, err := v.Compare(w); err == nil && c == 0 {
			return true
		}
	}
	return false
}

// firstNumber cuts the leading number from a version, without "v" and zeros.
func firstNumber(s string) string {
	s = strings.TrimLeft(s, "vV=")
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return strings.TrimLeft(s[:n], "0")
}

// Precedence orders record ids for an ecosystem: those of its own advisory
// database first, then malicious packages, GHSA, CVE, and others; within each by id.
func Precedence(ecosystem, a, b string) int {
	if c := cmp.Compare(rank(ecosystem, a), rank(ecosystem, b)); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}
