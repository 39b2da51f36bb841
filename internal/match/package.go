package match

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

// Package is what a component is, in the terms of its ecosystem's records.
type Package struct {
	Ecosystem  string // OSV's name, without release
	Release    string // "11", "22.04", "v3.16", "9"; "" when the purl does not say or the ecosystem has none
	Pro        bool   // from Ubuntu Pro (ESM)
	Name       string // as the ecosystem spells it: "group:artifact", "@scope/name"; not folded
	Version    string // as it is compared: with its epoch, without a "go" prefix or a gem's platform
	Source     string // source package; "" when the purl names none
	SourceVers string // its version; "" when it is the same as Version
	Repository string // where it came from, when the purl says so
	Repo       string // its source repository: "github.com/psf/requests"; "" when the purl names none
	Commit     string // the whole hash of the commit that it was built from; "" when the purl names none
}

// Undecided is one component about which nothing, or not everything, can be said.
type Undecided struct {
	Component string // purl, else name@version
	Reason    twin.Reason
	Detail    string
}

// PackageOf reads a component's purl. It returns nil, or why the component
// cannot be looked up: no-purl (also for one that does not parse),
// unsupported-ecosystem, no-version or unparsable-version. The Package is
// filled as far as it is known.
func PackageOf(c twin.Component) (Package, *Undecided) {
	if c.Purl == "" {
		return Package{}, undecided(c, twin.NoPurl, "")
	}
	u, err := ParsePurl(c.Purl)
	if err != nil {
		return Package{}, undecided(c, twin.NoPurl, err.Error())
	}
	q := qualifiersOf(u, c)
	if u.Namespace == "" {
		u.Namespace = namespaceBeside(u, q, c)
	}
	version := strings.TrimSpace(u.Version)
	if version == "" {
		version = strings.TrimSpace(c.Version)
	}
	repo, commit := sourceCode(u, q, version)
	eco, ok := twin.EcosystemOf(u.Type, u.Namespace)
	if !ok && repo == "" {
		return Package{}, undecided(c, twin.UnsupportedEcosystem, "no OSV ecosystem for purl type "+typeAndNamespace(u))
	}
	p := Package{Ecosystem: eco, Name: nameOf(u, c.Purl), Repository: q["repository_url"], Repo: repo, Commit: commit}
	if !ok {
		p.Ecosystem, p.Name = advisory.Git, repo
		return onlyCode(c, p, version)
	}
	p.Version = comparedForm(eco, p.Name, withEpoch(eco, version, q["epoch"], c.Version))
	p.Source, p.SourceVers = sourceOf(eco, q["upstream"], p.Version)
	p.Release, p.Pro = releaseOf(p, q)
	if version == "" {
		return p, undecided(c, twin.NoVersion, "")
	}
	if eco == "Maven" && !strings.Contains(p.Name, ":") {
		return p, undecided(c, twin.NoPurl, "a package of Maven has a group, and the purl names none")
	}
	if why := unordered(eco, p.Version); why != "" {
		return p, undecided(c, twin.UnparsableVersion, why)
	}
	return p, nil
}

// onlyCode is a package of which no more is known than its source code.
func onlyCode(c twin.Component, p Package, version string) (Package, *Undecided) {
	p.Version = version
	if version == "" {
		p.Version = p.Commit
	}
	if p.Version == "" {
		return p, undecided(c, twin.NoVersion, "")
	}
	return p, nil
}

// qualifiersOf are the purl's, and what the document says beside it.
func qualifiersOf(u packageurl.PackageURL, c twin.Component) map[string]string {
	if len(u.Qualifiers) == 0 && c.Qualifiers == "" {
		return nil
	}
	q := u.Qualifiers.Map()
	if c.Qualifiers == "" {
		return q
	}
	beside, err := url.ParseQuery(c.Qualifiers)
	if err != nil {
		return q
	}
	for key := range beside {
		if q[key] == "" {
			q[key] = beside.Get(key)
		}
	}
	return q
}

func undecided(c twin.Component, reason twin.Reason, detail string) *Undecided {
	return &Undecided{Component: Label(c), Reason: reason, Detail: detail}
}

