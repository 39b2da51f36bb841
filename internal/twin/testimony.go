package twin

import "time"

// Testimony is a signed document as it was received, kept so that it can be judged
// again when the trust changes.
type Testimony struct {
	Source   string // who says so, as in evidence
	Document string // of its Attestation
	Where    string // it was found
	Body     []byte
	// Annotations are those of the layer that it was found as, and Artifact is the
	// digest that it was attached to; both may be empty.
	Annotations map[string]string
	Artifact    string
	Verdict     Verdict
}

// Verdict is how a document was judged last.
type Verdict struct {
	Trust string // the hash of the trust that judged
	State SignatureState
	Hash  string    // of the Attestation that was told
	At    time.Time // from when that is so
}

// TrustTurn is the newest change of the operator's trust that was noticed, and how
// far what was judged before has been judged again.
type TrustTurn struct {
	Trust string    // the hash of what is trusted now; "": none was noticed yet
	At    time.Time // from when it counts
	// After is how far the attestations were gone through whose documents are not
	// kept, and Swept says that none is left.
	After string
	Swept bool
}
