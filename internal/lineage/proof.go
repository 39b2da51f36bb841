package lineage

import (
	"encoding/json"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Named are the artifacts that workloads run: their identities, the names of their
// images, and these with the tags that they run by or were told to.
func Named(list []ctem.Workload) (ids, names, tags map[string]bool) {
	ids, names, tags = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range list {
		for _, ref := range list[i].Images {
			ids[ref.ID()], names[ref.Name], tags[ref.NameTag()] = true, true, true
		}
		for n := range list[i].Claims {
			meant(&list[i].Claims[n].Workload, tags)
		}
	}
	delete(tags, "")
	return ids, names, tags
}

// meant adds the names and tags that containers were told to run.
func meant(w *twin.Workload, tags map[string]bool) {
	for _, x := range w.Containers {
		if ref, err := twin.ParseRef(x.Wanted); err == nil && x.Wanted != "" {
			tags[ref.NameTag()] = true
		}
	}
}

// BarePurl is a package URL without qualifiers and subpath.
func BarePurl(purl string) string {
	if i := strings.IndexAny(purl, "?#"); i >= 0 {
		return purl[:i]
	}
	return purl
}

// Sign notes a thing as a signature of the artifact; false: it is none.
func (f *Facts) Sign(id string, t *ctem.Thing) bool {
	if t.Kind != twin.KindAttestation {
		return false
	}
	p := Proof{End: t.End(), Source: t.Source, Since: t.Since, Attestation: &twin.Attestation{}}
	err := json.Unmarshal(t.Spec, p.Attestation)
	if err != nil || !strings.HasPrefix(p.Attestation.Predicate, twin.PredicateImage) {
		return false
	}
	if f.Signed == nil {
		f.Signed = map[string][]Proof{}
	}
	f.Signed[id] = append(f.Signed[id], p)
	return true
}

// ProofOf reads a thing as what tells where an artifact comes from. An attestation
// that tells of no source and no build is none, nor is an image without such labels.
func ProofOf(t *ctem.Thing) (Proof, bool) {
	p := Proof{End: t.End(), Source: t.Source, Since: t.Since}
	switch t.Kind {
	case twin.KindBuild:
		p.Build = &twin.Build{}
		return p, json.Unmarshal(t.Spec, p.Build) == nil
	case twin.KindAttestation:
		p.Attestation = &twin.Attestation{}
		err := json.Unmarshal(t.Spec, p.Attestation)
		return p, err == nil && (p.Attestation.Source.Name() != "" || p.Attestation.Builder.ID != "" || p.Attestation.Builder.Build != "")
	case twin.KindImage:
		p.Image = &twin.Image{}
		return p, json.Unmarshal(t.Spec, p.Image) == nil && p.Image.Claims.Source.Name() != ""
	}
	return p, false
}