// Label names a component to people: its purl, else name@version.
func Label(c twin.Component) string {
	if c.Purl != "" {
		return c.Purl
	}
	name := c.Name
	if c.Group != "" {
		name = c.Group + "/" + name
	}
	if c.Version != "" {
		name += "@" + c.Version
	}
	return name
}

func typeAndNamespace(u packageurl.PackageURL) string {
	if u.Namespace == "" {
		return u.Type
	}
	return u.Type + "/" + u.Namespace
}

// ParsePurl reads a package URL. It also takes a Julia purl without its uuid: its
// name is enough here.
func ParsePurl(s string) (packageurl.PackageURL, error) {
	s = strings.TrimSpace(s)
	if scope, ok := strings.CutPrefix(s, "pkg:npm/@"); ok {
		s = "pkg:npm/%40" + scope // the library takes the "@" of "@scope%2Fname" for that of a version
	}
	u, err := twin.ParsePurl(s)
	if err == nil || (u.Type == "julia" && u.Name != "") {
		return u, nil
	}
	return u, fmt.Errorf("purl does not parse: %w", err)
}

// namespaceBeside is what a purl leaves out of its namespace, and something
// beside it says: the group of a Maven package, the distribution of a system's.
func namespaceBeside(u packageurl.PackageURL, qualifiers map[string]string, c twin.Component) string {
	switch u.Type {
	case "maven":
		return groupBeside(u.Name, c)
	case "deb", "apk", "rpm":
		return distributionIn(u.Type, firstOf(qualifiers["distro"], qualifiers["os_name"]))
	}
	return ""
}

// groupBeside is the Maven group that a document names beside a purl without
// one: as the component's group, or in its name ("group:artifact").
func groupBeside(artifact string, c twin.Component) string {
	if c.Group != "" {
		return c.Group
	}
	group, ok := strings.CutSuffix(c.Name, ":"+artifact)
	if !ok {
		return ""
	}
	return group
}

// nameOf joins a purl's namespace and name as the ecosystem's records do.
func nameOf(u packageurl.PackageURL, raw string) string {
	switch u.Type {
	case "maven":
		return joined(u.Namespace, ":", u.Name)
	case "golang":
		return goModule(u, raw)
	case "vscode", "vscode-extension":
		return joined(u.Namespace, ".", u.Name)
	case "npm", "composer", "swift", "github", "githubactions", "k8s", "bitbucket", "gitlab":
		return joined(u.Namespace, "/", u.Name)
	case "pypi", "deb":
		return u.Name[:endOfName(u.Name)]
	}
	return u.Name
}

// endOfName is where a name ends that has more behind it: "[extra]" of a Python
// package, ":amd64" of Debian's.
func endOfName(name string) int {
	if i := strings.IndexAny(name, "[:"); i > 0 {
		return i
	}
	return len(name)
}

func joined(namespace, sep, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + sep + name
}

// goModule takes the module path from the purl's text, because the purl
// library folds its case and module paths have one. The standard library is
// "stdlib" in the Go vulnerability database, whatever it is called here.
func goModule(u packageurl.PackageURL, raw string) string {
	path := raw[strings.IndexByte(raw, ':')+1:]
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	_, path, _ = strings.Cut(strings.TrimLeft(path, "/"), "/")
	if i := strings.LastIndexByte(path, '@'); i > 0 {
		path = path[:i]
	}
	name, err := url.PathUnescape(strings.Trim(path, "/"))
	if err != nil || !strings.EqualFold(name, joined(u.Namespace, "/", u.Name)) {
		name = joined(u.Namespace, "/", u.Name)
	}
	if name == "std" {
		return goStdlib
	}
	return name
}

// sourceOf reads syft's "upstream" qualifier: NAME, NAME@VERSION, or the file
// name of a source RPM.
func sourceOf(ecosystem, upstream, version string) (name, sourceVersion string) {
	upstream, _, _ = strings.Cut(upstream, ",")
	if upstream == "" {
		return "", ""
	}
	name, sourceVersion, named := strings.Cut(upstream, "@")
	if isRPM(ecosystem) && !named {
		return sourceRPM(upstream, version)
	}
	if isDeb(ecosystem) {
		return kernelSource(name, sourceVersion)
	}
	return name, sourceVersion
}

