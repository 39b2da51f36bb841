package match

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// versionsOf draws versions as an ecosystem writes them.
func versionsOf(ecosystem string) *rapid.Generator[string] {
	patterns := map[string]string{
		"npm":            `v?[0-3]\.[0-3]\.[0-3](-(alpha|beta|rc)(\.[0-3])?)?(\+b[0-2])?`,
		"Go":             `v[0-3]\.[0-3]\.[0-3](-0\.2022010100000[0-3]-abcdef12345[67]|-rc\.[0-3]|\+incompatible)?`,
		"crates.io":      `[0-3]\.[0-3]\.[0-3](-(alpha|beta)\.[0-3])?`,
		"PyPI":           `([01]!)?[0-3](\.[0-3]){0,3}((a|b|rc)[0-2])?(\.post[0-2])?(\.dev[0-2])?`,
		"Debian":         `([01]:)?[0-3]\.[0-3](\.[0-3])?(~rc[0-2])?(\+dfsg)?(-[0-3](\+deb1[01]u[0-3])?)?`,
		"Ubuntu":         `([01]:)?[0-3]\.[0-3](-[0-3]ubuntu[0-3](\.[0-3])?(\+esm[12])?)?`,
		"Alpine":         `[0-3]\.[1-3](\.[1-3])?[a-c]?(_(alpha|beta|rc|p)[0-3])?-r[0-3]`,
		"AlmaLinux":      `([01]:)?[0-3]\.[0-3](~rc[0-2])?-[0-3]\.el8(_[0-3])?`,
		"Maven":          `[0-3](\.[0-3]){0,2}(-(alpha|beta|rc)-[0-2]|\.Final|-SNAPSHOT)?`,
		"NuGet":          `[0-3]\.[0-3]\.[0-3](\.[0-3])?(-(alpha|beta)\.[0-2])?`,
		"Packagist":      `v?[0-3]\.[0-3]\.[0-3](-(alpha|beta|RC)[0-2])?`,
		"RubyGems":       `[0-3](\.[0-3]){1,3}(\.(alpha|beta|rc)[0-2])?`,
		"CRAN":           `[0-3]\.[0-3](-[0-3])?`,
		"Hackage":        `[0-3](\.[0-3]){1,3}`,
		"Pub":            `[0-3]\.[0-3]\.[0-3](-(alpha|beta)\.[0-2])?(\+[0-2])?`,
		"Echo":           `[0-3]\.[0-3]-[0-3]`,
		"Photon OS":      `[0-3]\.[0-3]-[0-3]\.ph[34]`,
		"Kubernetes":     `v?1\.[0-3]\.[0-3](-(alpha|rc)\.[0-2])?`,
		"Chainguard":     `[0-3]\.[1-3]\.[1-3]-r[0-3]`,
		"openSUSE":       `[0-3]\.[0-3]-[0-3]\.[0-3]`,
		"ConanCenter":    `[0-3]\.[0-3](\.[0-3])?[a-c]?(-(alpha|rc)\.?[0-3])?(\+[0-2])?`,
		"Hex":            `[0-3]\.[0-3]\.[0-3](-(rc|dev)\.[0-3])?`,
		"Julia":          `[0-3]\.[0-3]\.[0-3](-rc[0-3])?(\+[0-3])?`,
		"SwiftURL":       `[0-3]\.[0-3]\.[0-3](-beta\.[0-3])?`,
		"Bitnami":        `[0-3]\.[0-3]\.[0-3]`,
		"Bioconductor":   `[0-3]\.[0-3]\.[0-3]`,
		"VSCode":         `[0-3]\.[0-3]\.[0-3](-pre)?`,
		"Rocky Linux":    `([01]:)?[0-3]\.[0-3](\.[0-3][a-k])?-[0-3]\.el[89](_[0-3])?(\.[0-3])?`,
		"Red Hat":        `([01]:)?[0-3]\.[0-3](\^git[0-3])?-[0-3]\.module\+el8\.[0-3]`,
		"SUSE":           `[0-3]\.[0-3](\+git[0-3])?-15000[0-3]\.[0-3]\.[0-3]`,
		"Mageia":         `[0-3]\.[0-3]-[0-3](\.[0-3])?\.mga[89]`,
		"openEuler":      `[0-3]\.[0-3]-[0-3]\.oe2203(sp[1-3])?`,
		"Azure Linux":    `[0-3]\.[0-3]\.[0-3]-[0-3]\.(cm2|azl3)`,
		"Wolfi":          `[0-3]\.[1-3]\.[1-3](_(rc|p|git)[0-3])?-r[0-3]`,
		"MinimOS":        `[0-3]\.[1-3]-r[0-3]`,
		"opam":           `v?[0-3]\.[0-3](\.[0-3])?(~(alpha|beta)[0-3]?)?(\+[0-3])?`,
		"GitHub Actions": `v[0-3](\.[0-3](\.[0-3])?)?`,
	}
	return rapid.StringMatching(patterns[ecosystem])
}

