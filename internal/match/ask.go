package match

import (
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// Range types that need a rule of their own.
const (
	gitRange    = "GIT"
	semverRange = "SEMVER"
)

// asked is what one record is asked: about which name, in which version.
type asked struct {
	q       *question
	record  *advisory.Record
	key     advisory.PackageKey
	lookup  lookup
	version semantic.Version
}

// ask decides one record: it matches when one of its entries for the package hits.
func (a *asked) ask() {
	entries := a.entries()
	if len(entries) == 0 {
		return
	}
	var m *Match
	var fixes []bound
	for _, i := range entries {
		h := a.hit(i)
		if h == nil {
			continue
		}
		if m == nil {
			m = &Match{Record: a.record, Affected: i, Reason: h.reason, Withdrawn: !a.record.Withdrawn.IsZero()}
		}
		fixes = append(fixes, h.fixes...)
	}
	if m == nil {
		a.pass(entries)
		return
	}
	m.Fixed = a.clearing(entries, fixes)
	a.q.matches = append(a.q.matches, *m)
}

// pass files a record that did not match: it is clear of the version, or has
// nothing but ranges of commits to say.
func (a *asked) pass(entries []int) {
	commits := false
	for _, i := range entries {
		f := &a.record.Affected[i]
		if len(f.Versions) > 0 || slices.ContainsFunc(f.Ranges, func(g advisory.Range) bool { return g.Type != gitRange }) {
			a.q.clear = append(a.q.clear, a.record)
			return
		}
		commits = commits || len(f.Ranges) > 0
	}
	if commits && a.q.pkg.Commit != "" {
		(&commitAsked{*a, a.q.pkg.Commit}).ask(entries)
		return
	}
	if !commits && a.record.Withdrawn.IsZero() {
		a.q.doubt(twin.NoRange, a.record.ID+" names the package, and none of its versions")
	}
	if commits {
		a.q.gitOnly = append(a.q.gitOnly, a.record)
	}
}

// entries returns the indices of the record's entries about the package and
// its release. Of a package from Ubuntu Pro, the Pro entries replace the others.
func (a *asked) entries() []int {
	var found, pro []int
	for i := range a.record.Affected {
		f := &a.record.Affected[i]
		if f.Ecosystem != a.key.Ecosystem || !sameName(f.Ecosystem, f.Name, a.lookup.name, a.key.Name) {
			continue
		}
		if a.q.pkg.Release == "" && f.Release != "" && needsRelease(f.Ecosystem) {
			a.q.doubtRelease(a.record)
			continue
		}
		if !a.q.pkg.covers(f.Release) {
			continue
		}
		found = append(found, i)
		if a.q.pkg.Pro && strings.HasPrefix(f.Release, "Pro:") {
			pro = append(pro, i)
		}
	}
	if len(pro) > 0 {
		return pro
	}
	return found
}

// hit is why one entry is about the version.
type hit struct {
	reason Reason
	fixes  []bound
}

// hit evaluates one entry: its list of versions or one of its ranges has to
// contain the version.
func (a *asked) hit(i int) *hit {
	f := &a.record.Affected[i]
	if spans := a.spans(f); len(spans) > 0 {
		return a.inSpans(f, spans)
	}
	if a.q.order.listed(a.version, a.lookup.version, f.Versions) {
		r := a.reason(f, "listed versions", a.lookup.version+" is listed")
		return &hit{reason: r, fixes: a.fixesAbove(f)}
	}
	return nil
}

func (a *asked) inSpans(f *advisory.Affected, spans []*span) *hit {
	s := spans[0]
	h := &hit{reason: a.reason(f, s.interval(), s.comparison(a.lookup.version))}
	for _, s := range spans {
		h.fixes = append(h.fixes, s.fixes...)
	}
	return h
}

func (a *asked) reason(f *advisory.Affected, interval, comparison string) Reason {
	return Reason{
		Key: a.key, Name: a.lookup.name, Version: a.lookup.version, Release: f.Release, Range: interval, Comparison: comparison,
		Names: a.names(f),
	}
}

// spans returns where in the entry's ranges the version lies.
func (a *asked) spans(f *advisory.Affected) []*span {
	var spans []*span
	for _, r := range f.Ranges {
		s, err := a.spanOf(a.lookup.version, a.version, r)
		if err != nil {
			a.q.doubtRecord(a.record, err)
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
func (a *asked) spanOf(text string, v semantic.Version, r advisory.Range) (*span, error) {
	if r.Type == gitRange {
		return nil, nil
	}
	if r.Type != semverRange || isSemver(a.q.pkg.Ecosystem) || !strictSemver().MatchString(text) {
		return a.q.order.spanOf(v, r)
	}
	w, err := a.q.semver.parse(text)
	if err != nil {
		return nil, err
	}
	s, err := a.q.semver.spanOf(w, r)
	if err != nil || s == nil {
		return nil, err
	}
	for i := range s.fixes {
		if s.fixes[i].version, err = a.q.order.parse(s.fixes[i].text); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fixesAbove returns the fixed versions above a listed version.
func (a *asked) fixesAbove(f *advisory.Affected) []bound {
	var fixes []bound
	for _, r := range f.Ranges {
		if r.Type == gitRange {
			continue
		}
		if _, ahead, err := a.q.order.split(a.version, r.Events); err == nil {
			fixes = append(fixes, onlyFixes(ahead)...)
		}
	}
	return fixes
}

// clearing keeps the fixed versions at which none of the record's entries
// hits, ascending and each once. When none does, there is no known fix.
func (a *asked) clearing(entries []int, fixes []bound) []string {
	if len(fixes) == 0 || sorted(fixes) != nil {
		return nil
	}
	ranges := 0
	for _, i := range entries {
		ranges += len(a.record.Affected[i].Ranges) + len(a.record.Affected[i].Versions)
	}
	var texts []string
	for _, b := range fixes {
		if slices.Contains(texts, b.text) || (ranges > 1 && a.hitsAt(entries, b)) {
			continue
		}
		texts = append(texts, b.text)
	}
	return texts
}

// hitsAt reports whether an entry is also about the version of a fix.
func (a *asked) hitsAt(entries []int, at bound) bool {
	for _, i := range entries {
		f := &a.record.Affected[i]
		for _, r := range f.Ranges {
			if s, err := a.spanOf(at.text, at.version, r); err == nil && s != nil {
				return true
			}
		}
		if a.q.order.listed(at.version, at.text, f.Versions) {
			return true
		}
	}
	return false
}

// listed reports whether a list of versions has v: the same text, or a text
// that is equal in order ("1.0" and "1.0.0"). Only those whose leading numbers
// are the same are parsed.
func (o *order) listed(v semantic.Version, text string, versions []string) bool {
	if slices.Contains(versions, text) {
		return true
	}
	numbers := newLeadingNumbers(text)
	for _, listed := range versions {
		if !numbers.same(listed) && o.scheme != "CRAN" {
			continue
		}
		w, err := o.parse(listed)
		if err != nil {
			continue
		}
		if c, err := v.Compare(w); err == nil && c == 0 {
			return true
		}
		if o.scheme == advisory.Packagist && withoutZeros(text) == withoutZeros(listed) {
			return true
		}
	}
	return false
}

// withoutZeros cuts the zeros from the end of a version's dotted numbers:
// Composer fills up to four, so that "v3.3.0-beta1" is "3.3-beta1". The order of
// the version library is that of PHP, which does not.
func withoutZeros(version string) string {
	version = strings.TrimLeft(version, "vV")
	end := strings.IndexFunc(version, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(version)
	}
	numbers := version[:end]
	for strings.HasSuffix(numbers, ".0") {
		numbers = numbers[:len(numbers)-2]
	}
	return numbers + version[end:]
}

// leadingNumbers is a version of which lists are searched, taken apart once.
type leadingNumbers struct {
	text    string
	epoch   bool   // it may have one
	trimmed string // without what may stand before the first number
}

func newLeadingNumbers(text string) leadingNumbers {
	return leadingNumbers{text: text, epoch: hasEpoch(text), trimmed: strings.TrimLeft(text, "vV=")}
}

// same reports whether another version begins with the same dotted numbers,
// but for zeros before and after: what every order but CRAN's, which also
// separates numbers by dashes, asks of equal versions. Where one has an epoch,
// which may be the zero that the other leaves out, it says yes.
func (l *leadingNumbers) same(b string) bool {
	a := l.text
	if a != "" && b != "" && a[0] != b[0] && a[0] > '0' && a[0] <= '9' && b[0] > '0' && b[0] <= '9' {
		return false // by far the most common case
	}
	if l.epoch || hasEpoch(b) {
		return true
	}
	a = l.trimmed
	for b != "" && (b[0] == 'v' || b[0] == 'V' || b[0] == '=') {
		b = b[1:]
	}
	for a != "" || b != "" {
		var x, y string
		x, a = nextNumber(a)
		y, b = nextNumber(b)
		if x != y {
			return false
		}
	}
	return true
}

func hasEpoch(version string) bool {
	for i := range len(version) {
		if version[i] == ':' || version[i] == '!' {
			return true
		}
	}
	return false
}

// nextNumber cuts the number before the next dot; "" is zero. After the last
// number nothing is left.
func nextNumber(s string) (number, rest string) {
	zeros := 0
	for zeros < len(s) && s[zeros] == '0' {
		zeros++
	}
	n := zeros
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 && n+1 < len(s) && s[n] == '.' {
		rest = s[n+1:]
	}
	return s[zeros:n], rest
}
