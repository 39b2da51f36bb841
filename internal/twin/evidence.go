package twin

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Class says how a source knows what it says.
type Class string

// The classes of evidence. Only observed evidence can say that something runs.
const (
	Declared Class = "declared" // intent: a manifest
	Observed Class = "observed" // run time: a deployment record, an agent
	Content  Class = "content"  // what an artifact is made of: an SBOM
)

// Kind says what one piece of evidence asserts about its subject.
type Kind string

// The evidence kinds (architecture.md section 1).
//
// A snapshot is its members, then a marker with their count. A repeat is a
// marker whose membership is that of the earlier snapshot it names: the same
// complete state, seen again later; it keeps its time, because late evidence
// may fall between. Only a marker, a repeat or a tombstone proves absence.
const (
	Member    Kind = "member"
	Marker    Kind = "marker"
	Repeat    Kind = "repeat"
	Delta     Kind = "delta"
	Tombstone Kind = "tombstone"
	Heartbeat Kind = "heartbeat" // never stored as a row: it moves the coverage row
)

// Media says what an evidence body is, so that it can be read again.
type Media string

// The bodies that discover writes and resolve reads.
const (
	MediaSBOM     Media = "sbom"     // a CycloneDX or SPDX document, as received
	MediaWorkload Media = "workload" // canonical JSON of Workload
	MediaResource Media = "resource" // canonical JSON of Resource
)

// Observation is one row of the evidence stream. Its natural key is source,
// scope, epoch and source sequence; a source without sequences (SourceSeq 0)
// has source, scope, kind, subject, observed-at and hash. The same key with
// other content is a forged replay: rejected and shown.
type Observation struct {
	Seq        int64  // number in the evidence stream, given on append
	Watch      int64  // the store's id of source and scope; set when it is read
	Source     string // who says so
	Scope      string // the part of the world the source was looking at: an environment, or ScopeArtifacts
	Epoch      int64  // generation of the source's own counter
	SourceSeq  int64  // the source's own counter; 0 when it has none
	Kind       Kind
	Class      Class
	Media      Media
	Subject    string    // workload subject or artifact id; "" for marker and repeat
	Ref        string    // the artifact reference as given; SBOM evidence only
	Snapshot   string    // id of the snapshot this belongs to; a repeat names the earlier one
	Count      int       // marker, repeat: how many members the snapshot has
	ObservedAt time.Time // when it was so
	RecordedAt time.Time // when we learned it; given on append
	Every      time.Duration
	Hash       string // hex SHA-256 of Body; marker and repeat: of the sorted member subjects and hashes
	Body       []byte // nil for marker, repeat, tombstone
}

// HasBody reports whether evidence of this kind states something about its
// subject; the body itself need not have been read.
func (o *Observation) HasBody() bool { return o.Kind == Member || o.Kind == Delta }

// StateKey is the key of the state that the evidence asserts.
func (o *Observation) StateKey() StateKey { return StateKey{Hash: o.Hash, Class: o.Class} }

// Moment is when it was so, in the order of evidence.
func (o *Observation) Moment() Moment {
	m := Moment{At: o.ObservedAt, Epoch: o.Epoch, SourceSeq: o.SourceSeq}
	var head [8]byte
	if n, err := hex.Decode(head[:], []byte(o.Hash[:min(len(o.Hash), 2*len(head))])); err == nil && n == len(head) {
		m.Order = int64(binary.BigEndian.Uint64(head[:])) // any order will do, as long as it is one
	}
	return m
}

// ScopeArtifacts is the scope of SBOM evidence: each artifact is its own subject.
const ScopeArtifacts = "artifacts"

// SourceSBOM is the source of documents given to "ingest sbom".
const SourceSBOM = "sbom"

// Snapshot is the complete state of one source's scope at one time, as one
// call of ingest gives it. Append decides, under the stream's lock, whether it
// is new, or a repeat of the newest snapshot of that scope.
type Snapshot struct {
	Source, Scope string
	Class         Class
	ObservedAt    time.Time     // of the marker: not before any member's
	Every         time.Duration // expected interval; 0 keeps what is known, or the default
	Members       []Observation
}

// Appended says what an append did.
type Appended struct {
	Accepted  int // rows written
	Unchanged int // already known, or still so
	Rejected  []Rejection
	LastSeq   int64
}

// Rejection is one input that was refused, and why.
type Rejection struct {
	Where  string // the input and the place in it
	Reason string
}

// HashBytes returns the hex SHA-256 of b, the identity of a body.
func HashBytes(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
