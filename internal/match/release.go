package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// releaseQualifiers are those in which tools name the release, best first:
// syft, trivy and cdxgen write distro, docker scout os_version and os_distro,
// cdxgen also the code name.
var releaseQualifiers = [...]string{"distro", "os_version", "os_distro", "distro_name"}

// releaseOf reads the release of a distribution's package.
func releaseOf(p Package, qualifiers map[string]string) (release string, pro bool) {
	ecosystem := p.Ecosystem
	if !needsRelease(ecosystem) {
		return "", false
	}
	for _, key := range releaseQualifiers {
		if text := qualifiers[key]; text != "" && release == "" {
			release = releaseIn(ecosystem, text)
			pro = pro || namesPro(text)
		}
	}
	if release == "" {
		release = p.releaseTag()
	}
	pro = pro || strings.Contains(p.Version, "esm") || strings.Contains(p.SourceVers, "esm")
	return release, pro && ecosystem == "Ubuntu"
}

// needsRelease reports whether an ecosystem's records are about releases. For
// the others a suffix is the address of a repository.
func needsRelease(ecosystem string) bool {
	switch ecosystem {
	case "Debian", "Ubuntu", "Alpine", "Alpaquita", "BellSoft Hardened Containers", "AlmaLinux", "Rocky Linux",
		"Red Hat", "SUSE", "openSUSE", "Mageia", "openEuler", "Photon OS", "Azure Linux":
		return true
	}
	return false
}

func isEnterpriseLinux(ecosystem string) bool {
	return ecosystem == "AlmaLinux" || ecosystem == "Rocky Linux" || ecosystem == "Red Hat"
}

// releaseIn finds the release in texts such as "debian-11", "alpine-3.16.2",
// "bookworm", "esm-apps/xenial", "opensuse-leap-15.4" or plain "3.16.2".
func releaseIn(ecosystem, text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), isNoReleaseRune)
	for i, w := range words {
		if r := releaseWord(ecosystem, w); r != "" {
			return servicePack(ecosystem, r, words[i+1:])
		}
	}
	return ""
}

func isNoReleaseRune(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '.' && r != '_'
}

