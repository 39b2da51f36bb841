// Package api holds the wire types of Tidemark: what the command line prints
// with -o json, and what the HTTP API will speak. Other tools depend on them.
//
// The model. Every document names its schema ("tidemark.exposures/v1") and the
// time it speaks of. Lists share one envelope. Schemas only grow: a field is
// never renamed, removed or given another meaning within a version.
//
// Invariants. No behaviour and no import but the standard library. An empty
// list is [], never null; a value that is not known is null or the word
// "unknown", never a zero that looks like an answer. Times are RFC 3339 in UTC.
package api

import "time"

// List is the envelope of every list.
type List[T any] struct {
	Schema    string    `json:"schema"`
	AsOf      time.Time `json:"as_of"`           // the time the list speaks of
	KnownAt   *Time     `json:"known_at"`        // null: as known now
	Computed  Computed  `json:"computed"`        // up to which evidence
	Query     string    `json:"query,omitempty"` // as given with -q
	Total     int       `json:"total"`           // rows that match, on all pages
	Truncated bool      `json:"truncated"`
	Next      *string   `json:"next"` // continuation for the next page; null on the last
	Items     []T       `json:"items"`
}

// Computed says up to which evidence an answer was computed.
type Computed struct {
	EvidenceAt *Time `json:"evidence_at"` // record time of the newest evidence; null: there is none
	Behind     int64 `json:"behind"`      // pieces of evidence that wait to be computed
}

// Time is a time that may be absent (null).
type Time = time.Time

// Error is what a failed command prints with -o json.
type Error struct {
	Error ErrorBody `json:"error"`
}

// ErrorBody says what happened, where, and what to do.
type ErrorBody struct {
	Code      string `json:"code"` // invalid, not-found, conflict, unauthenticated, forbidden, too-many, unavailable, internal
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	RequestID string `json:"request_id,omitempty"` // of a server
	Exit      int    `json:"exit"`
}

// Gates are the answers of the funnel: yes, no or unknown.
type Gates struct {
	Found       string `json:"found"`
	Running     string `json:"running"`
	Reachable   string `json:"reachable"`
	Exploitable string `json:"exploitable"`
	Matters     string `json:"matters"`
}

// Door is an address at which a workload can be reached.
type Door struct {
	Address string `json:"address"`
	Public  bool   `json:"public"`
	Via     string `json:"via,omitempty"`
	// Closed says why what comes in here does not reach its pods: which policies
	// let none of it in.
	Closed string `json:"closed,omitempty"`
}

// The schemas of the documents.
const (
	SchemaExposures  = "tidemark.exposures/v1"
	SchemaExposure   = "tidemark.exposure/v1"
	SchemaExplain    = "tidemark.explain/v1"
	SchemaMatches    = "tidemark.matches/v1"
	SchemaGate       = "tidemark.gate/v1"
	SchemaCompiled   = "tidemark.compiled/v1"
	SchemaBundled    = "tidemark.bundled/v1"
	SchemaAffected   = "tidemark.affected/v1"
	SchemaActions    = "tidemark.actions/v1"
	SchemaAction     = "tidemark.action/v1"
	SchemaFunnel     = "tidemark.funnel/v1"
	SchemaTrend      = "tidemark.trend/v1"
	SchemaCoverage   = "tidemark.coverage/v1"
	SchemaReceipts   = "tidemark.receipts/v1"
	SchemaFeeds      = "tidemark.feeds/v1"
	SchemaIntel      = "tidemark.intel/v1"
	SchemaWorkloads  = "tidemark.workloads/v1"
	SchemaArtifacts  = "tidemark.artifacts/v1"
	SchemaComponents = "tidemark.components/v1"
	SchemaServices   = "tidemark.services/v1"
	SchemaSources    = "tidemark.sources/v1"
	SchemaAudit      = "tidemark.audit/v1"
	SchemaDoctor     = "tidemark.doctor/v1"
	SchemaVersion    = "tidemark.version/v1"
)