// lawful are the ecosystems whose order is put to the laws.
var lawful = [...]string{
	"npm", "Go", "crates.io", "PyPI", "Debian", "Ubuntu", "Alpine", "AlmaLinux", "Maven", "NuGet", "Packagist", "RubyGems",
	"CRAN", "Hackage", "Pub", "Echo", "Photon OS", "Kubernetes", "Chainguard", "openSUSE", "GitHub Actions", "ConanCenter",
	"Hex", "Julia", "SwiftURL", "Bitnami", "Bioconductor", "VSCode", "Rocky Linux", "Red Hat", "SUSE", "Mageia", "openEuler",
	"Azure Linux", "Wolfi", "MinimOS", "opam",
}

// TestOrderLaws: total, antisymmetric, transitive.
func TestOrderLaws(t *testing.T) {
	t.Parallel()
	for _, ecosystem := range lawful {
		t.Run(strings.ReplaceAll(ecosystem, " ", "_"), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				v := rapid.SliceOfN(versionsOf(ecosystem), 3, 3).Draw(t, "versions")
				for _, x := range v {
					if why := unordered(ecosystem, x); why != "" {
						t.Fatalf("%q refused: %s", x, why)
					}
				}
				order := func(a, b string) int {
					c, err := Compare(ecosystem, a, b)
					if err != nil {
						t.Fatalf("%s against %s: %v", a, b, err)
					}
					return sign(c)
				}
				a, b, c := v[0], v[1], v[2]
				if order(a, a) != 0 {
					t.Fatalf("%s is not equal to itself", a)
				}
				if order(a, b) != -order(b, a) {
					t.Fatalf("%s against %s: %d, and back %d", a, b, order(a, b), order(b, a))
				}
				if order(a, b) <= 0 && order(b, c) <= 0 && order(a, c) > 0 {
					t.Fatalf("%s <= %s <= %s, but not %s <= %s", a, b, c, a, c)
				}
			})
		})
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// naive is the evaluation of the OSV specification, word by word: events
// sorted by version, each applied in turn.
func naive(t *rapid.T, v string, events []advisory.Event) bool { return naiveIn(t, "npm", v, events) }

func naiveIn(t *rapid.T, ecosystem, v string, events []advisory.Event) bool {
	compared := func(t *rapid.T, a, b string) int { return comparedIn(t, ecosystem, a, b) }
	list := slices.Clone(events)
	at := func(e advisory.Event) string { return e.Introduced + e.Fixed + e.LastAffected }
	slices.SortStableFunc(list, func(a, b advisory.Event) int { return compared(t, at(a), at(b)) })
	vulnerable := false
	for _, e := range list {
		switch {
		case e.Introduced == "0", e.Introduced != "" && compared(t, v, e.Introduced) >= 0:
			vulnerable = true
		case e.Fixed != "" && compared(t, v, e.Fixed) >= 0:
			vulnerable = false
		case e.LastAffected != "" && compared(t, v, e.LastAffected) > 0:
			vulnerable = false
		}
	}
	return vulnerable
}

// compared puts "0" before everything.
func compared(t *rapid.T, a, b string) int { return comparedIn(t, "npm", a, b) }

func comparedIn(t *rapid.T, ecosystem, a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "0":
		return -1
	case b == "0":
		return 1
	}
	c, err := Compare(ecosystem, a, b)
	if err != nil {
		t.Fatalf("%s: %s against %s: %v", ecosystem, a, b, err)
	}
	return c
}

// drawEvents draws a sane range: pairs in rising order, at distinct versions.
func drawEvents(t *rapid.T) []advisory.Event {
	n := rapid.IntRange(1, 3).Draw(t, "pairs")
	bounds := rapid.SliceOfNDistinct(rapid.IntRange(1, 40), 2*n, 2*n, func(i int) int { return i }).Draw(t, "bounds")
	slices.Sort(bounds)
	var events []advisory.Event
	for i := range n {
		from, until := dotted(bounds[2*i]), dotted(bounds[2*i+1])
		if i == 0 && rapid.Bool().Draw(t, "zero") {
			from = "0"
		}
		events = append(events, in(from))
		switch {
		case i == n-1 && rapid.Bool().Draw(t, "open"):
		case rapid.Bool().Draw(t, "last"):
			events = append(events, last(until))
		default:
			events = append(events, fix(until))
		}
	}
	return events
}

func dotted(n int) string { return fmt.Sprintf("%d.%d.%d", n/16, n/4%4, n%4) }

