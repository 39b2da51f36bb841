package accuracy

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
)

// A making is a file of many packages as a tool writes it: lock files, databases
// of installed packages, and the spellings of package URLs in SBOMs. Its packages
// and versions are those of the archives, at the bounds of their records.
type making struct {
	kind, file         string // the row of the table; the file's path, "" for an SBOM
	ecosystem, release string
	head, join, tail   string
	entry              func(p refPackage) string
	plain              bool // only versions of three numbers, as lock files have
	more               []refPackage
	beside             string // what /etc/os-release says, or another component
}

// perMaking is how many packages a file has.
const perMaking = 120

var (
	threeNumbers = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	plainWord    = regexp.MustCompile(`^[@a-zA-Z0-9][a-zA-Z0-9._/:+-]*$`)
	goMajor      = regexp.MustCompile(`/v(\d+)$`)
)

// againstMade scans what is made, and compares it with what it was made of.
func againstMade(t *testing.T, known *gate.Knowledge, ref reference) map[string]*agreement {
	all := map[string]*agreement{}
	for _, m := range append(lockFiles(), spellings()...) {
		picked := append(ref.pick(&m), m.more...)
		if len(picked) < perMaking/10 {
			t.Fatalf("%s: only %d packages", m.kind, len(picked))
		}
		var theirs []string
		for _, p := range picked {
			theirs = append(theirs, ref.affecting(t, p)...)
		}
		n := &agreement{}
		compareRecords(t, m.kind, counted(m.scan(t, known, picked)), counted(theirs), n)
		all[m.kind] = n
	}
	return all
}

// scan writes the file and lists the records that a scan of it names.
func (m *making) scan(t *testing.T, known *gate.Knowledge, picked []refPackage) (ids []string) {
	dir := t.TempDir()
	var entries []string
	for _, p := range picked[:len(picked)-len(m.more)] {
		entries = append(entries, m.entry(p))
	}
	body := m.head + strings.Join(entries, m.join) + m.tail
	file, target := m.file, filepath.Join(dir, m.file)
	switch {
	case m.file == "":
		file, body = "made.cdx.json", `{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[`+m.beside+body+`]}`
		target = filepath.Join(dir, file)
	case m.beside != "":
		target = dir
		write(t, filepath.Join(dir, "etc", "os-release"), m.beside)
	}
	write(t, filepath.Join(dir, file), body)
	read, err := gate.ReadTargets(t.Context(), []string{target})
	if err != nil || len(read.Rejected) > 0 {
		t.Fatal(m.kind, err, read.Rejected)
	}
	out := gate.Scan(known, read, day())
	for _, u := range out.Undecided {
		if m.file == "" && m.beside != "" && u.Reason == "no-purl" {
			continue // the operating system itself
		}
		t.Errorf("%s: %s is undecided: %s %s", m.kind, u.Component, u.Reason, u.Detail)
	}
	by := map[string][]api.Match{}
	for _, it := range out.Items {
		by[it.Purl] = append(by[it.Purl], it)
	}
	for _, items := range by {
		ids = append(ids, recordsOf(items)...)
	}
	return ids
}

func write(t *testing.T, path, body string) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// counted tells the occurrences of an id apart.
func counted(ids []string) []string {
	seen, out := map[string]int{}, make([]string, len(ids))
	for i, id := range ids {
		seen[id]++
		out[i] = fmt.Sprintf("%s (%d)", id, seen[id])
	}
	return out
}