func releaseWord(ecosystem, w string) string {
	switch ecosystem {
	case "Debian":
		return firstOf(major(w), debianCode(w))
	case "Ubuntu":
		return firstOf(majorMinor(w), ubuntuCode(w))
	case "Alpine":
		return alpineBranch(w)
	case "AlmaLinux", "Rocky Linux", "Mageia", "Azure Linux":
		return major(strings.TrimPrefix(w, "el"))
	}
	if isDigit(w) || w == "tumbleweed" || w == "stream" {
		return strings.TrimSuffix(w, ".0")
	}
	return ""
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// servicePack joins "15" and "sp4" as SUSE counts them, and keeps openEuler's.
func servicePack(ecosystem, release string, rest []string) string {
	for _, w := range rest {
		sp, ok := strings.CutPrefix(w, "sp")
		if !ok || !isDigit(sp) {
			continue
		}
		if ecosystem == "openEuler" {
			return release + "-sp" + sp
		}
		if ecosystem == "SUSE" && !strings.Contains(release, ".") {
			return release + "." + sp
		}
	}
	return release
}

// alpineBranch turns a version into its branch. A snapshot is of edge.
func alpineBranch(w string) string {
	w = strings.TrimPrefix(w, "v")
	if w == "edge" || (isDigit(w) && strings.Contains(w, "_")) {
		return "edge"
	}
	if mm := majorMinor(w); mm != "" {
		return "v" + mm
	}
	return ""
}

func isDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func major(w string) string {
	if !isDigit(w) {
		return ""
	}
	m, _, _ := strings.Cut(w, ".")
	return m
}

func majorMinor(w string) string {
	if !isDigit(w) {
		return ""
	}
	parts := strings.SplitN(w, ".", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

// releaseTag reads the release for which a version says that it was built:
// ".el8" or ".el9_2" of an RPM, "+deb11u3" of Debian, "ubuntu0.22.04.1" of Ubuntu.
func (p Package) releaseTag() string {
	switch {
	case isEnterpriseLinux(p.Ecosystem):
		return numberAfter(p.Version, ".el")
	case p.Ecosystem == "Debian":
		return numberAfter(p.Version, "+deb")
	case p.Ecosystem == "Ubuntu":
		return ubuntuTag(p.Version)
	}
	return ""
}

func numberAfter(version, mark string) string {
	i := strings.LastIndex(version, mark)
	if i < 0 {
		return ""
	}
	number, _ := digits(version[i+len(mark):])
	return number
}

// ubuntuTag finds "22.04" in "3.0.2-0ubuntu0.22.04.1".
func ubuntuTag(version string) string {
	_, tag, ok := strings.Cut(version, "ubuntu0.")
	release := majorMinor(tag)
	year, month, _ := strings.Cut(release, ".")
	if !ok || len(year) != 2 || (month != "04" && month != "10") {
		return ""
	}
	return release
}

// distributionIn finds the distribution in "debian-11" or "bookworm", as the
// namespace that a purl should have.
func distributionIn(purlType, text string) string {
	name, _, _ := strings.Cut(strings.ToLower(text), "-")
	if _, known := twin.EcosystemOf(purlType, name); known {
		return name
	}
	switch {
	case purlType != "deb":
		return ""
	case debianCode(name) != "":
		return "debian"
	case ubuntuCode(name) != "":
		return "ubuntu"
	}
	return ""
}

func namesPro(text string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(text), isNoReleaseRune) {
		if w == "pro" || w == "esm" {
			return true
		}
	}
	return false
}

func debianCode(w string) string {
	switch w {
	case "sid", "unstable":
		return "sid"
	case "trixie":
		return "13"
	case "bookworm":
		return "12"
	case "bullseye":
		return "11"
	case "buster":
		return "10"
	case "stretch":
		return "9"
	case "jessie":
		return "8"
	case "wheezy":
		return "7"
	case "squeeze":
		return "6"
	}
	return ""
}

// ubuntuCode knows the releases since trusty.
func ubuntuCode(w string) string {
	const codes = " trusty 14.04 xenial 16.04 artful 17.10 bionic 18.04 cosmic 18.10 disco 19.04 eoan 19.10 " +
		"focal 20.04 groovy 20.10 hirsute 21.04 impish 21.10 jammy 22.04 kinetic 22.10 lunar 23.04 mantic 23.10 " +
		"noble 24.04 oracular 24.10 plucky 25.04 questing 25.10 resolute 26.04 "
	_, rest, found := strings.Cut(codes, " "+w+" ")
	if !found || isDigit(w) {
		return ""
	}
	release, _, _ := strings.Cut(rest, " ")
	return release
}

// covers reports whether a record's release is the package's. A record
// without one is about all. The package of an ecosystem without releases is
// covered unless it says that it came from elsewhere.
func (p Package) covers(recorded string) bool {
	if recorded == "" || recorded == p.Release {
		return true
	}
	if !needsRelease(p.Ecosystem) {
		return p.Repository == "" || sameRepository(p.Repository, recorded)
	}
	switch p.Ecosystem {
	case "Ubuntu":
		return p.coversUbuntu(recorded)
	case "Alpine":
		return p.Release != "" && strings.TrimPrefix(recorded, "v") == strings.TrimPrefix(p.Release, "v")
	case "Red Hat":
		return coversRedHat(recorded, p.Release)
	case "AlmaLinux", "Rocky Linux", "Mageia", "Debian":
		return major(recorded) != "" && major(recorded) == p.Release
	}
	return p.Release != "" && releaseIn(p.Ecosystem, recorded) == p.Release
}

// beyond says that a feed speaks of releases, and of none that is the
// package's; "" when it does, or when that is not known.
func (p Package) beyond(known []string) string {
	if len(known) == 0 || p.Release == "" || !needsRelease(p.Ecosystem) || slices.ContainsFunc(known, p.covers) {
		return ""
	}
	return fmt.Sprintf("the feed of %s has no record about its release %s", p.Ecosystem, p.Release)
}

// coversUbuntu takes "22.04:LTS" for 22.04, and "Pro:18.04:LTS" only for a
// package from Ubuntu Pro. Other prefixes (FIPS, real-time, vendor kernels)
// are products of their own, which no purl names.
func (p Package) coversUbuntu(recorded string) bool {
	recorded = strings.TrimSuffix(recorded, ":LTS")
	if rest, ok := strings.CutPrefix(recorded, "Pro:"); ok {
		return p.Pro && rest == p.Release
	}
	return recorded == p.Release
}

// coversRedHat reads a product stream such as "enterprise_linux:8::baseos" or
// "rhel_eus:8.6::appstream": the first covers every 8, the others their minor release.
func coversRedHat(recorded, release string) bool {
	_, rest, _ := strings.Cut(recorded, ":")
	stream, _, _ := strings.Cut(rest, ":")
	if !isDigit(stream) || release == "" {
		return false
	}
	if !strings.Contains(stream, ".") {
		return stream == major(release)
	}
	return stream == release
}

func sameRepository(a, b string) bool {
	return strings.EqualFold(trimmedAddress(a), trimmedAddress(b))
}

func trimmedAddress(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	return strings.TrimRight(s, "/")
}
