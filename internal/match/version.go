package match

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/osv-scalibr/semantic"

	"github.com/tidemark/tidemark/internal/advisory"
)

// goStdlib and goToolchain are versioned by Go's releases: "go1.20rc1".
const (
	goStdlib    = "stdlib"
	goToolchain = "toolchain"
)

// Schemes of the ecosystems that the version library lacks, named by one that it has.
const (
	semver = "npm"
	rpm    = "Red Hat"
	deb    = "Debian"
)

// conan has a scheme of its own: the library compares it as semantic versions.
const conan = "ConanCenter"

// schemeOf returns the ecosystem by whose rules versions are compared. opam
// orders versions as Debian does; Echo is built from Debian packages; Photon OS
// and Azure Linux are RPM distributions; the rest is semantic versioning.
func schemeOf(ecosystem string) string {
	switch ecosystem {
	case "Kubernetes", "GitHub Actions", "VSCode":
		return semver
	case "Photon OS", "Azure Linux":
		return rpm
	case "Echo", "opam":
		return deb
	}
	return ecosystem
}

// isSemver lists the ecosystems whose own order is that of semantic versioning.
func isSemver(ecosystem string) bool {
	switch ecosystem {
	case "npm", "Go", "crates.io", "Hex", "Julia", "SwiftURL", "Bitnami", "Bioconductor":
		return true
	}
	return schemeOf(ecosystem) == semver
}

// strictSemver is a whole version of the SemVer 2.0.0 specification.
var strictSemver = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
})

// Compare orders two versions by the rules of an ecosystem: negative when a is
// the lower. It fails for versions and ecosystems that have no order.
func Compare(ecosystem, a, b string) (int, error) {
	scheme := schemeOf(ecosystem)
	va, err := parseVersion(scheme, a)
	if err != nil {
		return 0, fmt.Errorf("compare versions of %s: %w", ecosystem, err)
	}
	vb, err := parseVersion(scheme, b)
	if err != nil {
		return 0, fmt.Errorf("compare versions of %s: %w", ecosystem, err)
	}
	return va.Compare(vb)
}

// parseVersion reads a version by a scheme. Beside what the library refuses, a
// semantic version without a number has no order; the library would put it
// before all others, and a range that ends at "nightly" would be empty.
func parseVersion(scheme, text string) (semantic.Version, error) {
	q := newQuick(scheme, text)
	if q.plain && readsNumbers(scheme) || readsAll(scheme) && !refused(scheme, text) {
		return q, nil
	}
	_, err := q.parsed()
	if err != nil {
		return nil, err
	}
	return q, nil
}

// slow reads a version by the library.
func slow(scheme, text string) (semantic.Version, error) {
	compared := text
	switch {
	case scheme == conan:
		scheme, compared = deb, conanForm(text)
	case refused(scheme, text):
		return nil, fmt.Errorf("version %q does not begin with a number", text)
	}
	parse := semantic.Parse
	if scheme == julia {
		parse = func(text, _ string) (semantic.Version, error) { return parseJulia(text) }
	}
	v, err := parse(compared, scheme)
	if err != nil {
		return nil, fmt.Errorf("version %q: %w", text, err)
	}
	return v, nil
}

// refused is what the library would read and we do not.
func refused(scheme, text string) bool { return isSemver(scheme) && !startsWithNumber(text) }

// conanForm writes a Conan version so that Debian's rules order it as Conan
// does: a letter after a number is later (OpenSSL's 1.1.1k, which semantic
// versioning takes for a pre-release of 1.1.1), what follows a dash is earlier,
// and what follows a plus does not count.
func conanForm(text string) string {
	text, _, _ = strings.Cut(text, "+")
	return strings.ReplaceAll(text, "-", "~")
}

// parsed is a version or why it has no order.
type parsed struct {
	version semantic.Version
	err     error
}

// maxParsed bounds a cache of parsed versions: some 30 MB.
const maxParsed = 1 << 16

// order compares versions of one scheme and remembers what it has parsed.
type order struct {
	scheme string
	known  map[string]parsed
}

func (o *order) parse(text string) (semantic.Version, error) {
	if p, ok := o.known[text]; ok {
		return p.version, p.err
	}
	v, err := parseVersion(o.scheme, text)
	if len(o.known) >= maxParsed {
		clear(o.known)
	}
	o.known[text] = parsed{v, err}
	return v, err
}

func isRPM(ecosystem string) bool {
	switch ecosystem {
	case "AlmaLinux", "Rocky Linux", "Red Hat", "SUSE", "openSUSE", "Mageia", "openEuler", "Photon OS", "Azure Linux":
		return true
	}
	return false
}

func isDeb(ecosystem string) bool {
	return ecosystem == "Debian" || ecosystem == "Ubuntu" || ecosystem == "Echo"
}

// withEpoch puts the epoch before a distribution's version when the purl has
// it in a qualifier, or only the document's version has it.
func withEpoch(ecosystem, version, epoch, documented string) string {
	if version == "" || strings.Contains(version, ":") || (!isRPM(ecosystem) && !isDeb(ecosystem)) {
		return version
	}
	if epoch != "" && strings.Trim(epoch, "0123456789") == "" {
		return epoch + ":" + version
	}
	if e, rest, ok := strings.Cut(documented, ":"); ok && rest == version && e != "" && strings.Trim(e, "0123456789") == "" {
		return documented
	}
	return version
}

