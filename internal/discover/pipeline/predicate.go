package pipeline

import (
	"encoding/json"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// The predicates that are understood, by the beginning of their type. All others
// are kept by type and subjects.
const (
	predicateSLSA      = "https://slsa.dev/provenance/"
	predicateInToto    = "https://in-toto.io/Provenance/" // what SLSA's was called first
	predicateVSA       = "https://slsa.dev/verification_summary/"
	predicateCycloneDX = "https://cyclonedx.org/"
	predicateSPDX      = "https://spdx.dev/"
)

// readPredicate adds to a what its predicate says, and returns the SBOM in it.
func readPredicate(a *twin.Attestation, s *statement) ([]byte, error) {
	switch {
	case strings.HasPrefix(s.PredicateType, predicateSLSA), strings.HasPrefix(s.PredicateType, predicateInToto):
		body := s.Predicate
		if len(body) == 0 {
			body = s.SLSA
		}
		return nil, readProvenance(a, body)
	case strings.HasPrefix(s.PredicateType, predicateVSA):
		return nil, readVerdict(a, s.Predicate)
	case strings.HasPrefix(s.PredicateType, predicateCycloneDX), strings.HasPrefix(s.PredicateType, predicateSPDX):
		return readBOM(a, s.Predicate), nil
	}
	return nil, nil
}

func readVerdict(a *twin.Attestation, body []byte) error {
	var v struct {
		Verifier     struct{ ID string }  `json:"verifier"`
		TimeVerified moment               `json:"timeVerified"`
		ResourceURI  string               `json:"resourceUri"`
		Policy       struct{ URI string } `json:"policy"`
		Result       string               `json:"verificationResult"`
		Levels       []string             `json:"verifiedLevels"`
		OldResult    string               `json:"verification_result"` // v0.1, v0.2
		OldLevel     string               `json:"policy_level"`
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	if v.Result == "" {
		v.Result = v.OldResult
	}
	if v.OldLevel != "" {
		v.Levels = append(v.Levels, v.OldLevel)
	}
	a.MadeAt = v.TimeVerified.Time
	a.Verdict = &twin.VerifierVerdict{
		Verifier: Clean(v.Verifier.ID), Resource: Clean(v.ResourceURI), Policy: Clean(v.Policy.URI),
		Result: Clean(v.Result), Levels: names(v.Levels),
	}
	return nil
}

// names are the first of a list of names, fit to be shown.
func names(list []string) []string {
	var out []string
	for _, s := range list[:min(len(list), maxNames)] {
		out = append(out, Clean(s))
	}
	return out
}

// readBOM takes the document out of the predicate: it is the predicate itself, a
// text in it, or, as early cosign wrote it, its field Data.
func readBOM(a *twin.Attestation, predicate json.RawMessage) []byte {
	body := predicate
	var early struct {
		Data      json.RawMessage
		Timestamp moment
	}
	if len(body) > 0 && body[0] == '{' && json.Unmarshal(body, &early) == nil && len(early.Data) > 0 {
		body, a.MadeAt = early.Data, early.Timestamp.Time
	}
	var text string
	if len(body) > 0 && body[0] == '"' && json.Unmarshal(body, &text) == nil {
		body = []byte(text)
	}
	a.SBOM = bomForm(body)
	if a.SBOM == "" {
		return nil
	}
	return body
}

// bomForm says which form an SBOM has; "" for what is none.
func bomForm(body []byte) string {
	var head struct {
		BOMFormat    string `json:"bomFormat"`
		SpecVersion  string `json:"specVersion"`
		SPDXVersion  string `json:"spdxVersion"`
		Context      any    `json:"@context"`
		CreationInfo struct {
			Created moment `json:"created"`
		} `json:"creationInfo"`
	}
	text := strings.TrimSpace(string(body[:min(len(body), 200)]))
	switch err := json.Unmarshal(body, &head); {
	case err != nil && strings.HasPrefix(text, "SPDXVersion:"):
		return "SPDX"
	case err != nil && strings.HasPrefix(text, "<") && strings.Contains(text, "cyclonedx"):
		return "CycloneDX"
	case err != nil:
		return ""
	case head.BOMFormat == "CycloneDX":
		return Clean("CycloneDX " + head.SpecVersion)
	case strings.HasPrefix(head.SPDXVersion, "SPDX-"):
		return Clean("SPDX " + strings.TrimPrefix(head.SPDXVersion, "SPDX-"))
	case head.Context != nil:
		return "SPDX 3"
	}
	return ""
}
