package match

import (
	"cmp"
	"fmt"
	"slices"

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
	Version    string              // the version compared: of the source package where records name those
	Names      string              // how the component's name became the record's; "" when they are the same
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
	asking question // what is evaluated now
}

// NewEvaluator returns an Evaluator over an index.
func NewEvaluator(ix Index) *Evaluator {
	return &Evaluator{ix: ix, orders: map[string]*order{}}
}

// Evaluate decides one component.
func (e *Evaluator) Evaluate(c twin.Component) Result {
	p, why := PackageOf(c)
	res := Result{Package: p}
	if why != nil && !openCode(p, why) {
		res.Undecided = []Undecided{*why}
		return res
	}
	e.asking = *e.question(p, c)
	q := &e.asking
	q.noOrder = why
	if !e.ix.Has(p.Ecosystem) {
		q.doubt(twin.NoFeed, "no feed for "+p.Ecosystem)
	}
	if why := p.beyond(e.ix.Releases(p.Ecosystem)); why != "" {
		q.doubt(twin.NoFeed, why)
	}
	found := p.lookups()
	for i, key := range keysOf(found) {
		q.askAll(e.records(q, key), key, found[i])
	}
	q.settleGitOnly()
	slices.SortStableFunc(q.matches, func(a, b Match) int { return Precedence(p.Ecosystem, a.Record.ID, b.Record.ID) })
	res.Matches, res.Undecided = q.matches, q.doubts
	return res
}

// records asks the index; where it cannot say, the component is undecided.
func (e *Evaluator) records(q *question, key advisory.PackageKey) []*advisory.Record {
	list, err := e.ix.Records(key)
	if err != nil {
		q.doubt(twin.DamagedFeed, err.Error())
	}
	return list
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
	noOrder   *Undecided         // why the version has no order: the component has a commit, and is asked about by that
	clear     []*advisory.Record // evaluated, no match
	gitOnly   []*advisory.Record // could not be evaluated
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
	switch {
	case len(records) == 0:
		return
	case key.Ecosystem == advisory.Git:
		q.askCommits(records, key, l)
		return
	case q.noOrder != nil:
		q.doubt(q.noOrder.Reason, q.noOrder.Detail)
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
		(&asked{q: q, record: r, key: key, lookup: l, version: v}).ask()
	}
	if q.pkg.Source != "" && namesIn(q.pkg.Ecosystem) == bothNames {
		q.seen = append(q.seen, records...)
	}
}

func (q *question) doubtRelease(r *advisory.Record) {
	if r.Withdrawn.IsZero() {
		q.doubt(twin.NoRelease, "the purl names no release of "+q.pkg.Ecosystem+", "+r.ID+" does")
	}
}

func (q *question) doubtRecord(r *advisory.Record, err error) {
	if r.Withdrawn.IsZero() {
		q.doubt(twin.UnparsableVersion, fmt.Sprintf("%s: %v", r.ID, err))
	}
}

// settleGitOnly: a record with ranges of commits only is undecided, unless
// another record about the same weakness could be evaluated.
func (q *question) settleGitOnly() {
	for _, r := range q.gitOnly {
		if r.Withdrawn.IsZero() && !q.namedElsewhere(r) {
			q.doubt(twin.GitOnly, r.ID+" gives commits only, and "+q.pkg.whichCommit())
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

// Precedence orders record ids for an ecosystem: those of its own advisory
// database first, then malicious packages, GHSA, CVE, and others; within each by id.
func Precedence(ecosystem, a, b string) int {
	if c := cmp.Compare(rank(ecosystem, a), rank(ecosystem, b)); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}