// TestSpansAgainstNaive: evaluation does what the specification says, whatever
// the order of events, and adding a shuffle or a repeat changes nothing.
func TestSpansAgainstNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		text := dotted(rapid.IntRange(0, 42).Draw(t, "version"))
		want := naive(t, text, events)
		o := NewEvaluator(nil).order("npm")
		v, err := o.parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range [][]advisory.Event{events, rapid.Permutation(events).Draw(t, "shuffled"), append(slices.Clone(events), events...)} {
			s, err := o.spanOf(v, advisory.Range{Type: "SEMVER", Events: list})
			if err != nil || (s != nil) != want {
				t.Fatalf("%s in %v: %v, %v; want %v", text, list, s != nil, err, want)
			}
		}
	})
}

// TestRangesOfEveryOrder: in every ecosystem evaluation does what the
// specification says, from the record's entry to the match: pairs of drawn
// versions in any order, with limits, and a list of versions beside them.
func TestRangesOfEveryOrder(t *testing.T) {
	t.Parallel()
	for _, ecosystem := range lawful {
		t.Run(strings.ReplaceAll(ecosystem, " ", "_"), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { evaluatedAsNaive(t, ecosystem) })
		})
	}
}

func evaluatedAsNaive(t *rapid.T, ecosystem string) {
	version := versionsOf(ecosystem).Filter(func(v string) bool { return v != "0" }) // as a bound, that is the beginning
	drawn := rapid.SliceOfN(version, 6, 6).Draw(t, "versions")
	v, listed, bounds := drawn[0], drawn[1], slices.Clone(drawn[2:])
	slices.SortStableFunc(bounds, func(a, b string) int { return comparedIn(t, ecosystem, a, b) })
	bounds = slices.CompactFunc(bounds, func(a, b string) bool { return comparedIn(t, ecosystem, a, b) == 0 })
	var events []advisory.Event
	for i, b := range bounds {
		switch {
		case i%2 == 0:
			events = append(events, in(b))
		case rapid.Bool().Draw(t, "last"):
			events = append(events, last(b))
		default:
			events = append(events, fix(b))
		}
	}
	want := naiveIn(t, ecosystem, v, events)
	limit := drawn[rapid.IntRange(1, 5).Draw(t, "limit")]
	withLimit := append(slices.Clone(events), lim(limit))
	within := want && comparedIn(t, ecosystem, v, limit) < 0
	kind := rapid.SampledFrom([]string{"ECOSYSTEM", "ECOSYSTEM", "SEMVER"}).Draw(t, "kind")
	if kind == "SEMVER" && !isSemver(ecosystem) {
		kind = "ECOSYSTEM" // another order: that of the range
	}
	for _, q := range []struct {
		entry advisory.Affected
		want  bool
	}{
		{advisory.Affected{Ranges: []advisory.Range{rangeOf(kind, rapid.Permutation(events).Draw(t, "events")...)}}, want},
		{advisory.Affected{Ranges: []advisory.Range{rangeOf(kind, rapid.Permutation(withLimit).Draw(t, "events")...)}}, within},
		{advisory.Affected{Versions: []string{listed}}, comparedIn(t, ecosystem, v, listed) == 0},
	} {
		q.entry.Ecosystem, q.entry.Name = ecosystem, "a"
		e := NewEvaluator(NewMapIndex([]*advisory.Record{record("X-1", q.entry)}, []string{ecosystem}))
		got := e.at(Package{Ecosystem: ecosystem, Release: "1", Name: "a", Version: v}, lookup{})
		if len(got.doubts) > 0 || (len(got.matches) == 1) != q.want {
			t.Fatalf("%s: %s in %+v: %d matches, want %v; %v", ecosystem, v, q.entry, len(got.matches), q.want, got.doubts)
		}
	}
}

// TestListedWithEpoch: an epoch of zero is the same as none, in a list of
// versions as in a range.
func TestListedWithEpoch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ecosystem, version, listed string
		want                       int
	}{
		{"Ubuntu", "3.3", "0:3.3", 1},
		{"Debian", "0:3.3", "3.3", 1},
		{"Debian", "3.3", "1:3.3", 0},
		{"Rocky Linux", "3.3", "0:3.3", 1},
		{"PyPI", "3.3", "0!3.3.0", 1},
		{"PyPI", "3.3", "1!3.3", 0},
	} {
		a := advisory.Affected{Ecosystem: c.ecosystem, Name: "a", Versions: []string{c.listed}}
		e := NewEvaluator(NewMapIndex([]*advisory.Record{record("X-1", a)}, []string{c.ecosystem}))
		got := e.at(Package{Ecosystem: c.ecosystem, Release: "1", Name: "a", Version: c.version}, lookup{})
		if len(got.matches) != c.want {
			t.Errorf("%s %s, %s is listed: %d matches, want %d; %v", c.ecosystem, c.version, c.listed, len(got.matches), c.want, got.doubts)
		}
	}
}

