package match

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// schemes are those of every ecosystem that we order versions of.
var schemes = []string{
	"npm", "PyPI", "Go", "crates.io", "RubyGems", "NuGet", "Packagist", "Maven", "Pub", "Hex", "CRAN", "Hackage", "Julia", "SwiftURL", "Bitnami",
	"Debian", "Ubuntu", "Alpine", "Red Hat", "AlmaLinux", "Rocky Linux", "SUSE", "openSUSE", "Wolfi", "Chainguard", "Mageia", "openEuler", "MinimOS", conan,
}

// TestLeadingNumbersDecideAsTheLibrary compares the short way with the long one
// on texts that are made to meet its edges.
func TestLeadingNumbersDecideAsTheLibrary(t *testing.T) {
	t.Parallel()
	number := rapid.SampledFrom([]string{"0", "1", "2", "9", "10", "11", "00", "01", "007", "20200101", "99999999999999999999"})
	joint := rapid.SampledFrom([]string{".", ".", ".", ".", "-", "+", "_", "~", ":", "!", "a", "rc", "-rc.", ".rc", ".Final", "-SNAPSHOT", "p", "post", ".dev", "-r", "^", ""})
	version := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(1, 5).Draw(t, "numbers") {
			b.WriteString(number.Draw(t, "number"))
			b.WriteString(joint.Draw(t, "joint"))
		}
		return strings.TrimSuffix(b.String(), ".")
	})
	plain := rapid.Map(rapid.SliceOfN(number, 1, 5), func(list []string) string { return strings.Join(list, ".") })
	version = rapid.OneOf(version, plain)
	for _, scheme := range schemes {
		t.Run(strings.ReplaceAll(scheme, " ", "_"), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				a, b := version.Draw(t, "a"), version.Draw(t, "b")
				if rapid.Bool().Draw(t, "alike") {
					n := rapid.IntRange(0, len(a)).Draw(t, "cut")
					b = a[:n] + b
				}
				v, errA := slow(scheme, a)
				w, errB := slow(scheme, b)
				for text, err := range map[string]error{a: errA, b: errB} {
					if _, got := parseVersion(scheme, text); (got == nil) != (err == nil) {
						t.Fatalf("%q: %v, and by the library %v", text, got, err)
					}
				}
				if errA != nil || errB != nil {
					return
				}
				want, err := v.Compare(w)
				if err != nil {
					return
				}
				got, err := newQuick(scheme, a).Compare(newQuick(scheme, b))
				if err != nil || got != want {
					t.Fatalf("%q and %q: %d (%v), and by the library %d", a, b, got, err, want)
				}
			})
		})
	}
}