// pick chooses packages evenly over an ecosystem, each in a version at which one
// of its records begins or ends.
func (ref reference) pick(m *making) (list []refPackage) {
	var names []string
	for key := range ref {
		if name, ok := strings.CutPrefix(key, m.ecosystem+"|"); ok && plainWord.MatchString(name) && len(ref.bounds(m, name)) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i := 0; i < len(names); i += max(1, len(names)/perMaking) {
		bounds := ref.bounds(m, names[i])
		list = append(list, refPackage{m.ecosystem, m.release, names[i], bounds[i%len(bounds)]})
	}
	return list
}

// bounds are the versions at which a package's records begin and end.
func (ref reference) bounds(m *making, name string) (versions []string) {
	for _, e := range ref[m.ecosystem+"|"+name] {
		if strings.TrimSuffix(strings.TrimPrefix(e.release, "v"), ":LTS") != m.release {
			continue
		}
		for _, events := range e.ranges {
			for _, event := range events {
				v := event["introduced"] + event["fixed"] + event["last_affected"]
				if v != "" && v != "0" && (!m.plain || threeNumbers.MatchString(v)) && m.takes(name, v) {
					versions = append(versions, v)
				}
			}
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// takes: what may stand in such a file.
func (m *making) takes(name, version string) bool {
	switch m.ecosystem {
	case "Go":
		major, _, _ := strings.Cut(version, ".")
		if v := goMajor.FindStringSubmatch(name); v != nil {
			return v[1] == major
		}
		host, _, _ := strings.Cut(name, "/")
		return strings.Contains(host, ".") && host != "gopkg.in" && (major == "0" || major == "1")
	case "Maven":
		return strings.Count(name, ":") == 1
	case "Packagist", "NuGet":
		return strings.Contains(name, "/") == (m.ecosystem == "Packagist")
	case "Bitnami":
		return name != "mastodon" // a record of it begins at a nightly build: undecided
	case "Ubuntu":
		return !strings.Contains(version, "esm") // such a package is of Ubuntu Pro
	}
	return true
}

func lockFiles() []making {
	two := func(format string) func(p refPackage) string {
		return func(p refPackage) string { return fmt.Sprintf(format, p.name, p.version) }
	}
	parts := func(format string) func(p refPackage) string {
		return func(p refPackage) string {
			group, artifact, _ := strings.Cut(p.name, ":")
			return fmt.Sprintf(format, group, artifact, p.version)
		}
	}
	list := []making{
		{kind: "go.mod", ecosystem: "Go", head: "module x.y/z\n\ngo 1.20.1\n\nrequire (\n", entry: two("\t%s v%s\n"), tail: ")\n", more: []refPackage{{"Go", "", "stdlib", "1.20.1"}}},
		{kind: "package-lock.json", ecosystem: "npm", head: `{"lockfileVersion":3,"packages":{"":{"name":"x"},`, entry: two(`"node_modules/%s":{"version":"%s"}`), join: ",", tail: "}}"},
		{kind: "yarn.lock", ecosystem: "npm", head: "# yarn lockfile v1\n\n\n", entry: two("\"%[1]s@^%[2]s\":\n  version \"%[2]s\"\n"), join: "\n"},
		{kind: "pnpm-lock.yaml", ecosystem: "npm", head: "lockfileVersion: '9.0'\n\npackages:\n\n", entry: two("  '%s@%s':\n    resolution: {integrity: sha512-x}\n"), join: "\n"},
		{kind: "requirements.txt", ecosystem: "PyPI", entry: two("%s==%s  # pinned\n")},
		{kind: "poetry.lock", ecosystem: "PyPI", entry: two("[[package]]\nname = \"%s\"\nversion = \"%s\"\noptional = false\n\n"), tail: "[metadata]\nlock-version = \"2.0\"\n"},
		{kind: "uv.lock", ecosystem: "PyPI", head: "version = 1\n\n", entry: two("[[package]]\nname = \"%s\"\nversion = \"%s\"\nsource = { registry = \"https://registry.example/simple\" }\n\n")},
		{kind: "Pipfile.lock", ecosystem: "PyPI", head: `{"default":{`, entry: two(`"%s":{"version":"==%s"}`), join: ",", tail: "}}"},
		{kind: "pom.xml", ecosystem: "Maven", head: "<project><dependencies>", entry: parts("<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>"), tail: "</dependencies></project>"},
		{kind: "gradle.lockfile", ecosystem: "Maven", entry: two("%s:%s=runtimeClasspath\n"), tail: "empty=\n"},
		{kind: "Cargo.lock", ecosystem: "crates.io", head: "version = 3\n\n", entry: two("[[package]]\nname = \"%s\"\nversion = \"%s\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n")},
		{kind: "Gemfile.lock", ecosystem: "RubyGems", head: "GEM\n  remote: https://gems.example/\n  specs:\n", entry: two("    %s (%s)\n"), tail: "\nPLATFORMS\n  ruby\n"},
		{kind: "composer.lock", ecosystem: "Packagist", head: `{"packages":[`, entry: two(`{"name":"%s","version":"v%s"}`), join: ",", tail: `],"packages-dev":[]}`},
		{kind: "packages.lock.json", ecosystem: "NuGet", head: `{"version":1,"dependencies":{"net8.0":{`, entry: two(`"%s":{"type":"Direct","resolved":"%s"}`), join: ",", tail: "}}}"},
		{kind: "csproj", ecosystem: "NuGet", file: "x.csproj", head: "<Project><ItemGroup>", entry: two(`<PackageReference Include="%s" Version="%s"/>`), tail: "</ItemGroup></Project>"},
	}
	for i := range list {
		list[i].plain = true
		if list[i].file == "" {
			list[i].file = list[i].kind
		}
	}
	return append(list,
		making{
			kind: "dpkg status", file: "var/lib/dpkg/status", ecosystem: "Debian", release: "11", beside: "ID=debian\nVERSION_ID=\"11\"\n",
			entry: two("Package: lib%[1]s1\nStatus: install ok installed\nArchitecture: amd64\nSource: %[1]s (%[2]s)\nVersion: 9:9-9\n"), join: "\n",
		},
		making{
			kind: "apk installed", file: "lib/apk/db/installed", ecosystem: "Alpine", release: "3.18", beside: "ID=alpine\nVERSION_ID=3.18.4\n",
			entry: two("P:lib%[1]s-x\nV:%[2]s\nA:x86_64\no:%[1]s\n"), join: "\n",
		})
}

// spellings are the package URLs of tools, in CycloneDX documents: NAME,
// VERSION, and for distributions VALUE (the version without its epoch) and EPOCH.
func spellings() []making {
	system := func(kind, ecosystem, release, purl, beside string) making {
		return making{kind: kind, ecosystem: ecosystem, release: release, join: ",", beside: beside, entry: func(p refPackage) string { return spelled(purl, p) }}
	}
	const (
		debian = `{"type":"operating-system","name":"debian","version":"11.7"},`
		alma   = `{"type":"operating-system","name":"almalinux","version":"9.3"},`
	)
	return []making{
		system("Debian, by syft", "Debian", "11", "pkg:deb/debian/libNAME1@VERSION?arch=amd64&distro=debian-11&upstream=NAME", ""),
		system("Debian, by Trivy", "Debian", "11", "pkg:deb/debian/NAME@VALUE?arch=amd64&distro=debian-11.7EPOCH", ""),
		system("Debian, by Docker Scout", "Debian", "11", "pkg:deb/debian/NAME@VERSION?os_distro=bullseye&os_name=debian&os_version=11", ""),
		system("Debian, by cdxgen", "Debian", "11", "pkg:deb/debian/NAME@VERSION?arch=amd64&distro=debian-11&distro_name=bullseye", ""),
		system("Debian, release beside", "Debian", "11", "pkg:deb/debian/NAME@VERSION?arch=amd64", debian),
		system("Ubuntu, by syft", "Ubuntu", "22.04", "pkg:deb/ubuntu/libNAME1@VERSION?arch=amd64&distro=ubuntu-22.04&upstream=NAME", ""),
		system("Ubuntu, by code name", "Ubuntu", "22.04", "pkg:deb/ubuntu/NAME@VERSION?arch=amd64&distro=jammy", ""),
		system("Alpine, by syft", "Alpine", "3.18", "pkg:apk/alpine/NAME-libs@VERSION?arch=x86_64&distro=alpine-3.18.4&upstream=NAME", ""),
		system("Alpine, by syft of 2022", "Alpine", "3.18", "pkg:alpine/NAME-libs@VERSION?arch=x86_64&upstream=NAME&distro=alpine-3.18.4", ""),
		system("Alpine, by Trivy", "Alpine", "3.18", "pkg:apk/alpine/NAME@VERSION?arch=x86_64&distro=3.18.4", ""),
		system("AlmaLinux, by syft", "AlmaLinux", "9", "pkg:rpm/almalinux/NAME@VALUE?arch=x86_64&distro=almalinux-9.3&upstream=NAME-VALUE.src.rpmEPOCH", ""),
		system("AlmaLinux, by Trivy", "AlmaLinux", "9", "pkg:rpm/alma/NAME@VALUE?arch=x86_64&distro=alma-9.3EPOCH", ""),
		system("AlmaLinux, release beside", "AlmaLinux", "9", "pkg:rpm/almalinux/NAME@VALUE?arch=x86_64EPOCH", alma),
		system("PyPI, other spelling", "PyPI", "", "pkg:pypi/UPPER@VERSION", ""),
		system("NuGet, upper case", "NuGet", "", "pkg:nuget/UPPER@VERSION", ""),
		system("Composer, upper case", "Packagist", "", "pkg:composer/UPPER@VERSION", ""),
		system("npm, escaped", "npm", "", "pkg:npm/ESCAPED@VERSION", ""),
		system("Go, escaped", "Go", "", "pkg:golang/ESCAPED@vVERSION?type=module", ""),
		system("Maven, classifier", "Maven", "", "pkg:maven/PARTS@VERSION?classifier=tests&type=test-jar", ""),
		system("gem, platform", "RubyGems", "", "pkg:gem/NAME@VERSION-x86_64-linux", ""),
		system("Julia", "Julia", "", "pkg:julia/NAME@VERSION?uuid=ade2ca70-3891-5945-98fb-dc099432e06a", ""),
		system("Bitnami", "Bitnami", "", "pkg:bitnami/NAME@VERSION-3?arch=amd64&distro=debian-12", ""),
	}
}

// spelled fills in a package, escaped as a purl has it.
func spelled(purl string, p refPackage) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%3A", ":") }
	epoch, value, ok := strings.Cut(p.version, ":")
	if !ok {
		epoch, value = "", p.version
	}
	if epoch != "" {
		epoch = "&epoch=" + epoch
	}
	filled := strings.NewReplacer(
		"NAME", escape(p.name), "VERSION", escape(p.version), "VALUE", escape(value), "EPOCH", epoch,
		"UPPER", strings.ReplaceAll(strings.ToUpper(p.name), "-", map[bool]string{true: "_", false: "-"}[p.ecosystem == "PyPI"]),
		"ESCAPED", escape(p.name), "PARTS", strings.Replace(p.name, ":", "/", 1),
	).Replace(purl)
	return fmt.Sprintf(`{"type":"library","name":"x","version":%q,"purl":%q}`, p.version, filled)
}