// FuzzAgainstNaive: versions and bounds that nobody would write are still
// evaluated as the specification says, in the order that Compare gives.
func FuzzAgainstNaive(f *testing.F) {
	f.Add(uint8(0), "1.2.3", "1.0.0", "2.0.0")
	f.Add(uint8(3), "1!1.post1", "0", "1!2.dev0")
	f.Add(uint8(4), "1:1.0~rc1-1", "0", "1:1.0-1+deb11u1")
	f.Add(uint8(8), "1.0-SNAPSHOT", "1.0-alpha-1", "1.0.Final")
	f.Fuzz(func(t *testing.T, kind uint8, version, from, until string) {
		ecosystem := lawful[int(kind)%len(lawful)]
		for _, text := range []string{version, from, until} {
			if text == "" || text == "0" || unordered(ecosystem, text) != "" {
				return
			}
		}
		low, err1 := Compare(ecosystem, version, from)
		high, err2 := Compare(ecosystem, version, until)
		width, err3 := Compare(ecosystem, from, until)
		if err1 != nil || err2 != nil || err3 != nil || width >= 0 {
			return
		}
		a := advisory.Affected{Ecosystem: ecosystem, Name: "a", Ranges: []advisory.Range{rangeOf("ECOSYSTEM", fix(until), in(from))}}
		e := NewEvaluator(NewMapIndex([]*advisory.Record{record("X-1", a)}, []string{ecosystem}))
		got := e.at(Package{Ecosystem: ecosystem, Release: "1", Name: "a", Version: version}, lookup{})
		if want := low >= 0 && high < 0; len(got.doubts) == 0 && (len(got.matches) == 1) != want {
			t.Errorf("%s: %q in %q to %q: %d matches, want %v", ecosystem, version, from, until, len(got.matches), want)
		}
	})
}

// TestClearingVersionClears: what ClearingVersion offers is above the current
// version, is not affected, and no smaller fixed version would do.
func TestClearingVersionClears(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var records []*advisory.Record
		for i := range rapid.IntRange(1, 3).Draw(t, "records") {
			records = append(records, record(fmt.Sprintf("X-%d", i), npm(rangeOf("SEMVER", drawEvents(t)...))))
		}
		current := dotted(rapid.IntRange(0, 42).Draw(t, "version"))
		got, ok := ClearingVersion(twin.Component{Purl: "pkg:npm/a@" + current}, records)
		matches := func(v string) int {
			return len(Evaluate(NewMapIndex(records, []string{"npm"}), twin.Component{Purl: "pkg:npm/a@" + v}).Matches)
		}
		if matches(current) == 0 {
			if ok {
				t.Fatalf("nothing to clear, yet %s", got)
			}
			return
		}
		if ok && (matches(got) > 0 || compared(t, got, current) <= 0) {
			t.Fatalf("%s does not clear %s", got, current)
		}
		for _, r := range records {
			for _, e := range r.Affected[0].Ranges[0].Events {
				better := e.Fixed != "" && compared(t, e.Fixed, current) > 0 && matches(e.Fixed) == 0
				if better && (!ok || compared(t, e.Fixed, got) < 0) {
					t.Fatalf("%s clears %s, %q was offered", e.Fixed, current, got)
				}
			}
		}
	})
}

// TestPairsAsAnyEvents: the short way for two events answers as the long way
// does, also where a record is not sane.
func TestPairsAsAnyEvents(t *testing.T) {
	t.Parallel()
	for _, ecosystem := range lawful {
		t.Run(strings.ReplaceAll(ecosystem, " ", "_"), func(t *testing.T) {
			t.Parallel()
			text := rapid.OneOf(versionsOf(ecosystem), rapid.SampledFrom([]string{"0", "1", "x y", "-"}))
			rapid.Check(t, func(t *rapid.T) {
				v, from, until := text.Draw(t, "version"), text.Draw(t, "from"), text.Draw(t, "until")
				events := []advisory.Event{in(from), fix(until)}
				if rapid.Bool().Draw(t, "last") {
					events[1] = last(until)
				}
				o := NewEvaluator(nil).order(ecosystem)
				parsed, err := o.parse(v)
				if err != nil || !isPair(events) {
					return
				}
				short, errShort := o.pairSpan(parsed, events)
				long, errLong := o.anySpan(parsed, events)
				if (errShort == nil) != (errLong == nil) || (short == nil) != (long == nil) {
					t.Fatalf("%s in %v: %v (%v), and the long way %v (%v)", v, events, short, errShort, long, errLong)
				}
				if short == nil {
					return
				}
				if short.interval() != long.interval() || short.comparison(v) != long.comparison(v) || len(short.fixes) != len(long.fixes) {
					t.Fatalf("%s in %v: %s, and the long way %s", v, events, short.comparison(v), long.comparison(v))
				}
			})
		})
	}
}
