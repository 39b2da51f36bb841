// Package osv reads advisories in the Open Source Vulnerability format: one
// record, or a whole ecosystem's all.zip.
//
// A record is taken whole or refused with a reason; a refused record never
// stops the others. Every input is bounded: the size and ratio of an entry,
// the number of entries, their total, the length of a name. Fields that no
// part of the product reads are not kept.
package osv

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// The bounds of one record.
const (
	maxID      = 256   // bytes of an id, alias or upstream
	maxField   = 4096  // bytes of a package name, version, vector or address
	maxSummary = 300   // characters that are kept of a summary
	maxTitle   = 160   // characters that are kept of the details where there is no summary
	maxRange   = 20000 // events of one range
)

// wireRecord is the part of an OSV record that we read.
type wireRecord struct {
	ID        string         `json:"id"`
	Modified  string         `json:"modified"`
	Published string         `json:"published"`
	Withdrawn string         `json:"withdrawn"`
	Aliases   []string       `json:"aliases"`
	Upstream  []string       `json:"upstream"`
	Related   []string       `json:"related"`
	Summary   string         `json:"summary"`
	Details   string         `json:"details"`
	Severity  []wireSeverity `json:"severity"`
	Affected  []wireAffected `json:"affected"`
}

type wireSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type wireAffected struct {
	Package  wirePackage    `json:"package"`
	Ranges   []wireRange    `json:"ranges"`
	Versions []string       `json:"versions"`
	Severity []wireSeverity `json:"severity"`
}

type wirePackage struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
}

type wireRange struct {
	Type   string      `json:"type"`
	Repo   string      `json:"repo"`
	Events []wireEvent `json:"events"`
}

type wireEvent struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// ParseRecord reads one OSV record.
func ParseRecord(b []byte) (advisory.Record, error) {
	var w wireRecord
	if err := hostile.Unmarshal(b, hostile.Limits{String: defaultEntryBytes}, &w); err != nil {
		return advisory.Record{}, err
	}
	if w.ID == "" {
		return advisory.Record{}, errors.New("no id")
	}
	r := advisory.Record{ID: w.ID, Summary: title(w.Summary, w.Details), Severity: severities(w.Severity)}
	if err := setTimes(&r, &w); err != nil {
		return advisory.Record{}, err
	}
	settleDispute(&r, &w)
	if err := setNames(&r, &w); err != nil {
		return advisory.Record{}, err
	}
	for i := range w.Affected {
		a, err := affected(&w.Affected[i])
		if err != nil {
			return advisory.Record{}, fmt.Errorf("affected[%d]: %w", i, err)
		}
		r.Affected = append(r.Affected, byRepository(a)...)
	}
	return r, nil
}

func setTimes(r *advisory.Record, w *wireRecord) error {
	for _, f := range []struct {
		name, value string
		to          *time.Time
	}{
		{"modified", w.Modified, &r.Modified},
		{"published", w.Published, &r.Published},
		{"withdrawn", w.Withdrawn, &r.Withdrawn},
	} {
		t, err := parseTime(f.value)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		*f.to = t
	}
	return nil
}

