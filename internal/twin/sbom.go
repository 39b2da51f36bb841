package twin

import (
	"slices"
	"strings"
	"time"
)

// SBOM is a bill of materials in our terms, whatever its format was.
type SBOM struct {
	Format      string      `json:"format"`       // "CycloneDX" or "SPDX"
	SpecVersion string      `json:"spec_version"` // "1.4", "2.3"
	Subject     ArtifactRef `json:"subject"`      // what it describes; Name "" when it does not say
	// Root is what the document says of the subject itself, with its purl if it
	// has one; nil when it says nothing. Components has it too only where the
	// document lists it there (SPDX). See Contents.
	Root      *Component `json:"root,omitempty"`
	CreatedAt time.Time  `json:"created_at"` // zero when it does not say
	Tools     []string   `json:"tools,omitempty"`
	// Components in document order, without the subject itself. Nothing is
	// dropped: a component that cannot be matched is listed in Quality.
	Components []Component `json:"components"`
	// Dependencies is the graph as the document has it; -1 stands for the subject.
	Dependencies []Dependency `json:"dependencies,omitempty"`
	Quality      Quality      `json:"quality"`
}

// Contents is everything that can have advisories: the components and, behind
// them, the subject itself where it has a package URL that is no image's and is
// not among them. Keycloak's own advisories name keycloak-parent, which is the
// subject of its SBOM and stands nowhere in its list.
func (s SBOM) Contents() []Component {
	if s.Root == nil || s.Root.Purl == "" || isImagePurl(s.Root.Purl) || slices.Contains(s.Components, *s.Root) {
		return s.Components
	}
	return append(slices.Clip(s.Components), *s.Root)
}

// isImagePurl reports whether a package URL names an image: its contents have
// advisories, it has none.
func isImagePurl(purl string) bool {
	return strings.HasPrefix(purl, "pkg:oci/") || strings.HasPrefix(purl, "pkg:docker/")
}

// Component is a library, package or other part, as its document names it.
type Component struct {
	Purl    string `json:"purl,omitempty"` // exactly as in the document; "" when it has none
	Type    string `json:"type,omitempty"` // library, application, operating-system, …
	Group   string `json:"group,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Ref     string `json:"ref,omitempty"` // its id inside the document
	// Qualifiers is what the document says of the package beside its purl, in the
	// words of a purl's qualifiers ("upstream=openssl%403.0.2&distro=debian-12"):
	// Trivy names source packages in properties, and some tools name the
	// distribution only once, as a component of its own. The purl's own win.
	Qualifiers string `json:"qualifiers,omitempty"`
}

// Dependency says that one component (by index in SBOM.Components) needs others.
type Dependency struct {
	From int   `json:"from"`
	To   []int `json:"to"`
}

// Quality counts and lists what an SBOM leaves unsaid.
type Quality struct {
	Components       int     `json:"components"`
	NoPurl           int     `json:"no_purl"`
	NoVersion        int     `json:"no_version"`
	UnknownEcosystem int     `json:"unknown_ecosystem"`
	BadPurl          int     `json:"bad_purl"`
	Duplicates       int     `json:"duplicates"`
	DanglingRefs     int     `json:"dangling_refs"` // dependency ends that name no component
	Issues           []Issue `json:"issues,omitempty"`
	// Repeats lists the duplicates: a component that stood in the list before,
	// by its purl, else its name@version. It can be matched, so it is no issue.
	Repeats []string `json:"repeats,omitempty"`
	// Notes are sentences on what else the reader had to leave out or change.
	Notes []string `json:"notes,omitempty"`
}

// Issue is one component that cannot be matched, and why.
type Issue struct {
	Component string `json:"component"` // purl, else name@version
	Reason    Reason `json:"reason"`
	Detail    string `json:"detail,omitempty"`
}

// Reason says why a component could not be decided. The words are part of the
// contract of "scan" and "gate".
type Reason string

// The reasons for which a component stays undecided.
const (
	NoVersion            Reason = "no-version"
	NoPurl               Reason = "no-purl"
	UnsupportedEcosystem Reason = "unsupported-ecosystem"
	UnparsableVersion    Reason = "unparsable-version"
	NoFeed               Reason = "no-feed"
	NoRelease            Reason = "no-release"
	GitOnly              Reason = "git-only"
	NoRange              Reason = "no-range"
	DamagedFeed          Reason = "damaged-feed"
)
