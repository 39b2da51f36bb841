package pipeline

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// statement is an in-toto statement of either version.
type statement struct {
	Type          string          `json:"_type"`
	PredicateType string          `json:"predicateType"`
	Subject       []descriptor    `json:"subject"`
	Predicate     json.RawMessage `json:"predicate"`
	// SLSA is where Google's API puts the predicate of provenance.
	SLSA json.RawMessage `json:"slsaProvenance"`
}

// descriptor names a thing: a subject, a material, a dependency.
type descriptor struct {
	Name   string            `json:"name"`
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// Every version of the statement has this as the beginning of its type.
const typeStatement = "https://in-toto.io/Statement/"

// read is what the parcel says, and the SBOM that it holds. What it cannot read
// becomes the parcel's problem.
func (p *Parcel) read() (twin.Attestation, []byte) {
	a := twin.Attestation{Form: p.Form, Document: twin.HashBytes(p.raw), Subjects: []twin.Subject{}}
	if p.Message != "" {
		a.Subjects = []twin.Subject{subject("", p.Message)}
		return a, nil
	}
	if p.problem != "" && p.Payload == nil {
		return a, nil
	}
	if p.Form == twin.FormImage {
		p.readImage(&a)
		return a, nil
	}
	var s statement
	if err := json.Unmarshal(p.Payload, &s); err != nil {
		p.fail("the statement cannot be read: " + jsonReason(err))
		return a, nil
	}
	a.Predicate = Clean(s.PredicateType)
	a.Subjects, a.LeftOut = subjects(s.Subject)
	switch {
	case !strings.HasPrefix(s.Type, typeStatement):
		p.fail("it is of type " + Clean(s.Type) + ", no in-toto statement")
	case len(a.Subjects) == 0:
		p.fail("the statement speaks of no subject")
	case a.Predicate == "":
		p.fail("the statement does not say what it states")
	}
	bom, err := readPredicate(&a, &s)
	if err != nil {
		p.fail("its predicate cannot be read: " + jsonReason(err))
	}
	return a, bom
}

// fail notes the first problem.
func (p *Parcel) fail(problem string) {
	if p.problem == "" {
		p.problem = problem
	}
}

func subjects(list []descriptor) (kept []twin.Subject, leftOut int) {
	kept = make([]twin.Subject, 0, min(len(list), maxSubjects))
	for _, d := range list[:min(len(list), maxSubjects)] {
		name := d.Name
		if name == "" || name == "_" {
			name = d.URI
		}
		kept = append(kept, subject(name, d.digest()))
	}
	return kept, len(list) - len(kept)
}

func subject(name, digest string) twin.Subject {
	if isArtifact(digest) {
		return twin.Subject{Name: Clean(name), Digest: digest}
	}
	return twin.Subject{Name: Clean(name), Other: digest}
}

// isArtifact reports whether a digest can be an artifact's identity.
func isArtifact(digest string) bool {
	algorithm, hash, _ := strings.Cut(digest, ":")
	return algorithm == "sha256" && isHex(hash, 64) || algorithm == "sha512" && isHex(hash, 128)
}

// digest is the digest that names the thing best, as "sha256:…": an artifact's
// identity if it has one, then a commit, then any.
func (d descriptor) digest() string {
	for _, algorithm := range []string{"sha256", "sha512"} {
		if s := algorithm + ":" + strings.ToLower(d.Digest[algorithm]); isArtifact(s) {
			return s
		}
	}
	if commit := d.commit(); commit != "" {
		return "gitCommit:" + commit
	}
	for _, algorithm := range slices.Sorted(maps.Keys(d.Digest)) {
		return Clean(algorithm + ":" + d.Digest[algorithm])
	}
	return ""
}

// commit is the commit that the digest names. The provenance of some releases of
// Kubernetes has it in quotation marks.
func (d descriptor) commit() string {
	for _, algorithm := range []string{"gitCommit", "sha1", "commit"} {
		hash := strings.ToLower(strings.Trim(d.Digest[algorithm], `'"`))
		if isHex(hash, 40) || isHex(hash, 64) {
			return hash
		}
	}
	return ""
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	_, err := hex.DecodeString(s)
	return err == nil
}
