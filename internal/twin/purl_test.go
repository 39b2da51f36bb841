package twin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	packageurl "github.com/package-url/packageurl-go"
)

// FuzzParsePurl: what we cut ourselves is what the library reads.
func FuzzParsePurl(f *testing.F) {
	for _, seed := range []string{
		"pkg:maven/org.jboss/jboss-logging@3.4.1.Final", "pkg:npm/%40babel/core@7.1.0", "pkg:npm/lodash@4.17.21", "pkg:npm/%40a@1", "pkg:npm/@a/b@1", "pkg:npm/%40/b@1",
		"pkg:cargo/a@1@2/3", "pkg:gem/x@", "pkg:nuget/A.B/c/d@1+2~3", "pkg:npm/a//b@1", "pkg:npm/a/@1", "pkg:npm/@1", "pkg:npm/a@/1", "pkg:/npm/a", "PKG:npm/a@1",
		"pkg:hex/a_b", "pkg:npm/", "pkg:npm/a?x=y", "pkg:npm/a#b", "pkg:pypi/A_b@1", "pkg:maven/a/b@1?type=jar", "pkg:maven/a/b@1?type=", "pkg:maven/a/b@1?=x", "pkg:maven/a/b@1?", "pkg:maven/a/b@1?x=a/b@c&y=1", "pkg:maven/a/b@1?x=y?z", "pkg:maven/a/b/@1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := plainPurl(s)
		want, err := packageurl.FromString(s)
		if ok && err != nil {
			t.Fatalf("%q is cut, and the library says %v", s, err)
		}
		if diff := cmp.Diff(want, got); ok && diff != "" {
			t.Fatalf("%q (- library, + ours):\n%s", s, diff)
		}
	})
}

func TestPlainPurls(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"pkg:maven/org.jboss/jboss-logging@3.4.1.Final": true, "pkg:npm/%40babel/core@7.1.0": true, "pkg:npm/lodash": true,
		"pkg:maven/a/b@1?type=jar": true, "pkg:maven/a/b@1?type=jar&x=y": false, "pkg:pypi/a@1": false, "pkg:npm/%41/b": false, "npm/a@1": false,
	} {
		if _, got := plainPurl(s); got != want {
			t.Errorf("%q is plain: %v", s, got)
		}
	}
}