// comparedForm removes what is not part of a version in the order that records use.
func comparedForm(ecosystem, name, version string) string {
	switch ecosystem {
	case "Go":
		if name == goStdlib || name == goToolchain {
			return goRelease(version)
		}
	case "PyPI":
		return strings.TrimLeft(version, "=") // "==2.0" of a requirement
	case "Bitnami":
		return withoutRevision(version)
	case "RubyGems":
		return withoutPlatform(version)
	}
	return version
}

// goRelease turns "go1.20rc1" into "1.20.0-rc.1", as the Go database writes
// it, and drops what follows a space (experiments).
func goRelease(version string) string {
	v, _, _ := strings.Cut(version, " ")
	v = strings.TrimPrefix(strings.TrimPrefix(v, "go"), "v")
	for _, pre := range [...]string{"rc", "beta"} {
		base, n, ok := strings.Cut(v, pre)
		if !ok || !isDigit(n) || !isDigit(base) || strings.ContainsAny(base, "-+") {
			continue
		}
		if strings.Count(base, ".") == 1 {
			base += ".0"
		}
		return base + "-" + pre + "." + n
	}
	return v
}

// withoutRevision drops Bitnami's package revision: its records speak of the
// application, and "1.2.3-4" would sort before 1.2.3 as a pre-release.
func withoutRevision(version string) string {
	i := strings.LastIndexByte(version, '-')
	if i <= 0 || i == len(version)-1 || strings.Trim(version[i+1:], "0123456789") != "" {
		return version
	}
	return version[:i]
}

// withoutPlatform drops the platform of a precompiled gem ("1.13.0-x86_64-linux"),
// which would make it a pre-release.
func withoutPlatform(version string) string {
	base, platform, ok := strings.Cut(version, "-")
	if !ok {
		return version
	}
	cpu, _, _ := strings.Cut(strings.ToLower(platform), "-")
	switch cpu {
	case "java", "jruby", "ruby", "x86", "x86_64", "x64", "i386", "i686", "arm", "arm64", "aarch64", "universal",
		"mingw", "mingw32", "mswin32", "mswin64", "darwin", "linux", "powerpc64le", "s390x", "riscv64":
		return base
	}
	return version
}

// unordered says why a version has no place in its ecosystem's order, "" when
// it has one. The version library gives nearly every text some place; a
// placeholder must not be compared as if it were a version.
func unordered(ecosystem, version string) string {
	switch {
	case slices.ContainsFunc([]byte(version), isForeign):
		return fmt.Sprintf("%q is not a version", version)
	case version == "" || strings.IndexByte("~^!", version[0]) >= 0:
		return fmt.Sprintf("%q is a range, not a version", version)
	case hashIn(version) != "":
		return fmt.Sprintf("%q is a commit, not a version", version)
	case isPlaceholder(version):
		return fmt.Sprintf("%q is a placeholder, not a version", version)
	case needsNumber(ecosystem) && !startsWithNumber(version):
		return fmt.Sprintf("%q does not begin with a number", version)
	case hasWildcard(ecosystem, version):
		return fmt.Sprintf("%q is a range or a branch, not a version", version)
	}
	if !mayRefuse(schemeOf(ecosystem)) {
		return ""
	}
	if _, err := parseVersion(schemeOf(ecosystem), version); err != nil {
		return err.Error()
	}
	return ""
}

// isForeign: a byte that no version has.
func isForeign(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '{', '}', '(', ')', '[', ']', '<', '>', '|', '*', ',', '"', '\'', '`', '\\', '$', '@':
		return true
	}
	return false
}

// mayRefuse names the schemes whose parser refuses some versions: for the
// others, parsing a version that no record speaks of would be for nothing.
func mayRefuse(scheme string) bool {
	switch scheme {
	case "CRAN", "Hackage", "Debian", "Ubuntu", conan:
		return true
	}
	return false
}

func isPlaceholder(version string) bool {
	if isDigit(version) {
		return false // as nearly all
	}
	switch strings.ToLower(version) {
	case "unknown", "unspecified", "undefined", "latest", "release", "null", "nil", "none", "n/a", "na", "devel",
		"dev", "develop", "head", "master", "main", "snapshot", "local", "workspace":
		return true
	}
	return strings.HasPrefix(version, "${")
}

// needsNumber is true where every version begins with a number. The others
// order words too: "Hoxton.SR1" of Maven, PyPI's versions from before PEP 440,
// "cci.20200101" of Conan, RPM's keys. Composer's "dev-master" names a branch.
func needsNumber(ecosystem string) bool {
	switch ecosystem {
	case "Maven", "PyPI", "ConanCenter", "Alpine":
		return false
	}
	return !isRPM(ecosystem)
}

func startsWithNumber(version string) bool {
	v := strings.TrimLeft(version, "vV=")
	return len(version)-len(v) <= 1 && isDigit(v)
}

// hasWildcard finds "1.x" and "2.3.x" where versions are numbers, and Composer's
// branches ("8.x-dev").
func hasWildcard(ecosystem, version string) bool {
	if ecosystem == advisory.Packagist {
		return strings.HasSuffix(strings.ToLower(version), "x-dev")
	}
	if !isSemver(ecosystem) {
		return false
	}
	core, _, _ := strings.Cut(strings.ToLower(version), "-")
	return strings.HasSuffix(core, ".x") || strings.Contains(core, ".x.")
}
