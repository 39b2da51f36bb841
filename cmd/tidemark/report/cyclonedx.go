package report

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// The parts of CycloneDX 1.6 that a VEX document of ours has.
type cdxDoc struct {
	Format          string             `json:"bomFormat"`
	Spec            string             `json:"specVersion"`
	Serial          string             `json:"serialNumber"`
	Version         int                `json:"version"`
	Metadata        cdxMetadata        `json:"metadata"`
	Components      []cdxComponent     `json:"components"`
	Vulnerabilities []cdxVulnerability `json:"vulnerabilities"`
}

type cdxMetadata struct {
	Timestamp string `json:"timestamp"`
	Tools     struct {
		Components []cdxComponent `json:"components"`
	} `json:"tools"`
	Authors []cdxAuthor `json:"authors,omitempty"`
}

type cdxAuthor struct {
	Name string `json:"name"`
}

type cdxComponent struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Purl    string `json:"purl,omitempty"`
}

type cdxVulnerability struct {
	ID             string        `json:"id"`
	Recommendation string        `json:"recommendation,omitempty"`
	Analysis       cdxAnalysis   `json:"analysis"`
	Affects        []cdxAffects  `json:"affects"`
	Properties     []cdxProperty `json:"properties,omitempty"`
}

type cdxAnalysis struct {
	State    string   `json:"state"`
	Response []string `json:"response,omitempty"`
	Detail   string   `json:"detail,omitempty"`
}

type cdxAffects struct {
	Ref      string       `json:"ref"`
	Versions []cdxVersion `json:"versions,omitempty"`
}

type cdxVersion struct {
	Version string `json:"version"`
	Status  string `json:"status"`
}

type cdxProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func writeCycloneDX(w io.Writer, r Report) error {
	doc := cdxDoc{
		Format: "CycloneDX", Spec: "1.6", Serial: "urn:uuid:" + r.uuid(), Version: 1,
		Components: []cdxComponent{}, Vulnerabilities: []cdxVulnerability{},
	}
	doc.Metadata.Timestamp = stamp(r.AsOf)
	doc.Metadata.Tools.Components = []cdxComponent{{Type: "application", Name: "Tidemark", Version: r.Maker.Version}}
	if r.Maker.Author != "" {
		doc.Metadata.Authors = []cdxAuthor{{r.Maker.Author}}
	}
	for _, f := range r.statements() {
		doc.add(cdxComponent{Purl: f.Component, Version: f.Version}, f.cyclonedx())
	}
	for _, d := range r.doubts() {
		doc.add(cdxComponent{Purl: d.component}, cdxVulnerability{
			ID: d.weakness, Analysis: cdxAnalysis{State: "in_triage", Detail: d.detail}, Affects: []cdxAffects{{Ref: d.component}},
		})
	}
	slices.SortFunc(doc.Components, func(a, b cdxComponent) int { return cmp.Compare(a.Ref, b.Ref) })
	return encode(w, doc)
}

// add takes a statement, and the component that it is about once.
func (d *cdxDoc) add(c cdxComponent, v cdxVulnerability) {
	d.Vulnerabilities = append(d.Vulnerabilities, v)
	c.Type, c.Ref, c.Name = "library", c.Purl, c.Purl
	if strings.HasPrefix(c.Purl, "pkg:") {
		c.Name = cmp.Or(twin.LocusName(twin.Locus(c.Purl)), c.Purl)
	} else {
		c.Purl = ""
	}
	if !slices.ContainsFunc(d.Components, func(have cdxComponent) bool { return have.Ref == c.Ref }) {
		d.Components = append(d.Components, c)
	}
}

// cyclonedx states what is known of a finding. That somebody let it pass does
// not make it unaffected.
func (f *Finding) cyclonedx() cdxVulnerability {
	v := cdxVulnerability{
		ID: f.Weakness, Recommendation: f.Action(), Analysis: cdxAnalysis{State: "exploitable", Detail: cmp.Or(f.Stand(), f.Reason)},
		Affects: []cdxAffects{{Ref: f.Component}},
	}
	if f.Version != "" {
		v.Affects[0].Versions = []cdxVersion{{f.Version, "affected"}}
	}
	switch {
	case f.Standing == Suppressed:
		v.Analysis.Response = []string{"will_not_fix"}
	case len(f.Fixed) > 0:
		v.Analysis.Response = []string{"update"}
	}
	for _, a := range f.Aliases {
		v.Properties = append(v.Properties, cdxProperty{"tidemark:alias", a})
	}
	if f.Decision != "" {
		v.Properties = append(v.Properties, cdxProperty{"tidemark:decision", f.Decision})
	}
	return v
}
