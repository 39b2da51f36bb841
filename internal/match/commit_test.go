package match

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

const (
	commitA = "0123456789abcdef0123456789abcdef01234567"
	commitB = "89abcdef0123456789abcdef0123456789abcdef"
	commitC = "ffffffffffffffffffffffffffffffffffffffff"
)

func repoEntry(versions []string, events ...advisory.Event) advisory.Affected {
	r := advisory.Range{Type: "GIT", Repo: "https://github.com/psf/requests", Events: events}
	return advisory.Affected{Ecosystem: advisory.Git, Name: "github.com/psf/requests", Versions: versions, Ranges: []advisory.Range{r}}
}

// TestCommits: a commit that a range names is decided, any other is undecided,
// and nothing is passed over.
func TestCommits(t *testing.T) {
	t.Parallel()
	pair := repoEntry(nil, in(commitA), fix(commitB))
	tests := map[string]struct {
		affected  advisory.Affected
		purl      string
		want      int
		undecided []twin.Reason
	}{
		"introduced":        {pair, "pkg:github/psf/requests@" + commitA, 1, nil},
		"upper_case":        {pair, "pkg:github/PSF/requests@" + strings.ToUpper(commitA), 1, nil},
		"fixed":             {pair, "pkg:github/psf/requests@" + commitB, 0, nil},
		"between":           {pair, "pkg:github/psf/requests@" + commitC, 0, []twin.Reason{twin.GitOnly}},
		"other_repository":  {pair, "pkg:github/psf/black@" + commitA, 0, nil},
		"last_affected":     {repoEntry(nil, in("0"), last(commitC)), "pkg:github/psf/requests@" + commitC, 1, nil},
		"limit":             {repoEntry(nil, in("0"), lim(commitC)), "pkg:github/psf/requests@" + commitC, 0, nil},
		"empty":             {repoEntry(nil, in(commitA), fix(commitA)), "pkg:github/psf/requests@" + commitA, 0, nil},
		"every_commit":      {repoEntry(nil, in("0")), "pkg:github/psf/requests@" + commitC, 1, nil},
		"every_tag":         {repoEntry(nil, in("0")), "pkg:github/psf/requests@v1.0", 1, nil},
		"listed_commit":     {repoEntry([]string{commitC}, in("0"), fix(commitB)), "pkg:github/psf/requests@" + commitC, 1, nil},
		"listed_tag":        {repoEntry([]string{"v1.0"}, in("0"), fix(commitB)), "pkg:github/psf/requests@1.0", 1, nil},
		"unlisted_tag":      {repoEntry([]string{"v1.0"}, in("0"), fix(commitB)), "pkg:github/psf/requests@v2.0", 0, nil},
		"unknown_tag":       {pair, "pkg:github/psf/requests@v2.0", 0, []twin.Reason{twin.GitOnly}},
		"short_commit":      {pair, "pkg:github/psf/requests@v" + commitA[:12], 0, []twin.Reason{twin.GitOnly}},
		"generic":           {pair, "pkg:generic/requests@2.0?vcs_url=git%2Bhttps://github.com/psf/requests.git%40" + commitA, 1, nil},
		"generic_hash":      {pair, "pkg:generic/requests@" + commitA + "?vcs_url=git%2Bhttps://github.com/psf/requests", 1, nil},
		"download":          {pair, "pkg:generic/requests@2.0?download_url=https://github.com/psf/requests/archive/" + commitA + ".tar.gz", 1, nil},
		"download_fixed":    {pair, "pkg:generic/requests@2.0?download_url=https://github.com/psf/requests/archive/" + commitB + ".zip", 0, nil},
		"another_ecosystem": {pair, "pkg:npm/requests@2.0.0?vcs_url=git%2Bssh://git%40github.com/psf/requests.git%40" + commitA, 1, nil},
		"no_commit":         {pair, "pkg:npm/requests@2.0.0?vcs_url=git%2Bhttps://github.com/psf/requests.git", 0, nil},
		"git":               {pair, "pkg:git/github.com/psf/requests@" + commitA, 1, nil},
		"bitbucket":         {advisory.Affected{Ecosystem: advisory.Git, Name: "bitbucket.org/a/b", Ranges: []advisory.Range{rangeOf("GIT", in(commitA))}}, "pkg:bitbucket/a/b@" + commitA, 1, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ix := NewMapIndex([]*advisory.Record{record("G-1", tt.affected)}, []string{advisory.Git, advisory.GitHubActions, advisory.NPM})
			res := Evaluate(ix, twin.Component{Purl: tt.purl})
			var got []twin.Reason
			for _, u := range res.Undecided {
				got = append(got, u.Reason)
			}
			if d := cmp.Diff(tt.undecided, got); d != "" || len(res.Matches) != tt.want {
				t.Errorf("%d matches, want %d; %s", len(res.Matches), tt.want, d)
			}
		})
	}
}

