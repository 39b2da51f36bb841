package pipeline

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// Parcel is one statement with what came around it.
type Parcel struct {
	value
	Form     twin.AttestationForm
	Payload  []byte    // the statement
	Envelope *Envelope // nil for a bare statement, for a bundle that signs bytes, and where there is a problem
	Message  string    // the digest that a bundle without a statement signs: "sha256:…"
	// Annotations are those of the layer that it was found as; see Document.
	Annotations map[string]string
	// problem is why the parcel cannot hold, whoever signed it.
	problem  string
	artifact string
	logged   time.Time // when the log saw it, as the document says; proven only by a judge
}

// Raw is the document as it was received.
func (p *Parcel) Raw() []byte { return p.raw }

// Envelope is a DSSE envelope.
type Envelope struct {
	Payload     string        `json:"payload"`
	PayloadType string        `json:"payloadType"`
	Signatures  []SignatureOf `json:"signatures"`
}

// SignatureOf is one signature of an envelope.
type SignatureOf struct {
	KeyID string `json:"keyid,omitempty"`
	Sig   string `json:"sig"`
	Cert  string `json:"cert,omitempty"` // PEM, as early builders of GitHub wrote it
}

// wrapped is any of the ways in which statements come.
type wrapped struct {
	Type         string           `json:"_type"`
	MediaType    string           `json:"mediaType"`
	Payload      *json.RawMessage `json:"payload"`
	DSSE         json.RawMessage  `json:"dsseEnvelope"`
	Message      *wireMessage     `json:"messageSignature"`
	Attestations []wireBundled    `json:"attestations"` // npm's registry, GitHub's API
	Summary      *wireSummary     `json:"provenance_summary"`
	BOMFormat    string           `json:"bomFormat"`
	SPDXVersion  string           `json:"spdxVersion"`
	Critical     json.RawMessage  `json:"critical"` // what cosign signs of an image
	Material     wireLogged       `json:"verificationMaterial"`
}

// wireLogged is the part of a Sigstore bundle that says when the log saw it.
type wireLogged struct {
	Entries []struct {
		Time json.RawMessage `json:"integratedTime"` // seconds, as text or number
	} `json:"tlogEntries"`
}

// time is that of the first entry that has one.
func (l wireLogged) time() time.Time {
	for _, e := range l.Entries {
		if n, err := strconv.ParseInt(scalar(e.Time), 10, 64); err == nil && n > 0 && n < 1e11 {
			return time.Unix(n, 0).UTC()
		}
	}
	return time.Time{}
}

type wireBundled struct {
	Bundle json.RawMessage `json:"bundle"`
}

// wireMessage is the part of a Sigstore bundle that signs bytes, not a statement.
type wireMessage struct {
	Digest struct {
		Algorithm string `json:"algorithm"`
		Digest    []byte `json:"digest"`
	} `json:"messageDigest"`
}

// wireSummary is how Google's registry tells provenance.
type wireSummary struct {
	Provenance []struct {
		Envelope json.RawMessage `json:"envelope"`
		Build    struct {
			Statement json.RawMessage `json:"intotoStatement"`
		} `json:"build"`
	} `json:"provenance"`
}

// MediaBundle is the beginning of the media type of all Sigstore bundles.
const MediaBundle = "application/vnd.dev.sigstore.bundle"

const (
	typeInToto       = "application/vnd.in-toto+json"
	maxSignatures    = 20
	maxEnvelopeDepth = 3 // of lists of bundles in one another
)

// unwrap cuts a file into parcels.
func unwrap(body []byte) ([]Parcel, []twin.Rejection, error) {
	values, rejected, err := split(body)
	if err != nil {
		return nil, nil, err
	}
	var out []Parcel
	for _, v := range values {
		list, err := open(v, maxEnvelopeDepth)
		if err != nil && len(rejected) < maxRemarks {
			rejected = append(rejected, twin.Rejection{Where: v.where, Reason: Clean(err.Error())})
		}
		out = append(out, list...)
	}
	if len(out) > maxParcels {
		return nil, nil, fault.New(fault.Invalid, "it holds more than %d attestations", maxParcels).WithHint("give it in parts")
	}
	return out, rejected, nil
}

