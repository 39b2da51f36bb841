package sbom

import (
	"net/url"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// beside is what a document says of a package beside its purl. Which source
// package a binary was built from, and for which release of a distribution,
// decides which advisories are about it; not every tool writes both into the purl.
type beside struct{ source, version, release, epoch string }

// property takes one name and value: Trivy's and cdxgen's are SrcName and its
// kin behind a prefix of their own, syft's are named after the fields of the
// package databases.
func (b *beside) property(name string, value []byte) {
	field := b.field(name)
	if field != nil {
		*field = strings.TrimSpace(printable(value))
	}
}

// field is where the value of a property belongs, nil when it says nothing of
// a package's source.
func (b *beside) field(property string) *string {
	switch property[strings.LastIndexByte(property, ':')+1:] {
	case "SrcName", "originPackage", "sourceRpm":
		return &b.source
	case "source":
		if property == "syft:metadata:source" {
			return &b.source
		}
	case "SrcVersion", "sourceVersion":
		return &b.version
	case "SrcRelease":
		return &b.release
	case "SrcEpoch":
		return &b.epoch
	}
	return nil
}

// upstream is the source package as syft's qualifier writes it, NAME@VERSION.
func (b *beside) upstream() string {
	if b.source == "" || b.version == "" {
		return b.source
	}
	version := b.version
	if b.release != "" {
		version += "-" + b.release
	}
	if b.epoch != "" && b.epoch != "0" {
		version = b.epoch + ":" + version
	}
	return b.source + "@" + version
}

// builtFrom is how Trivy names a package's source in SPDX.
const builtFrom = "built package from: "

// sourceInfo takes SPDX's free text on where a package comes from.
func (b *beside) sourceInfo(text []byte) {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(printable(text)), builtFrom); ok {
		b.source, b.version, _ = strings.Cut(strings.TrimSpace(rest), " ")
	}
}

// fillQualifiers names the release of the packages of the one distribution that
// the document is about.
func (d *document) fillQualifiers() {
	system := d.system()
	for i := range d.components {
		fillDistro(&d.components[i], system)
	}
	if d.root != nil {
		fillDistro(d.root, system)
	}
}

// system is the one operating system that the document lists or is about, as
// "debian-11".
func (d *document) system() (system systemName) {
	for i := range len(d.components) + 1 {
		c := d.root
		if i < len(d.components) {
			c = &d.components[i]
		}
		if c == nil || c.Type != "operating-system" || c.Name == "" || c.Version == "" {
			continue
		}
		found := systemName{strings.ToLower(c.Name), c.Version}
		if system.name != "" && system != found {
			return systemName{}
		}
		system = found
	}
	return system
}

// systemName is a distribution and its release, "debian" and "11.5".
type systemName struct{ name, version string }

// fillDistro names the release of a distribution's package where its purl does
// not, and the document lists that distribution.
func fillDistro(c *twin.Component, system systemName) {
	if system.name == "" || !isSystemPackage(c.Purl) || strings.Contains(c.Purl, "distro=") {
		return
	}
	p, err := twin.ParsePurl(c.Purl)
	if err != nil {
		return
	}
	ours, _ := twin.EcosystemOf(p.Type, p.Namespace)
	theirs, known := twin.EcosystemOf(p.Type, system.name)
	if known && (ours == theirs || p.Namespace == "") {
		c.Qualifiers = addQualifier(c.Qualifiers, "distro", system.name+"-"+system.version)
	}
}

func isSystemPackage(purl string) bool {
	return strings.HasPrefix(purl, "pkg:deb/") || strings.HasPrefix(purl, "pkg:rpm/") || strings.HasPrefix(purl, "pkg:apk/")
}

// addUpstream notes the source package where the purl does not name it.
func addUpstream(c *twin.Component, b *beside) {
	if source := b.upstream(); source != "" && isSystemPackage(c.Purl) && !strings.Contains(c.Purl, "upstream=") {
		c.Qualifiers = addQualifier(c.Qualifiers, "upstream", source)
	}
}

func addQualifier(to, key, value string) string {
	if to != "" {
		to += "&"
	}
	return to + key + "=" + url.QueryEscape(value)
}
