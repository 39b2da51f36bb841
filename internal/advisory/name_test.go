package advisory

import (
	"strings"
	"testing"
)

func TestNormalName(t *testing.T) {
	t.Parallel()
	tests := []struct{ ecosystem, name, want string }{
		{"PyPI", "Django", "django"},
		{"PyPI", "zope.interface", "zope-interface"},
		{"PyPI", "a-_.B", "a-b"},
		{"PyPI", "a--b", "a-b"},
		{"PyPI", "-a_", "-a-"},
		{"PyPI", "_a", "-a"},
		{"PyPI", "requests", "requests"},
		{"NuGet", "Newtonsoft.Json", "newtonsoft.json"},
		{"Packagist", "Drupal/Core", "drupal/core"},
		{"Go", "github.com/Masterminds/goutils", "github.com/masterminds/goutils"},
		{"npm", "@Angular/core", "@angular/core"},
		{"Maven", "org.apache.Foo:Bar_baz", "org.apache.Foo:Bar_baz"},
		{"Debian", "libxml2", "libxml2"},
		{"", "X", "X"},
		{"GIT", "https://github.com/python/CPython", "github.com/python/cpython"},
		{"GIT", "git+ssh://git@github.com/psf/requests.git#main", "github.com/psf/requests"},
		{"GIT", "git@github.com:psf/requests.git", "github.com/psf/requests"},
		{"GIT", "git://git.kernel.org/pub/scm/linux.git/", "git.kernel.org/pub/scm/linux"},
	}
	for _, tt := range tests {
		if got := NormalName(tt.ecosystem, tt.name); got != tt.want {
			t.Errorf("NormalName(%q, %q) = %q, want %q", tt.ecosystem, tt.name, got, tt.want)
		}
	}
}

func TestSplitEcosystem(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, ecosystem, release string }{
		{"npm", "npm", ""},
		{"Debian:11", "Debian", "11"},
		{"Ubuntu:22.04:LTS", "Ubuntu", "22.04:LTS"},
		{"Ubuntu:Pro:18.04:LTS", "Ubuntu", "Pro:18.04:LTS"},
		{"Alpine:v3.16", "Alpine", "v3.16"},
		{"Red Hat:rhel_aus:8.6::appstream", "Red Hat", "rhel_aus:8.6::appstream"},
		{"Packagist:https://packages.drupal.org/8", "Packagist", "https://packages.drupal.org/8"},
		{"", "", ""},
	}
	for _, tt := range tests {
		ecosystem, release := SplitEcosystem(tt.in)
		if ecosystem != tt.ecosystem || release != tt.release {
			t.Errorf("SplitEcosystem(%q) = %q, %q, want %q, %q", tt.in, ecosystem, release, tt.ecosystem, tt.release)
		}
	}
}

func FuzzNormalName(f *testing.F) {
	f.Add("PyPI", "a-_.B")
	f.Add("NuGet", "Newtonsoft.Json")
	f.Add("GIT", "git+https://git@x:y/a.git?b#c")
	f.Add("PyPI", "\xff")
	f.Fuzz(func(t *testing.T, ecosystem, name string) {
		once := NormalName(ecosystem, name)
		if twice := NormalName(ecosystem, once); twice != once {
			t.Errorf("NormalName(%q, %q) = %q, and again = %q: not idempotent", ecosystem, name, once, twice)
		}
		if ecosystem == PyPI && strings.Contains(once, "--") {
			t.Errorf("NormalName(%q, %q) = %q has a run of hyphens", ecosystem, name, once)
		}
	})
}

func TestBestKnown(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"CVE-1": {"GHSA-a", "CVE-2", "CVE-1"}, "GHSA-a": {"RUSTSEC-1", "GHSA-b", "GHSA-a"}, "X-2": {"X-2", "X-1"},
	} {
		if got := BestKnown(names); got != want {
			t.Errorf("BestKnown(%v) = %s, want %s", names, got, want)
		}
	}
}