// open takes what is in one value.
func open(v value, depth int) ([]Parcel, error) {
	if len(v.raw) > MaxParcel {
		return []Parcel{{value: v, problem: fmt.Sprintf("larger than %d MiB: it was not read", MaxParcel>>20)}}, nil
	}
	var w wrapped
	if err := json.Unmarshal(v.raw, &w); err != nil {
		return nil, fault.New(fault.Invalid, "it is no attestation: %s", jsonReason(err))
	}
	switch {
	case w.Type != "":
		return []Parcel{{value: v, Form: twin.FormStatement, Payload: v.raw}}, nil
	case strings.HasPrefix(w.MediaType, MediaBundle) || w.DSSE != nil:
		return []Parcel{openBundle(v, &w)}, nil
	case w.Payload != nil:
		return []Parcel{openEnvelope(v)}, nil
	case w.Critical != nil:
		return []Parcel{{value: v, Form: twin.FormImage, Payload: v.raw}}, nil
	case w.Attestations != nil && depth > 0:
		return openList(v, w.Attestations, depth)
	case w.Summary != nil:
		return openSummary(v, w.Summary)
	case w.BOMFormat != "" || w.SPDXVersion != "":
		return nil, fault.New(fault.Invalid, "it is a bill of materials, no attestation of one: ingest it as sbom")
	}
	return nil, fault.New(fault.Invalid, "it is no in-toto statement, DSSE envelope or Sigstore bundle")
}

func openList(v value, list []wireBundled, depth int) (out []Parcel, err error) {
	for i, item := range list {
		if len(item.Bundle) == 0 || bytes.Equal(item.Bundle, []byte("null")) {
			err = fault.New(fault.Invalid, "attestations[%d] has no bundle", i)
			continue
		}
		inner, bad := open(value{fmt.Sprintf("%s, attestations[%d]", v.where, i), item.Bundle}, depth-1)
		if bad != nil {
			err = bad
		}
		out = append(out, inner...)
	}
	return out, err
}

func openSummary(v value, s *wireSummary) (out []Parcel, err error) {
	for i, p := range s.Provenance {
		at := value{fmt.Sprintf("%s, provenance[%d]", v.where, i), p.Envelope}
		switch {
		case len(p.Envelope) > 0 && p.Envelope[0] == '{':
			out = append(out, openEnvelope(at))
		case len(p.Build.Statement) > 0 && p.Build.Statement[0] == '{':
			at.raw = p.Build.Statement
			out = append(out, Parcel{value: at, Form: twin.FormStatement, Payload: at.raw})
		default:
			err = fault.New(fault.Invalid, "provenance[%d] has neither an envelope nor a statement", i)
		}
	}
	if len(s.Provenance) == 0 {
		err = fault.New(fault.Invalid, "it says that there is no provenance")
	}
	return out, err
}

func openBundle(v value, w *wrapped) Parcel {
	p := Parcel{value: v, Form: twin.FormBundle, logged: w.Material.time()}
	switch {
	case len(w.DSSE) > 0 && w.DSSE[0] == '{':
		inner := openEnvelope(value{v.where, w.DSSE})
		p.Payload, p.Envelope, p.problem = inner.Payload, inner.Envelope, inner.problem
	case w.Message != nil:
		algorithm := strings.ToLower(strings.Replace(w.Message.Digest.Algorithm, "SHA2_", "SHA", 1))
		p.Message = fmt.Sprintf("%s:%x", algorithm, w.Message.Digest.Digest)
	default:
		p.problem = "the bundle holds neither a statement nor a signature of bytes"
	}
	return p
}

func openEnvelope(v value) Parcel {
	p := Parcel{value: v, Form: twin.FormDSSE}
	var e Envelope
	if err := json.Unmarshal(v.raw, &e); err != nil {
		p.problem = "the envelope cannot be read: " + jsonReason(err)
		return p
	}
	payload, err := Decode64(e.Payload)
	switch {
	case err != nil:
		p.problem = "the payload is not base64"
	case e.PayloadType != typeInToto:
		p.problem = fmt.Sprintf("the payload is %q, not an in-toto statement", Clean(e.PayloadType))
	case len(e.Signatures) > maxSignatures:
		p.problem = fmt.Sprintf("it has more than %d signatures", maxSignatures)
	default:
		p.Envelope = &e
	}
	p.Payload = payload
	if err := hostile.CheckJSON(payload, hostile.Limits{String: MaxParcel}); err != nil && p.problem == "" {
		p.problem = "the payload cannot be read: " + Clean(err.Error())
	}
	return p
}

// Decode64 reads base64 of either alphabet, with or without padding, as DSSE
// allows.
func Decode64(s string) ([]byte, error) {
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "").Replace(s), "=")
	return base64.RawStdEncoding.DecodeString(s)
}
