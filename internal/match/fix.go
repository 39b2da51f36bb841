package match

import (
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// Ascending returns versions in the order of an ecosystem, each once; what has
// no order comes last. It never returns nil.
func Ascending(ecosystem string, versions []string) []string {
	list := slices.Compact(slices.Sorted(slices.Values(versions)))
	if len(list) == 0 {
		return []string{}
	}
	slices.SortStableFunc(list, func(a, b string) int { return compareOrLast(ecosystem, a, b) })
	return list
}

func compareOrLast(ecosystem, a, b string) int {
	c, err := Compare(ecosystem, a, b)
	if err == nil {
		return c
	}
	_, badA := Compare(ecosystem, a, a)
	_, badB := Compare(ecosystem, b, b)
	switch {
	case badA != nil && badB == nil:
		return 1
	case badA == nil && badB != nil:
		return -1
	}
	return strings.Compare(a, b)
}

// ClearingVersion returns the smallest fixed version above the component's at
// which none of the records matches, found by evaluating each candidate anew.
// For a distribution's binary it is a version of the source package, as in
// its records. Withdrawn records are the caller's to leave out.
func ClearingVersion(c twin.Component, records []*advisory.Record) (string, bool) {
	p, why := PackageOf(c)
	if why != nil {
		return "", false
	}
	ix := NewMapIndex(records, []string{p.Ecosystem})
	e := NewEvaluator(ix)
	if len(e.at(p, lookup{}).matches) == 0 {
		return "", false
	}
	for _, candidate := range e.candidates(p) {
		q := e.at(p, candidate)
		if len(q.matches) == 0 && len(q.doubts) == 0 {
			return candidate.version, true
		}
	}
	return "", false
}

// at asks about a package, or about it in another version of one of its names.
func (e *Evaluator) at(p Package, other lookup) *question {
	q := e.question(p, twin.Component{})
	found := p.lookups()
	if other.version != "" {
		q.pkg.Commit = "" // another version is of another commit
	}
	for i, key := range Keys(p) {
		l := found[i]
		if other.version != "" && l.ecosystem == advisory.Git {
			continue
		}
		if other.version != "" {
			l.version = other.version
		}
		q.askAll(e.records(q, key), key, l)
	}
	return q
}

// candidates are all fixed versions of all entries about the package that are
// above its own, ascending: also of entries that do not hit now, because a
// version that clears one range may lie in the next.
func (e *Evaluator) candidates(p Package) []lookup {
	q := e.question(p, twin.Component{})
	var list []bound
	for i, key := range Keys(p) {
		l := p.lookups()[i]
		v, err := q.order.parse(l.version)
		if err != nil {
			continue
		}
		for _, r := range e.records(q, key) {
			a := &asked{q: q, record: r, key: key, lookup: l, version: v}
			for _, entry := range a.entries() {
				list = append(list, a.fixesAbove(&r.Affected[entry])...)
			}
		}
	}
	if sorted(list) != nil {
		return nil
	}
	var found []lookup
	for _, b := range list {
		if !slices.ContainsFunc(found, func(l lookup) bool { return l.version == b.text }) {
			found = append(found, lookup{version: b.text})
		}
	}
	return found
}

// SmallestFix chooses among the fixed versions of several weaknesses (one set
// for each) the smallest above current that clears all, or "". Without the
// records it must judge by the sets alone: a version clears a set when the set
// has one that is not above it, and none above it on the same branch (the same
// numbers before the last). Where the records are at hand, use ClearingVersion.
func SmallestFix(ecosystem, current string, fixedSets [][]string) string {
	var all []string
	for _, set := range fixedSets {
		all = append(all, set...)
	}
	for _, v := range Ascending(ecosystem, all) {
		if c, err := Compare(ecosystem, v, current); err != nil || c <= 0 {
			continue
		}
		if !slices.ContainsFunc(fixedSets, func(set []string) bool { return !clearsSet(ecosystem, v, set) }) {
			return v
		}
	}
	return ""
}

func clearsSet(ecosystem, v string, set []string) bool {
	reached := false
	for _, f := range set {
		c, err := Compare(ecosystem, v, f)
		if err != nil {
			return false
		}
		if c < 0 && branch(f) == branch(v) {
			return false
		}
		reached = reached || c >= 0
	}
	return reached
}

// branch is a version without its last number: "1.2" of "1.2.5".
func branch(version string) string {
	v := strings.TrimLeft(version, "vV")
	end := len(v)
	if i := strings.IndexFunc(v, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		end = i
	}
	i := strings.LastIndexByte(v[:end], '.')
	if i < 0 {
		return ""
	}
	return v[:i]
}
