// Package advisory holds the nouns of threat intelligence: one advisory model,
// shaped like OSV, its aliases, and the signals that a weakness is exploited.
//
// Invariants. A record is known by its id; a changed record is a new revision,
// a withdrawn one stays and says since when. Ecosystem names are those of OSV,
// without a release suffix; the release is a field of its own. Fields that a
// feed left out are zero and mean unknown, never "no".
package advisory

import (
	"slices"
	"strings"
	"time"
)

// Record is one advisory of one feed.
type Record struct {
	ID        string     `json:"id"`
	Revision  int64      `json:"revision,omitempty"` // 1 when first seen; given by the store
	Modified  time.Time  `json:"modified,omitzero"`
	Published time.Time  `json:"published,omitzero"` // zero when the feed does not say
	Withdrawn time.Time  `json:"withdrawn,omitzero"` // zero while in force
	Aliases   []string   `json:"aliases,omitempty"`
	Upstream  []string   `json:"upstream,omitempty"` // the weaknesses that this distribution advisory is about
	Related   []string   `json:"related,omitempty"`  // not the same weakness
	Summary   string     `json:"summary,omitempty"`
	Severity  []Severity `json:"severity,omitempty"`
	Affected  []Affected `json:"affected,omitempty"`
}

// Severity is a vector as the feed gives it; junk is kept, and said to be junk
// where it is read.
type Severity struct {
	Type  string `json:"type"` // CVSS_V2, CVSS_V3, CVSS_V4, or a distribution's own
	Score string `json:"score"`
}

// Affected is one package of a record.
type Affected struct {
	Ecosystem string     `json:"ecosystem"`         // "Debian", "npm": without release
	Release   string     `json:"release,omitempty"` // "11", "v3.16", "22.04:LTS", "Pro:18.04:LTS"; "" where the ecosystem has none
	Name      string     `json:"name"`
	Ranges    []Range    `json:"ranges,omitempty"`
	Versions  []string   `json:"versions,omitempty"`
	Severity  []Severity `json:"severity,omitempty"`
}

// Range is a list of events in a version order, as OSV defines it.
type Range struct {
	Type   string  `json:"type"` // SEMVER, ECOSYSTEM or GIT
	Repo   string  `json:"repo,omitempty"`
	Events []Event `json:"events"`
}

// Event is one bound of a range: exactly one field is set.
type Event struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

// Malicious reports whether the record says that the package itself is an attack.
func (r *Record) Malicious() bool { return len(r.ID) > 4 && r.ID[:4] == "MAL-" }

// RejectedMarks are how the words of a record begin that its numbering authority
// rejected, as CVE writes them; whatever the case.
func RejectedMarks() []string { return []string{"** reject **", "rejected reason:"} }

// Rejected reports whether the record was taken back because its numbering
// authority rejected it: its summary gives the reason then.
func (r *Record) Rejected() bool {
	return slices.ContainsFunc(RejectedMarks(), func(mark string) bool {
		return len(r.Summary) >= len(mark) && strings.EqualFold(r.Summary[:len(mark)], mark)
	})
}

// InForceAt reports whether the record had been published and not withdrawn at t.
func (r *Record) InForceAt(t time.Time) bool {
	return !r.Published.After(t) && (r.Withdrawn.IsZero() || t.Before(r.Withdrawn))
}

// Names returns the ids under which the record's weakness is known: its own,
// its aliases, and its upstream when that is a single one. A distribution
// advisory about several weaknesses has the name of none of them.
func (r *Record) Names() []string {
	names := append([]string{r.ID}, r.Aliases...)
	if len(r.Upstream) == 1 {
		names = append(names, r.Upstream[0])
	}
	return names
}

// Weaknesses returns the name of each weakness the record is about: one for
// each upstream of a distribution advisory that has several, else its own id.
func (r *Record) Weaknesses() []string {
	if len(r.Upstream) > 1 {
		return r.Upstream
	}
	return []string{r.ID}
}

// KEV is an entry of the catalogue of known exploited vulnerabilities.
type KEV struct {
	CVE        string
	Added      time.Time // date, UTC
	Due        time.Time // date, UTC; zero when none
	Ransomware bool      // known use in ransomware campaigns
	Name       string
}

// PackageKey names the packages that records speak of: the key of every lookup.
type PackageKey struct {
	Ecosystem string // without release
	Name      string // normalised for its ecosystem
}

// Change is one row of the advisory stream: something about a name is new.
type Change struct {
	Seq  int64
	Kind FeedKind
	Name string // record id, or CVE
}
