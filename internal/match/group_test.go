package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/advisory"
)

// TestGroupsAreWhatIsConnected: whatever the order of matches, aliases and
// upstream ids, groups are the connected components of their names, each is
// named after its best record, and all their names are kept.
func TestGroupsAreWhatIsConnected(t *testing.T) {
	t.Parallel()
	names := []string{"CVE-2026-1", "CVE-2026-2", "CVE-2026-3", "GHSA-a", "GHSA-b", "GHSA-c", "PYSEC-1", "PYSEC-2", "MAL-2026-1", "USN-1"}
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 7, rapid.ID)
	more := rapid.SliceOfN(rapid.SampledFrom(names), 0, 2)
	rapid.Check(t, func(t *rapid.T) {
		var matches []Match
		for _, id := range ids.Draw(t, "ids") {
			matches = append(matches, Match{
				Record: &advisory.Record{ID: id, Aliases: more.Draw(t, "aliases"), Upstream: more.Draw(t, "upstream")},
				Reason: Reason{Key: advisory.PackageKey{Ecosystem: advisory.PyPI}},
			})
		}
		items := Group(slices.Clone(matches))
		seen := 0
		for _, item := range items {
			seen += len(item.Matches)
			best := slices.MinFunc(item.Matches, func(a, b Match) int { return Precedence(advisory.PyPI, a.Record.ID, b.Record.ID) })
			if got, want := namesOf(item), reachable(matches, best.Record.ID); item.Advisory != best.Record.ID || !slices.Equal(got, want) {
				t.Fatalf("%s has %v, want %s with %v", item.Advisory, got, best.Record.ID, want)
			}
		}
		if seen != len(matches) {
			t.Fatalf("%d of %d matches are in groups", seen, len(matches))
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(matches), func(i, j int) { matches[i], matches[j] = matches[j], matches[i] })
		for _, m := range matches {
			r.Shuffle(len(m.Record.Aliases), func(i, j int) {
				m.Record.Aliases[i], m.Record.Aliases[j] = m.Record.Aliases[j], m.Record.Aliases[i]
			})
		}
		if d := cmp.Diff(fmt.Sprint(Group(matches)), fmt.Sprint(items)); d != "" {
			t.Fatalf("another order gave other groups:\n%s", d)
		}
	})
}

func namesOf(item Item) []string {
	names := append([]string{item.Advisory}, item.Aliases...)
	slices.Sort(names)
	return names
}

// reachable walks from a name over all records that have a name in common.
func reachable(matches []Match, from string) []string {
	found := []string{from}
	for grown := true; grown; {
		grown = false
		for _, m := range matches {
			has := groupNames(m.Record)
			if !slices.ContainsFunc(has, func(n string) bool { return slices.Contains(found, n) }) {
				continue
			}
			for _, n := range has {
				if !slices.Contains(found, n) {
					found, grown = append(found, n), true
				}
			}
		}
	}
	slices.Sort(found)
	return found
}
