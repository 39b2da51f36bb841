package assess

import (
	"context"
	"slices"
)

// namer settles which weaknesses names belong to, by what the records say now.
type namer struct {
	intel   Intel
	matches Matches
	left    Left
}

// settle names what is asked for, and what the touched weaknesses, given by
// first name, have become. Whatever shares names with these is settled too.
func (n namer) settle(ctx context.Context, asked map[string]bool, touched []string) (naming, error) {
	want := map[string]bool{}
	for name := range asked {
		want[name] = true
	}
	for _, name := range touched {
		want[name] = true
	}
	if len(want) == 0 {
		return naming{}, nil
	}
	for {
		before := len(want)
		groups, have, err := n.around(ctx, want)
		if err != nil {
			return naming{}, err
		}
		if len(want) > before {
			continue
		}
		former, err := n.left.FormerNames(ctx, sortedNames(want))
		if err != nil {
			return naming{}, err
		}
		for _, f := range former {
			have.former[f] = true
		}
		out := nameWeaknesses(groups, asked, have)
		for _, w := range have.weaknesses {
			if out.isParted(w) && !slices.Contains(out.parted, w.Key) {
				out.parted = append(out.parted, w.Key)
			}
		}
		return out, nil
	}
}

// around reads the groups of names and the weaknesses that they belong to, and
// adds what these have to the names.
func (n namer) around(ctx context.Context, want map[string]bool) ([][]string, known, error) {
	have := known{former: map[string]bool{}}
	groups, err := n.intel.AliasGroups(ctx, sortedNames(want))
	if err != nil {
		return nil, have, err
	}
	list := make([][]string, 0, len(groups))
	for name, g := range groups {
		for _, m := range g {
			want[m] = true
		}
		list = append(list, append([]string{name}, g...))
	}
	if have.weaknesses, err = n.matches.WeaknessesByName(ctx, sortedNames(want)); err != nil {
		return nil, have, err
	}
	for _, w := range have.weaknesses {
		for _, m := range append(namesIn(w), w.Key) {
			want[m] = true
		}
	}
	return list, have, nil
}

// withParted adds the components that have some weaknesses.
func (n namer) withParted(ctx context.Context, components []int64, parted []string) ([]int64, error) {
	if len(parted) == 0 {
		return components, nil
	}
	more, err := n.left.ComponentsWith(ctx, parted)
	more = append(more, components...)
	slices.Sort(more)
	return slices.Compact(more), err
}