// TestCommitOfAPackage: a package whose records have nothing but commits is
// decided by the commit that it names.
func TestCommitOfAPackage(t *testing.T) {
	t.Parallel()
	ix := NewMapIndex([]*advisory.Record{record("G-1", npm(rangeOf("GIT", in(commitA), fix(commitB))))}, []string{"npm"})
	at := func(commit string) Result {
		return Evaluate(ix, twin.Component{Purl: "pkg:npm/a@1.0.0?vcs_url=git%2Bhttps://x.org/a.git%40" + commit})
	}
	if res := at(commitA); len(res.Matches) != 1 || len(res.Undecided) > 0 {
		t.Errorf("introduced: %+v", res)
	}
	if res := at(commitB); len(res.Matches) != 0 || len(res.Undecided) > 0 {
		t.Errorf("fixed: %+v", res)
	}
	if res := at(commitC); len(res.Matches) != 0 || len(res.Undecided) != 1 || !strings.Contains(res.Undecided[0].Detail, commitC) {
		t.Errorf("between: %+v", res)
	}
}

// TestActionAtACommit: the records of GitHub Actions have versions, so a commit
// is undecided where there are any about the action, and only there.
func TestActionAtACommit(t *testing.T) {
	t.Parallel()
	r := record("GHSA-1", advisory.Affected{Ecosystem: advisory.GitHubActions, Name: "tj-actions/changed-files", Ranges: []advisory.Range{rangeOf("ECOSYSTEM", in("0"), fix("46"))}})
	ix := NewMapIndex([]*advisory.Record{r}, []string{advisory.GitHubActions})
	res := Evaluate(ix, twin.Component{Purl: "pkg:github/tj-actions/changed-files@" + commitA})
	if len(res.Matches) != 0 || len(res.Undecided) != 1 || res.Undecided[0].Reason != twin.UnparsableVersion {
		t.Errorf("%+v", res)
	}
	if res := Evaluate(ix, twin.Component{Purl: "pkg:github/actions/checkout@" + commitA}); len(res.Matches)+len(res.Undecided) != 0 {
		t.Errorf("%+v", res)
	}
}

// FuzzCommits: any purl is decided or not, and a commit is never a version.
func FuzzCommits(f *testing.F) {
	for _, seed := range []string{
		"git+https://github.com/psf/requests.git@" + commitA, "https://github.com/psf/requests/archive/" + commitB + ".tar.gz",
		"git@github.com:psf/requests.git", "https://x/-/archive/" + commitC, "@", "", "/archive/",
	} {
		f.Add(seed, commitA)
	}
	f.Fuzz(func(t *testing.T, address, version string) {
		for _, got := range [][2]string{pairOf(ofAddress(address, version)), pairOf(ofArchive(address))} {
			if got[1] != "" && !wholeHash().MatchString(got[1]) {
				t.Errorf("%q: %q is no commit", address, got[1])
			}
			if got[0] != advisory.NormalName(advisory.Git, got[0]) {
				t.Errorf("%q: %q is no normal address", address, got[0])
			}
		}
	})
}

func pairOf(a, b string) [2]string { return [2]string{a, b} }
