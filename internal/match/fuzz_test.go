package match

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// FuzzPackageOf: any purl is a package or undecided, never neither, and its
// keys are stable and normal.
func FuzzPackageOf(f *testing.F) {
	for _, seed := range []string{
		"pkg:npm/%40babel/core@7.0.0", "pkg:golang/github.com%2FMasterminds/goutils@v1#a", "pkg:golang/./api@(devel)",
		"pkg:maven/g/a@${v}", "pkg:alpine/a@1-r0?distro=alpine-3.16.2&upstream=b", "pkg:rpm/almalinux/a@1-2.el8?epoch=1&upstream=a-1-2.src.rpm",
		"pkg:deb/ubuntu/a@1:2?distro=esm-infra/bionic", "pkg:pypi/A__b..c@1!2", "pkg:gem/a@1-java", "pkg:bitnami/a@1-2", "pkg:", "", "pkg:golang/@", "pkg:julia/a@1", "pkg:pypi/ @0", "pkg:pypi/a%5Bx%5D@1", "pkg:deb/a:amd64@1?distro=sid", "pkg:npm/@a%2Fb@1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, purl string) {
		p, why := PackageOf(twin.Component{Purl: purl})
		if why != nil {
			if why.Reason == "" {
				t.Errorf("%q: undecided without reason", purl)
			}
			return
		}
		if p.Ecosystem == "" || p.Name == "" || p.Version == "" {
			t.Errorf("%q: decided, yet %+v", purl, p)
		}
		for _, k := range Keys(p) {
			if (k.Ecosystem != p.Ecosystem && k.Ecosystem != advisory.Git) || k.Name != advisory.NormalName(k.Ecosystem, k.Name) {
				t.Errorf("%q: key %+v is not normal", purl, k)
			}
		}
	})
}

// FuzzEvaluate: no record breaks evaluation, and what it offers as a fix is
// not hit by the record itself.
func FuzzEvaluate(f *testing.F) {
	for i, seed := range []string{"0|1.2.0||1.3.0|1.4.0|", "1.0|1.0|1.0|0|0|*", "0|x:1||-1|~|", "v1|2|3|4|5|6", "1!1|1.0.post1||1a|1.dev|"} {
		f.Add(uint8(i), "1.2.3", seed)
	}
	f.Fuzz(func(t *testing.T, kind uint8, version, bounds string) {
		ecosystem := lawful[int(kind)%len(lawful)]
		b := append(strings.Split(bounds, "|"), "", "", "", "", "", "")
		a := advisory.Affected{Ecosystem: ecosystem, Name: "a", Versions: []string{b[5]}, Ranges: []advisory.Range{
			rangeOf("ECOSYSTEM", advisory.Event{Introduced: b[0]}, advisory.Event{Fixed: b[1]}, advisory.Event{LastAffected: b[2]}),
			rangeOf("SEMVER", advisory.Event{Introduced: b[3]}, advisory.Event{Fixed: b[4]}, advisory.Event{Limit: b[5]}),
		}}
		e := NewEvaluator(NewMapIndex([]*advisory.Record{record("X-1", a)}, []string{ecosystem}))
		p := Package{Ecosystem: ecosystem, Release: "1", Name: "a", Version: version}
		for _, m := range e.at(p, lookup{}).matches {
			for _, fixed := range m.Fixed {
				p.Version = fixed
				if again := e.at(p, lookup{}).matches; len(again) > 0 && isSemver(ecosystem) {
					t.Errorf("%s: %q is affected, and so is its fix %q", ecosystem, version, fixed)
				}
			}
		}
	})
}
