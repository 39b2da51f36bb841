package twin

import "testing"

func TestLocus(t *testing.T) {
	t.Parallel()
	tests := []struct{ purl, locus, name, version string }{
		{"pkg:npm/lodash@4.17.20", "pkg:npm/lodash", "lodash", "4.17.20"},
		{"pkg:npm/%40angular/core@1.0?arch=x#sub", "pkg:npm/%40angular/core", "core", "1.0"},
		{"pkg:npm/@angular/core@1.0", "pkg:npm/%40angular/core", "core", "1.0"},
		{"pkg:npm/@angular/core", "pkg:npm/%40angular/core", "core", ""},
		{"pkg:deb/debian/openssl@1.1.1n-0+deb11u3?arch=amd64&upstream=openssl", "pkg:deb/debian/openssl", "openssl", "1.1.1n-0+deb11u3"},
		{"pkg:GOLANG/github.com/Foo/bar@v1.0", "pkg:golang/github.com/Foo/bar", "bar", "v1.0"},
		{"pkg://pypi/x", "pkg:pypi/x", "x", ""},
		{"lodash", "", "", ""},
		{"pkg:npm", "", "", ""},
		{"pkg:npm//", "", "", ""},
	}
	for _, tc := range tests {
		got := Locus(tc.purl)
		if got != tc.locus {
			t.Errorf("locus of %q is %q, want %q", tc.purl, got, tc.locus)
		}
		if got != "" && (LocusName(got) != tc.name || PurlVersion(tc.purl) != tc.version) {
			t.Errorf("%q: name %q version %q, want %q %q", tc.purl, LocusName(got), PurlVersion(tc.purl), tc.name, tc.version)
		}
	}
}
