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
	parted  []string          // first names of weaknesses that have lost names
}

// known are the weaknesses that some names belong to, and which of the names
// once were the first of a weakness that is redirected now.
type known struct {
	weaknesses map[string]ctem.Weakness
	former     map[string]bool
}

// hugeGroup is the size from which a group may not be all that is connected: it
// is never taken apart.
const hugeGroup = 64

// nameWeaknesses makes weaknesses of names. groups are names of one flaw, as the
// advisories connect them now; asked are the names that have to have one. A
// group that has the first name of a weakness is that weakness, with these names
// and no others; one that has several is the oldest of them. One that has none
// becomes a new weakness, or again one that had been merged into another.
func nameWeaknesses(groups [][]string, asked map[string]bool, have known) naming {
	sets := namesets{}
	for _, g := range groups {
		sets.join(g)
		if len(g) < hugeGroup {
			continue
		}
		for _, n := range g {
			if w, ok := have.weaknesses[n]; ok {
				sets.join(append([]string{n}, namesIn(w)...))
			}
		}
	}
	members := map[string][]string{}
	for n := range sets {
		root := sets.find(n)
		members[root] = append(members[root], n)
	}
	out := naming{keys: make(map[string]string, len(sets))}
	for _, names := range members {
		slices.Sort(names)
		change, changed := settle(names, asked, have)
		if change.Key == "" {
			continue
		}
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

// namesIn lists all names of a weakness.
func namesIn(w ctem.Weakness) []string { return append([]string{w.Canonical}, w.Aliases...) }

// settle makes one weakness of names that belong together; none of names that
// nobody asks for and that never were one.
func settle(names []string, asked map[string]bool, have known) (change ctem.WeaknessChange, changed bool) {
	var own []ctem.Weakness
	wanted := false
	for _, n := range names {
		wanted = wanted || asked[n]
		if w, ok := have.weaknesses[n]; ok && w.Key == n {
			own = append(own, w)
		}
	}
	best := slices.MinFunc(names, compareNames)
	change = ctem.WeaknessChange{Canonical: best, Kind: kindOf(names), Names: names}
	if len(own) == 0 {
		if wanted {
			change.Key = best
			if i := slices.IndexFunc(names, func(n string) bool { return have.former[n] }); i >= 0 {
				change.Key = names[i]
			}
		}
		return change, wanted
	}
	slices.SortFunc(own, func(a, b ctem.Weakness) int { return cmp.Compare(a.ID, b.ID) })
	first := own[0]
	change.Key = first.Key
	if slices.Contains(names, first.Canonical) && nameRank(first.Canonical) <= nameRank(best) {
		change.Canonical = first.Canonical // a name that people know stays
	}
	for _, w := range own[1:] {
		change.Merged = append(change.Merged, w.Key)
	}
	had := namesIn(first)
	slices.Sort(had)
	same := slices.Equal(names, had) && change.Canonical == first.Canonical && change.Kind == first.Kind
	return change, !same || len(own) > 1
}

// isParted reports whether a weakness has names that are not connected with its
// first one any more.
func (n naming) isParted(w ctem.Weakness) bool {
	return slices.ContainsFunc(namesIn(w), func(name string) bool { return n.keys[name] != n.keys[w.Key] })
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
