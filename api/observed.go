package api

import "encoding/json"

// SchemaObservations names the document in which agents send what they see.
const SchemaObservations = "tidemark.observations/v1"

// Observations is one batch of an agent's evidence. Items are in the order of
// their sequence. The same batch may be sent again: what is known is unchanged.
type Observations struct {
	Schema string `json:"schema"`
	Source string `json:"source"` // whose token it must be: "kube/CLUSTER", "host/NAME"
	// Epoch is the generation of the sequence: a new one begins where the agent
	// has lost its own. Later epochs are greater.
	Epoch  int64         `json:"epoch"`
	SentAt Time          `json:"sent_at"` // by the agent's clock; what it differs from ours is taken off all times
	Every  int64         `json:"every"`   // expected interval of its heartbeats in seconds
	Items  []Observation `json:"items"`
	// Scopes, where it is there, are all that the source looks at now: what was
	// live in others ends.
	Scopes *[]string `json:"scopes,omitempty"`
	// Trouble is what the source could not see, and why: shown at the source. An
	// empty list takes back what was said before; none leaves it.
	Trouble []Rejection `json:"trouble,omitzero"`
}

// Observation is one piece of evidence.
//
// Kinds: member (of Snapshot), marker (ends Snapshot; Count members), delta (the
// subject is now so), tombstone (the subject is gone), heartbeat (all is as it
// was said; Scope only; with a Subject, that this thing was seen, and Body a SeenAgain). Media: workload, resource, sbom; Body is its JSON (docs/evidence.md).
type Observation struct {
	Seq        int64           `json:"seq"`
	Kind       string          `json:"kind"`
	Class      string          `json:"class,omitempty"` // observed where it is left out; declared
	Scope      string          `json:"scope"`
	Subject    string          `json:"subject,omitempty"`
	Media      string          `json:"media,omitempty"`
	ObservedAt Time            `json:"observed_at"`
	Snapshot   string          `json:"snapshot,omitempty"`
	Count      int             `json:"count,omitempty"`
	Ref        string          `json:"ref,omitempty"` // of an SBOM: the artifact, NAME[:TAG][@sha256:…]
	Body       json.RawMessage `json:"body,omitempty"`
}

// Observed says what became of a batch.
type Observed struct {
	Accepted  int         `json:"accepted"`
	Unchanged int         `json:"unchanged"`
	Rejected  []Rejection `json:"rejected"`
	// Epoch and Seq are the newest of the source that are stored.
	Epoch int64 `json:"epoch"`
	Seq   int64 `json:"seq"`
	// Ended are scopes in which everything ended, because the source has them no longer.
	Ended []string `json:"ended"`
	// Skew is how far the agent's clock is ahead of the server's, in milliseconds.
	Skew int64 `json:"skew_ms"`
}
