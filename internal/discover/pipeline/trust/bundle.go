package trust

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"strconv"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The annotations in which cosign keeps what belongs to a layer's signature.
const (
	noteCertificate = "dev.sigstore.cosign/certificate"
	noteLog         = "dev.sigstore.cosign/bundle"
	noteTimestamp   = "dev.sigstore.cosign/rfc3161timestamp"
)

// signatures is how many signatures the parcel has; a bundle has one.
func signatures(p *pipeline.Parcel) int {
	switch {
	case p.Form == twin.FormBundle, p.Form == twin.FormImage && p.Annotations[pipeline.NoteSignature] != "":
		return 1
	case p.Form == twin.FormImage:
		return 0
	}
	return len(p.Envelope.Signatures)
}

// signedOf is one signature of the parcel as a Sigstore bundle: an envelope is
// written as one, with what its layer says of certificate and log.
func signedOf(p *pipeline.Parcel, i int) (signed, error) {
	switch p.Form {
	case twin.FormBundle:
		return newSigned(p.Raw(), p.Message)
	case twin.FormImage:
		body, err := bundleOfImage(p)
		if err != nil {
			return signed{}, err
		}
		s, err := newSigned(body, "")
		s.payload = p.Payload
		return s, err
	case twin.FormDSSE, twin.FormStatement:
	}
	body, err := bundleOf(p, &p.Envelope.Signatures[i])
	if err != nil {
		return signed{}, err
	}
	return newSigned(body, "")
}

// wireV1 is a Sigstore bundle as it is written here.
type wireV1 struct {
	MediaType string             `json:"mediaType"`
	Material  wireMaterial       `json:"verificationMaterial"`
	Envelope  *pipeline.Envelope `json:"dsseEnvelope,omitempty"`
	Message   *wireMessage       `json:"messageSignature,omitempty"`
}

type wireMessage struct {
	Digest    wireDigest `json:"messageDigest"`
	Signature []byte     `json:"signature"`
}

type wireDigest struct {
	Algorithm string `json:"algorithm"`
	Digest    []byte `json:"digest"`
}

type wireMaterial struct {
	PublicKey   *wireKey    `json:"publicKey,omitempty"`
	Chain       *wireChain  `json:"x509CertificateChain,omitempty"`
	Entries     []wireEntry `json:"tlogEntries,omitempty"`
	Timestamped *wireStamps `json:"timestampVerificationData,omitempty"`
}

type wireKey struct {
	Hint string `json:"hint"`
}

type wireChain struct {
	Certificates []wireCertificate `json:"certificates"`
}

type wireCertificate struct {
	Raw []byte `json:"rawBytes"`
}

type wireStamps struct {
	Stamps []wireStamp `json:"rfc3161Timestamps"`
}

type wireStamp struct {
	Signed []byte `json:"signedTimestamp"`
}

type wireEntry struct {
	LogIndex string `json:"logIndex"`
	LogID    struct {
		KeyID []byte `json:"keyId"`
	} `json:"logId"`
	Version        wireVersion `json:"kindVersion"`
	IntegratedTime string      `json:"integratedTime"`
	Promise        struct {
		Signed []byte `json:"signedEntryTimestamp"`
	} `json:"inclusionPromise"`
	Body []byte `json:"canonicalizedBody"`
}

type wireVersion struct {
	Kind    string `json:"kind"`
	Version string `json:"version"`
}

// bundleOf writes one signature of the envelope as a bundle.
func bundleOf(p *pipeline.Parcel, s *pipeline.SignatureOf) ([]byte, error) {
	sig, err := pipeline.Decode64(s.Sig)
	if err != nil || len(sig) == 0 {
		return nil, fault.New(fault.Invalid, "it is not base64")
	}
	out := wireV1{MediaType: mediaOurs, Envelope: &pipeline.Envelope{
		Payload: base64.StdEncoding.EncodeToString(p.Payload), PayloadType: p.Envelope.PayloadType,
		Signatures: []pipeline.SignatureOf{{KeyID: s.KeyID, Sig: base64.StdEncoding.EncodeToString(sig)}},
	}}
	return out.with(p.Annotations, s)
}

// mediaOurs is the form in which signatures are handed to the verifier.
const mediaOurs = pipeline.MediaBundle + "+json;version=0.1"

// bundleOfImage writes the signature of an image as a bundle that signs bytes.
func bundleOfImage(p *pipeline.Parcel) ([]byte, error) {
	sig, err := pipeline.Decode64(p.Annotations[pipeline.NoteSignature])
	if err != nil || len(sig) == 0 {
		return nil, fault.New(fault.Invalid, "it is not base64")
	}
	sum := sha256.Sum256(p.Payload)
	out := wireV1{MediaType: mediaOurs, Message: &wireMessage{Digest: wireDigest{"SHA2_256", sum[:]}, Signature: sig}}
	return out.with(p.Annotations, &pipeline.SignatureOf{})
}

// with adds what the layer says of certificate, log and timestamp.
func (w *wireV1) with(notes map[string]string, s *pipeline.SignatureOf) ([]byte, error) {
	certificate := notes[noteCertificate]
	if certificate == "" {
		certificate = s.Cert
	}
	if certificate == "" {
		w.Material.PublicKey = &wireKey{Hint: s.KeyID}
	} else {
		block, _ := pem.Decode([]byte(certificate))
		if block == nil {
			return nil, fault.New(fault.Invalid, "its certificate is no PEM")
		}
		w.Material.Chain = &wireChain{Certificates: []wireCertificate{{block.Bytes}}}
	}
	if err := addProofs(&w.Material, notes); err != nil {
		return nil, err
	}
	return json.Marshal(w)
}

// addProofs adds what the layer says of log and timestamp.
func addProofs(m *wireMaterial, notes map[string]string) error {
	if note := notes[noteLog]; note != "" {
		entry, err := logEntry([]byte(note))
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "its entry of the log cannot be read")
		}
		m.Entries = []wireEntry{entry}
	}
	if note := notes[noteTimestamp]; note != "" {
		var stamp struct{ SignedRFC3161Timestamp []byte }
		if err := json.Unmarshal([]byte(note), &stamp); err != nil {
			return fault.Wrap(fault.Invalid, err, "its timestamp cannot be read")
		}
		m.Timestamped = &wireStamps{[]wireStamp{{stamp.SignedRFC3161Timestamp}}}
	}
	return nil
}

// logEntry reads an entry of the log as cosign notes it.
func logEntry(note []byte) (wireEntry, error) {
	var in struct {
		SignedEntryTimestamp []byte
		Payload              struct {
			Body           []byte `json:"body"`
			IntegratedTime int64  `json:"integratedTime"`
			LogIndex       int64  `json:"logIndex"`
			LogID          string `json:"logID"`
		}
	}
	if err := json.Unmarshal(note, &in); err != nil {
		return wireEntry{}, err
	}
	var head struct {
		Kind    string `json:"kind"`
		Version string `json:"apiVersion"`
	}
	if err := json.Unmarshal(in.Payload.Body, &head); err != nil {
		return wireEntry{}, err
	}
	id, err := hex.DecodeString(in.Payload.LogID)
	if err != nil {
		return wireEntry{}, err
	}
	out := wireEntry{
		LogIndex: strconv.FormatInt(in.Payload.LogIndex, 10), IntegratedTime: strconv.FormatInt(in.Payload.IntegratedTime, 10),
		Version: wireVersion{head.Kind, head.Version}, Body: in.Payload.Body,
	}
	out.LogID.KeyID, out.Promise.Signed = id, in.SignedEntryTimestamp
	return out, nil
}