// kernelSource names the source of a kernel that was signed. Records name the
// kernel: "linux" of linux-signed-amd64, "linux-hwe-5.15" of
// linux-signed-hwe-5.15. Its version is that of the binary: Debian gives the
// signed source one of its own.
func kernelSource(name, version string) (string, string) {
	rest, ok := strings.CutPrefix(name, "linux-signed")
	if !ok {
		return name, version
	}
	switch rest {
	case "", "-amd64", "-arm64", "-i386":
		return "linux", ""
	}
	return "linux" + rest, ""
}

// sourceRPM splits NAME-VERSION-RELEASE.src.rpm. A source RPM's file name has
// no epoch; the binary's is taken, which nearly always is the same.
func sourceRPM(file, binary string) (name, version string) {
	base := strings.TrimSuffix(file, ".rpm")
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".nosrc"), ".src")
	i := strings.LastIndexByte(base, '-')
	if i <= 0 {
		return base, ""
	}
	j := strings.LastIndexByte(base[:i], '-')
	if j <= 0 {
		return base, ""
	}
	version = base[j+1:]
	if epoch, _, ok := strings.Cut(binary, ":"); ok {
		version = epoch + ":" + version
	}
	return base[:j], version
}

// lookup is one name under which records may speak of a package, and the
// version to compare with theirs.
type lookup struct{ ecosystem, name, version string }

// Compared is the version that is compared with the records': that of the
// source package where they name those.
func (p Package) Compared() string { return p.lookups()[0].version }

func (p Package) lookups() []lookup {
	if p.Ecosystem == advisory.Git {
		return []lookup{{p.Ecosystem, p.Name, p.Version}}
	}
	list := p.packageLookups()
	if p.Repo != "" && (p.Commit != "" || p.Ecosystem == advisory.GitHubActions) {
		list = append(list, lookup{advisory.Git, p.Repo, p.Version})
	}
	return list
}

func (p Package) packageLookups() []lookup {
	own := lookup{p.Ecosystem, p.Name, p.Version}
	if p.Source == "" {
		return []lookup{own}
	}
	source := lookup{p.Ecosystem, p.Source, p.SourceVers}
	if source.version == "" {
		source.version = p.Version
	}
	switch namesIn(p.Ecosystem) {
	case sourceNames:
		return []lookup{source}
	case bothNames:
		if p.Source != p.Name {
			return []lookup{own, source}
		}
	case ownNames:
	}
	return []lookup{own}
}

// naming says which packages a distribution's records name.
type naming int

const (
	ownNames naming = iota
	sourceNames
	bothNames
)

func namesIn(ecosystem string) naming {
	switch ecosystem {
	case "Debian", "Ubuntu", "Echo", "Alpine", "Alpaquita", "BellSoft Hardened Containers",
		"Rocky Linux", "SUSE", "openSUSE", "openEuler", "Mageia", "Azure Linux":
		return sourceNames
	case "Wolfi", "Chainguard", "MinimOS":
		return bothNames
	}
	return ownNames
}

// Keys returns the keys under which an index is asked about p.
func Keys(p Package) []advisory.PackageKey { return keysOf(p.lookups()) }

func keysOf(found []lookup) []advisory.PackageKey {
	keys := make([]advisory.PackageKey, len(found))
	for i, l := range found {
		keys[i] = advisory.PackageKey{Ecosystem: l.ecosystem, Name: advisory.NormalName(l.ecosystem, l.name)}
	}
	return keys
}

// sameName reports whether a record's name is the package's. Where the index
// folds more than the ecosystem does, case decides: npm names are exact, and a
// Go path may also be wholly in lower case, as the purl specification writes it.
func sameName(ecosystem, recorded, name, key string) bool {
	if recorded == name {
		return true
	}
	if advisory.NormalName(ecosystem, recorded) != key {
		return false
	}
	switch ecosystem {
	case advisory.NPM:
		return false
	case advisory.Go:
		return name == key
	}
	return true
}
