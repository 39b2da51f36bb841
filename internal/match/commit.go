package match

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/package-url/packageurl-go"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Commits have no order that a record shows: which of two came first stands in
// a repository that nobody asks here. So a range of commits is decided for the
// commits that it names, and for all when it has no end; any other commit is
// undecided, and said to be.

// wholeHash is a commit: an abbreviated one may be any of several.
var wholeHash = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) })

// hashInside finds a commit in the address of an archive.
var hashInside = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|[/.=-])([0-9a-f]{40}|[0-9a-f]{64})([/.&-]|$)`) })

// sourceCode reads from which repository and commit a package was built: those
// of the purl itself where it names a repository, else those of its vcs_url or
// download_url.
func sourceCode(u packageurl.PackageURL, qualifiers map[string]string, version string) (repo, commit string) {
	if host, ok := codeHost(u.Type); ok {
		return advisory.NormalName(advisory.Git, host+joined(u.Namespace, "/", u.Name)), hashIn(version)
	}
	if address := qualifiers["vcs_url"]; address != "" {
		return ofAddress(address, version)
	}
	return ofArchive(qualifiers["download_url"])
}

// codeHost knows the types of purls that name a repository, and where it is: a
// "pkg:git" says that itself.
func codeHost(purlType string) (host string, ok bool) {
	switch purlType {
	case "github":
		return "github.com/", true
	case "bitbucket":
		return "bitbucket.org/", true
	case "gitlab":
		return "gitlab.com/", true
	case "git":
		return "", true
	}
	return "", false
}

// ofAddress reads "git+https://host/path.git@COMMIT", as SPDX writes it.
func ofAddress(address, version string) (repo, commit string) {
	if i := strings.LastIndexByte(address, '@'); i > strings.LastIndexByte(address, '/') {
		commit, address = hashIn(address[i+1:]), address[:i]
	}
	if commit == "" {
		commit = hashIn(version)
	}
	return advisory.NormalName(advisory.Git, address), commit
}

// ofArchive reads "https://github.com/psf/requests/archive/COMMIT.tar.gz" and
// the like: what stands before the archive's part of the path is the repository.
func ofArchive(address string) (repo, commit string) {
	for _, part := range [...]string{"/-/archive/", "/archive/", "/tarball/", "/zipball/", "/commit/", "/tree/"} {
		before, after, ok := strings.Cut(address, part)
		if !ok {
			continue
		}
		if m := hashInside().FindStringSubmatch(strings.ToLower(after)); m != nil {
			return advisory.NormalName(advisory.Git, before), m[2]
		}
	}
	return "", ""
}

func hashIn(version string) string {
	if len(version) != 40 && len(version) != 64 {
		return ""
	}
	if v := strings.ToLower(version); wholeHash().MatchString(v) {
		return v
	}
	return ""
}

// commitAsked is what a record about commits is asked.
type commitAsked struct {
	asked
	commit string
}

// askCommits decides records that name a repository.
func (q *question) askCommits(records []*advisory.Record, key advisory.PackageKey, l lookup) {
	for _, r := range records {
		a := commitAsked{asked{q: q, record: r, key: key, lookup: l}, q.pkg.Commit}
		a.ask(a.entries())
	}
}

// ask files the record: it matches, is clear of the commit, or cannot be decided.
func (a *commitAsked) ask(entries []int) {
	answer := ctem.No
	for _, i := range entries {
		f := &a.record.Affected[i]
		got, why := a.about(f)
		if got == ctem.Yes {
			a.q.matches = append(a.q.matches, Match{
				Record: a.record, Affected: i, Withdrawn: !a.record.Withdrawn.IsZero(),
				Reason: a.reason(f, why.interval, why.comparison), Fixed: fixesOf(f),
			})
			return
		}
		if got == ctem.Unknown {
			answer = ctem.Unknown
		}
	}
	if answer == ctem.Unknown {
		a.q.gitOnly = append(a.q.gitOnly, a.record)
		return
	}
	a.q.clear = append(a.q.clear, a.record)
}

// said is a range and the comparison with it.
type said struct{ interval, comparison string }

// about decides one entry: its list of versions, then its ranges.
func (a *commitAsked) about(f *advisory.Affected) (ctem.Tri, said) {
	for _, v := range []string{a.commit, a.lookup.version} {
		if v != "" && slices.ContainsFunc(f.Versions, func(listed string) bool { return sameTag(listed, v) }) {
			return ctem.Yes, said{"listed versions", v + " is listed"}
		}
	}
	if a.commit == "" {
		if len(f.Versions) > 0 {
			return ctem.No, said{} // the list names tags, and not this one
		}
		return endless(f), said{"every commit", "no end is known"}
	}
	answer := ctem.No
	for i := range f.Ranges {
		got, why := a.within(f.Ranges[i].Events)
		if got == ctem.Yes {
			return got, why
		}
		if got == ctem.Unknown {
			answer = got
		}
	}
	return answer, said{}
}

// sameTag takes "v1.2" for 1.2.
func sameTag(a, b string) bool {
	return strings.EqualFold(strings.TrimPrefix(a, "v"), strings.TrimPrefix(b, "v"))
}

// endless says yes of an entry that has a range of all commits.
func endless(f *advisory.Affected) ctem.Tri {
	for i := range f.Ranges {
		if isEndless(f.Ranges[i].Events) {
			return ctem.Yes
		}
	}
	return ctem.Unknown
}

func isEndless(events []advisory.Event) bool {
	for _, e := range events {
		if e.Introduced != "0" && (e.Limit != "*" || e.Introduced != "") {
			return false
		}
	}
	return len(events) > 0
}

// within decides a commit that a range names. What ends there comes first: a
// commit that both begins and ends a range is not in it.
func (a *commitAsked) within(events []advisory.Event) (ctem.Tri, said) {
	if isEndless(events) {
		return ctem.Yes, said{"every commit", "no end is known"}
	}
	names := func(of func(advisory.Event) string) bool {
		return slices.ContainsFunc(events, func(e advisory.Event) bool { return strings.EqualFold(of(e), a.commit) })
	}
	switch {
	case names(func(e advisory.Event) string { return e.Fixed }), names(func(e advisory.Event) string { return e.Limit }):
		return ctem.No, said{}
	case names(func(e advisory.Event) string { return e.LastAffected }):
		return ctem.Yes, said{"up to commit " + a.commit, a.commit + " is the last affected commit"}
	case names(func(e advisory.Event) string { return e.Introduced }):
		return ctem.Yes, said{"from commit " + a.commit, a.commit + " introduced it"}
	}
	return ctem.Unknown, said{}
}

func fixesOf(f *advisory.Affected) (fixes []string) {
	for _, r := range f.Ranges {
		for _, e := range r.Events {
			if e.Fixed != "" && !slices.Contains(fixes, e.Fixed) {
				fixes = append(fixes, e.Fixed)
			}
		}
	}
	return fixes
}

// openCode is a component whose version is a commit: as a version of its
// ecosystem it has no place, and is still decided by the records about commits.
func openCode(p Package, why *Undecided) bool {
	return why.Reason == twin.UnparsableVersion && p.Commit != "" && p.Repo != ""
}
