package match

import (
	"cmp"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
)

// Item is one weakness of one component: the matches whose records share a name.
type Item struct {
	Advisory string   // the best record that matched: see Precedence
	Aliases  []string // all other names of the group, sorted
	Fixed    []string // versions that clear one of its records, ascending
	Matches  []Match  // best first
}

// Group joins the matches of one component into weaknesses: records are of one
// group when they share their id, an alias or an upstream id, directly or
// through others. Items are sorted by advisory.
func Group(matches []Match) []Item {
	if len(matches) == 0 {
		return nil
	}
	ecosystem := matches[0].Reason.Key.Ecosystem
	sets := newUnion(len(matches))
	owner := map[string]int{}
	for i := range matches {
		for _, name := range groupNames(matches[i].Record) {
			if first, ok := owner[name]; ok {
				sets.join(first, i)
				continue
			}
			owner[name] = i
		}
	}
	members := map[int][]Match{}
	for i, m := range matches {
		root := sets.find(i)
		members[root] = append(members[root], m)
	}
	items := make([]Item, 0, len(members))
	for _, group := range members {
		items = append(items, itemOf(ecosystem, group))
	}
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.Advisory, b.Advisory) })
	return items
}

// groupNames returns the names by which records are joined.
func groupNames(r *advisory.Record) []string {
	names := make([]string, 0, 1+len(r.Aliases)+len(r.Upstream))
	names = append(names, r.ID)
	names = append(names, r.Aliases...)
	return append(names, r.Upstream...)
}

func itemOf(ecosystem string, group []Match) Item {
	slices.SortStableFunc(group, func(a, b Match) int { return Precedence(ecosystem, a.Record.ID, b.Record.ID) })
	item := Item{Advisory: group[0].Record.ID, Matches: group, Aliases: []string{}}
	var versions []string
	for _, m := range group {
		item.Aliases = append(item.Aliases, groupNames(m.Record)...)
		versions = append(versions, m.Fixed...)
	}
	slices.Sort(item.Aliases)
	item.Aliases = slices.DeleteFunc(slices.Compact(item.Aliases), func(n string) bool { return n == "" || n == item.Advisory })
	item.Fixed = Ascending(ecosystem, versions)
	return item
}

// union is a forest of disjoint sets of small integers.
type union []int

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = i
	}
	return u
}

func (u union) find(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// join keeps the lower root, so the result does not depend on the order of joins.
func (u union) join(a, b int) {
	a, b = u.find(a), u.find(b)
	u[max(a, b)] = min(a, b)
}
