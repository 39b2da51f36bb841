package ctem

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

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

// AuditDetail is what the detail of an entry says. It is written as one text,
// so that the hash of an entry, old or new, covers exactly what was stored.
type AuditDetail struct {
	Outcome   string          `json:"outcome"` // begun, done, failed: …
	Before    string          `json:"before,omitempty"`
	After     string          `json:"after,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	RequestID string          `json:"request_id,omitempty"` // of a server
	Detail    json.RawMessage `json:"detail,omitempty"`
}

// Text is the detail as an entry keeps it. Secrets are the caller's to mask.
func (d AuditDetail) Text() (string, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("write the detail of an audit entry: %w", err)
	}
	return string(b), nil
}

// Signature says who does something, and in which request of a server.
type Signature struct {
	Actor     string
	RequestID string // "": none
}

// Deed is a mutation and whoever does it. The store writes its entry in the
// transaction of the mutation itself: there is both, or neither.
type Deed struct {
	By     Signature
	Verb   string // "exposures decide"
	Object string
	Before string
	After  string
	Reason string
	Detail json.RawMessage

	Outcome string // "": done
}

// Entry is what the log says of the deed, with secrets masked.
func (d Deed) Entry(at time.Time) (AuditEntry, error) {
	text, err := AuditDetail{
		Outcome: cmp.Or(d.Outcome, "done"), Before: d.Before, After: d.After, Reason: d.Reason, RequestID: d.By.RequestID, Detail: d.Detail,
	}.Text()
	return AuditEntry{At: at, Actor: d.By.Actor, Verb: d.Verb, Object: strings.TrimSpace(d.Object), Detail: fault.Mask(text)}, err
}

// Parsed reads the detail of an entry. One that has another form is shown as it is.
func (e AuditEntry) Parsed() AuditDetail {
	var d AuditDetail
	if err := json.Unmarshal([]byte(e.Detail), &d); err == nil {
		return d
	}
	asText, err := json.Marshal(e.Detail)
	if err != nil {
		return AuditDetail{}
	}
	return AuditDetail{Detail: asText}
}

// AuditQuery asks for entries, newest first. Empty fields ask for all.
type AuditQuery struct {
	Actor  string    // exactly
	Verb   string    // the verb, or its first word
	Object string    // a part of the object
	From   time.Time // from this time on
	To     time.Time // before this time
	Limit  int       // 0: all
	After  string    // the Next of the page before
}

// AuditPage is a page of the log.
type AuditPage struct {
	Items []AuditEntry
	Total int    // entries that match, on all pages
	Next  string // "" on the last page
}
