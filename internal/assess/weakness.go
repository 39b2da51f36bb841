package assess

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// naming says how names become weaknesses: what is to be written, and which
// first name stands for each name from then on.
type naming struct {
	changes []ctem.WeaknessChange
	keys    map[string]string // name → first name of its weakness
}

// nameWeaknesses joins names into weaknesses. groups are names of one flaw, as
// the advisories connect them; existing has the weaknesses that some of the
// names belong to. A group that touches none becomes a new weakness, one that
// touches one adds its names, and several become the oldest of them.
func nameWeaknesses(groups [][]string, existing map[string]ctem.Weakness) naming {
	sets := namesets{}
	for _, g := range groups {
		sets.join(g)
	}
	for n, w := range existing {
		sets.join(append([]string{n, w.Key, w.Canonical}, w.Aliases...))
	}
	members := map[string][]string{}
	for n := range sets {
		root := sets.find(n)
		members[root] = append(members[root], n)
	}
	out := naming{keys: make(map[string]string, len(sets))}
	for _, names := range members {
		slices.Sort(names)
		change, changed := settle(names, existing)
		for _, n := range names {
			out.keys[n] = change.Key
		}
		if changed {
			out.changes = append(out.changes, change)
		}
	}
	slices.SortFunc(out.changes, func(a, b ctem.WeaknessChange) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// settle makes one weakness of names that belong together.
func settle(names []string, existing map[string]ctem.Weakness) (change ctem.WeaknessChange, changed bool) {
	var own []ctem.Weakness
	for _, n := range names {
		if w, ok := existing[n]; ok && !slices.ContainsFunc(own, func(o ctem.Weakness) bool { return o.ID == w.ID }) {
			own = append(own, w)
		}
	}
	slices.SortFunc(own, func(a, b ctem.Weakness) int { return cmp.Compare(a.ID, b.ID) })
	best := slices.MinFunc(names, compareNames)
	change = ctem.WeaknessChange{Key: best, Canonical: best, Kind: kindOf(names), Names: names}
	if len(own) == 0 {
		return change, true
	}
	first := own[0]
	change.Key = first.Key
	if nameRank(first.Canonical) <= nameRank(best) {
		change.Canonical = first.Canonical // a name that people know stays
	}
	for _, w := range own[1:] {
		change.Merged = append(change.Merged, w.Key)
	}
	had := append([]string{first.Canonical}, first.Aliases...)
	added := slices.ContainsFunc(names, func(n string) bool { return n != first.Key && !slices.Contains(had, n) })
	return change, added || len(own) > 1 || change.Canonical != first.Canonical || change.Kind != first.Kind
}

func kindOf(names []string) ctem.WeaknessKind {
	if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "MAL-") }) {
		return ctem.Malicious
	}
	return ctem.Vulnerability
}

// compareNames puts the name that people use first: a CVE, else a GHSA id.
func compareNames(a, b string) int {
	return cmp.Or(cmp.Compare(nameRank(a), nameRank(b)), cmp.Compare(a, b))
}

func nameRank(name string) int {
	switch {
	case strings.HasPrefix(name, "CVE-"):
		return 0
	case strings.HasPrefix(name, "GHSA-"):
		return 1
	}
	return 2
}

// namesets is a forest of disjoint sets of names.
type namesets map[string]string

func (s namesets) find(n string) string {
	for s[n] != n {
		s[n] = s[s[n]]
		n = s[n]
	}
	return n
}

func (s namesets) join(names []string) {
	for i, n := range names {
		if _, ok := s[n]; !ok {
			s[n] = n
		}
		if i > 0 {
			a, b := s.find(names[0]), s.find(n)
			s[max(a, b)] = min(a, b)
		}
	}
}
