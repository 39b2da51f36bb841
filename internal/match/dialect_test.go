package match

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestWhatStandsBesideThePurl: the source package and the release that a
// document gives elsewhere count, and the purl's own win.
func TestWhatStandsBesideThePurl(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		c    twin.Component
		want Package
	}{
		"trivy": {
			twin.Component{Purl: "pkg:deb/ubuntu/bsdutils@2.37.2-4ubuntu3?arch=amd64&distro=ubuntu-22.04&epoch=1", Qualifiers: "upstream=util-linux%402.37.2-4ubuntu3"},
			Package{Ecosystem: "Ubuntu", Release: "22.04", Name: "bsdutils", Version: "1:2.37.2-4ubuntu3", Source: "util-linux", SourceVers: "2.37.2-4ubuntu3"},
		},
		"trivy_rpm": {
			twin.Component{Purl: "pkg:rpm/rocky/openssl-libs@1.1.1k-7.el8_6?epoch=1&distro=rocky-8.6", Qualifiers: "upstream=openssl%401%3A1.1.1k-7.el8_6"},
			Package{Ecosystem: "Rocky Linux", Release: "8", Name: "openssl-libs", Version: "1:1.1.1k-7.el8_6", Source: "openssl", SourceVers: "1:1.1.1k-7.el8_6"},
		},
		"system": {
			twin.Component{Purl: "pkg:deb/debian/bash@5.1", Qualifiers: "distro=debian-11.5"},
			Package{Ecosystem: "Debian", Release: "11", Name: "bash", Version: "5.1"},
		},
		"own_wins": {
			twin.Component{Purl: "pkg:deb/debian/bash@5.1?distro=debian-12", Qualifiers: "distro=debian-11"},
			Package{Ecosystem: "Debian", Release: "12", Name: "bash", Version: "5.1"},
		},
		"pro_by_its_source": {
			twin.Component{Purl: "pkg:deb/ubuntu/linux-headers@0.1?distro=ubuntu-18.04&upstream=linux%404.15.0-1.1%2Besm1"},
			Package{Ecosystem: "Ubuntu", Release: "18.04", Pro: true, Name: "linux-headers", Version: "0.1", Source: "linux", SourceVers: "4.15.0-1.1+esm1"},
		},
		"maven_group": {
			twin.Component{Purl: "pkg:maven/log4j-core@2.14.1?type=jar", Group: "org.apache.logging.log4j", Name: "log4j-core"},
			Package{Ecosystem: "Maven", Name: "org.apache.logging.log4j:log4j-core", Version: "2.14.1"},
		},
		"maven_group_in_the_name": {
			twin.Component{Purl: "pkg:maven/log4j-core@2.14.1", Name: "org.apache.logging.log4j:log4j-core"},
			Package{Ecosystem: "Maven", Name: "org.apache.logging.log4j:log4j-core", Version: "2.14.1"},
		},
		"maven_own_group_wins": {
			twin.Component{Purl: "pkg:maven/a/b@1", Group: "c", Name: "b"},
			Package{Ecosystem: "Maven", Name: "a:b", Version: "1"},
		},
		"junk": {
			twin.Component{Purl: "pkg:deb/debian/bash@5.1?distro=debian-12", Qualifiers: "%zz;&="},
			Package{Ecosystem: "Debian", Release: "12", Name: "bash", Version: "5.1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, why := PackageOf(tt.c)
			if why != nil {
				t.Fatal(why)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestReasonsAreComplete: a reason has the advisory and its state, the range,
// the comparison, the fix, and how the name came about.
func TestReasonsAreComplete(t *testing.T) {
	t.Parallel()
	r := record("DSA-1", distro("Debian", "11", "openssl", in("0"), fix("1.1.1n-0+deb11u4")))
	r.Revision = 3
	pypi := record("PYSEC-1", advisory.Affected{Ecosystem: "PyPI", Name: "Flask.RESTful", Ranges: []advisory.Range{rangeOf("ECOSYSTEM", in("0"), last("0.3"))}})
	ix := NewMapIndex([]*advisory.Record{r, pypi}, []string{"Debian", "PyPI"})
	for purl, want := range map[string]string{
		"pkg:deb/debian/libssl1.1@1.1.1n-0+deb11u3?upstream=openssl&distro=debian-11": "Debian:11 openssl < 1.1.1n-0+deb11u4: 0 <= 1.1.1n-0+deb11u3 < 1.1.1n-0+deb11u4; " +
			"fixed in 1.1.1n-0+deb11u4; libssl1.1 1.1.1n-0+deb11u3 is built from openssl 1.1.1n-0+deb11u3; DSA-1 revision 3",
		"pkg:pypi/flask_restful@0.2": "PyPI flask-restful <= 0.3: 0 <= 0.2 <= 0.3; the record writes Flask.RESTful; PYSEC-1",
	} {
		items := Group(Evaluate(ix, twin.Component{Purl: purl}).Matches)
		if len(items) != 1 {
			t.Fatalf("%s: %d items", purl, len(items))
		}
		if d := cmp.Diff(want, items[0].Why()); d != "" {
			t.Error(d)
		}
	}
}

// TestReasonsOfAGroup: each record of a group has its say.
func TestReasonsOfAGroup(t *testing.T) {
	t.Parallel()
	a, b := record("GHSA-1", npm(rangeOf("SEMVER", in("0"), fix("2.0.0")))), record("CVE-1", npm(rangeOf("SEMVER", in("0"), fix("1.9.0"))))
	a.Aliases = []string{"CVE-1"}
	items := Group(Evaluate(NewMapIndex([]*advisory.Record{a, b}, []string{"npm"}), twin.Component{Purl: "pkg:npm/a@1.0.0"}).Matches)
	if len(items) != 1 || strings.Count(items[0].Why(), " | ") != 1 || !strings.Contains(items[0].Why(), "GHSA-1") || !strings.Contains(items[0].Why(), "CVE-1") {
		t.Errorf("%+v", items)
	}
}

// TestListedByComposer: Composer fills a version with zeros before it compares
// it, so a list that names 3.3 names the tag v3.3.0.
func TestListedByComposer(t *testing.T) {
	t.Parallel()
	r := record("CVE-1", advisory.Affected{Ecosystem: "Packagist", Name: "a/b", Versions: []string{"3.3", "4.0.0-beta1", "2.10"}})
	ix := NewMapIndex([]*advisory.Record{r}, []string{"Packagist"})
	for version, want := range map[string]int{
		"v3.3.0": 1, "3.3": 1, "3.3.0.0": 1, "4.0-beta1": 1, "2.10.0": 1,
		"3.3.1": 0, "3": 0, "3.3.0-beta1": 0, "2.1": 0, "2.1.0": 0, "4.0.0": 0,
	} {
		if got := len(Evaluate(ix, twin.Component{Purl: "pkg:composer/a/b@" + version}).Matches); got != want {
			t.Errorf("%s: %d matches, want %d", version, got, want)
		}
	}
}

// TestJuliaCountsBuilds: what was built anew from the same version is another
// release, and nearly every record about Julia's binaries is fixed in one.
func TestJuliaCountsBuilds(t *testing.T) {
	t.Parallel()
	r := record("JLSEC-1", advisory.Affected{Ecosystem: "Julia", Name: "Zlib_jll", Ranges: []advisory.Range{rangeOf("SEMVER", in("1.2.13+0"), fix("1.2.13+10"))}})
	ix := NewMapIndex([]*advisory.Record{r}, []string{"Julia"})
	for version, want := range map[string]int{
		"1.2.13+0": 1, "1.2.13+1": 1, "v1.2.13+9": 1,
		"1.2.12+5": 0, "1.2.13": 0, "1.2.13-rc1+3": 0, "1.2.13+10": 0, "1.2.13+11": 0, "1.2.14": 0,
	} {
		if got := len(Evaluate(ix, twin.Component{Purl: "pkg:julia/Zlib_jll@" + version}).Matches); got != want {
			t.Errorf("%s: %d matches, want %d", version, got, want)
		}
	}
}
