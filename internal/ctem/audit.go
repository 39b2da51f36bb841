package ctem

import "time"

// StreamAudit numbers the log of mutations.
const StreamAudit Stream = "audit"

// AuditEntry says who changed what, when. Detail is canonical JSON with
// secrets masked.
type AuditEntry struct {
	Seq    int64
	At     time.Time
	Actor  string
	Verb   string // "ingest deploy"
	Object string // what it was done to
	Detail string
	Prev   string // hash of the entry before
}

// AuditVerdict is what a walk along the chain found.
type AuditVerdict struct {
	Entries int
	Last    int64  // number of the last entry that holds
	Head    string // its hash
	Broken  int64  // number of the first entry that does not hold; 0 when all do
	Reason  string
}