// parseTime reads an RFC 3339 time, to the microsecond; "" is the zero time.
// So is the beginning of 1970: feeds write it where they know of no time.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time like 2026-01-31T12:00:00Z", cut(s, 40))
	}
	if t.Unix() == 0 {
		return time.Time{}, nil
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

func setNames(r *advisory.Record, w *wireRecord) error {
	if err := fitName(w.ID); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	for _, f := range []struct {
		name string
		from []string
		to   *[]string
	}{
		{"aliases", w.Aliases, &r.Aliases},
		{"upstream", w.Upstream, &r.Upstream},
		{"related", w.Related, &r.Related},
	} {
		names, err := distinct(f.from, w.ID)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		*f.to = names
	}
	return nil
}

// distinct drops blanks, repeats and the record's own id.
func distinct(names []string, id string) ([]string, error) {
	var out []string
	seen := map[string]bool{"": true, id: true}
	for _, n := range names {
		if seen[n] {
			continue
		}
		if err := fitName(n); err != nil {
			return nil, err
		}
		seen[n] = true
		out = append(out, n)
	}
	return out, nil
}

// fitName refuses what is no id: too long, or with characters nobody can see.
func fitName(s string) error {
	if len(s) > maxID {
		return fmt.Errorf("%q… is longer than %d bytes", cut(s, 40), maxID)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("%q has a control character in it", cut(s, 40))
	}
	return nil
}

func affected(w *wireAffected) (advisory.Affected, error) {
	a := advisory.Affected{Name: w.Package.Name, Versions: w.Versions, Severity: severities(w.Severity)}
	a.Ecosystem, a.Release = advisory.SplitEcosystem(w.Package.Ecosystem)
	if err := fit(w.Package.Ecosystem, w.Package.Name); err != nil {
		return a, err
	}
	if err := fit(w.Versions...); err != nil {
		return a, err
	}
	if len(a.Versions) == 0 {
		a.Versions = nil
	}
	for _, wr := range w.Ranges {
		r, err := versionRange(wr)
		if err != nil {
			return a, err
		}
		a.Ranges = append(a.Ranges, r)
	}
	return a, nil
}

// byRepository parts an entry that names no package by the repositories of its
// ranges: these are what it is about.
func byRepository(a advisory.Affected) []advisory.Affected {
	if a.Name != "" || a.Ecosystem != "" || !slices.ContainsFunc(a.Ranges, func(r advisory.Range) bool { return r.Repo != "" }) {
		return []advisory.Affected{a}
	}
	var out []advisory.Affected
	for _, r := range a.Ranges {
		name := advisory.NormalName(advisory.Git, r.Repo)
		i := slices.IndexFunc(out, func(have advisory.Affected) bool { return have.Name == name })
		if i < 0 {
			i = len(out)
			out = append(out, advisory.Affected{Ecosystem: advisory.Git, Name: name, Versions: a.Versions, Severity: a.Severity})
		}
		out[i].Ranges = append(out[i].Ranges, r)
	}
	return out
}

func versionRange(w wireRange) (advisory.Range, error) {
	r := advisory.Range{Type: w.Type, Repo: w.Repo}
	if len(w.Events) > maxRange {
		return r, fmt.Errorf("a range has more than %d events", maxRange)
	}
	if err := fit(w.Type, w.Repo); err != nil {
		return r, err
	}
	for _, e := range w.Events {
		if err := fit(e.Introduced, e.Fixed, e.LastAffected, e.Limit); err != nil {
			return r, err
		}
		r.Events = appendEvents(r.Events, e)
	}
	return r, nil
}

// appendEvents gives each bound an event of its own, as the noun has it.
func appendEvents(events []advisory.Event, w wireEvent) []advisory.Event {
	if w.Introduced != "" {
		events = append(events, advisory.Event{Introduced: w.Introduced})
	}
	if w.Fixed != "" {
		events = append(events, advisory.Event{Fixed: w.Fixed})
	}
	if w.LastAffected != "" {
		events = append(events, advisory.Event{LastAffected: w.LastAffected})
	}
	if w.Limit != "" {
		events = append(events, advisory.Event{Limit: w.Limit})
	}
	return events
}

func fit(fields ...string) error {
	for _, s := range fields {
		if len(s) > maxField {
			return fmt.Errorf("%q… is longer than %d bytes", cut(s, 40), maxField)
		}
	}
	return nil
}

// severities keeps vectors as they are, junk included; an absurdly long one
// is cut: it is junk either way, and shown as such where it is read.
func severities(ws []wireSeverity) []advisory.Severity {
	var out []advisory.Severity
	for _, w := range ws {
		out = append(out, advisory.Severity{Type: cut(w.Type, maxID), Score: cut(w.Score, maxID)})
	}
	return out
}

// title is the summary, or the beginning of the details where there is none.
func title(summary, details string) string {
	if s := strings.TrimSpace(summary); s != "" {
		return shorten(s, maxSummary)
	}
	return shorten(details, maxTitle)
}

// shorten takes the first line, and of it the first n characters.
func shorten(s string, n int) string {
	s, _, _ = strings.Cut(strings.TrimSpace(cut(s, 8*n)), "\n")
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return strings.TrimRight(s[:i], " ,.;:") + "…"
		}
		n--
	}
	return s
}

// cut takes at most n bytes, and no part of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
