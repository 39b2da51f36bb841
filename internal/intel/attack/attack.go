// Package attack reads how attackers use weaknesses, in the words of MITRE
// ATT&CK: the mappings of the Center for Threat-Informed Defense (Mappings
// Explorer, JSON; its older table Att&ckToCveMappings, CSV) and the bundles of
// ATT&CK itself (STIX 2.0 and 2.1, JSON).
//
// The model. A mapping says of a CVE by which technique it is attacked, what an
// attack gains at once and what that makes possible. A bundle says of a group,
// or of a campaign that it is blamed for, which techniques it used, in prose:
// where that prose names a CVE, the group attacked it so. That a group uses a
// technique says nothing of a CVE by itself, and is not read.
//
// Invariants. Only what a document states is an entry; nothing is inferred. A bad
// entry is refused with its place and does not stop the rest; a document that
// ends in the middle, or maps anything but CVEs, is refused as a whole. What
// ATT&CK has revoked or deprecated is left out. Sizes and counts are bounded.
package attack

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

// MaxBytes is the largest document that is read, unpacked.
const MaxBytes = 128 << 20

const (
	maxEntries = 1_000_000
	maxTitle   = 200 // bytes that are kept of a name
)

// Uses is what a document held.
type Uses struct {
	Date     time.Time      // of the document; zero when it does not say
	Entries  []advisory.Use // in order, each once
	Rejected []advisory.Rejection
}

// Merge joins what several documents held. Of what two of them say alike the
// newer counts.
func Merge(list ...Uses) Uses {
	d := newDraft("", "", time.Time{})
	for _, u := range list {
		for _, e := range u.Entries {
			d.keep(e)
		}
		if u.Date.After(d.Date) {
			d.Date = u.Date
		}
	}
	return d.done()
}

// draft is a document that is being read.
type draft struct {
	Uses
	feed   advisory.FeedKind
	source string
	of     map[key]advisory.Use
}

// key is what an entry is about.
type key struct {
	cve       string
	role      advisory.Role
	technique string
	group     string
}

func newDraft(feed advisory.FeedKind, source string, at time.Time) *draft {
	return &draft{feed: feed, source: source, Uses: Uses{Date: at}, of: map[key]advisory.Use{}}
}

func (d *draft) reject(where string, err error) {
	d.Rejected = advisory.AddRejection(d.Rejected, where, err)
}

func (d *draft) keep(e advisory.Use) {
	k := key{e.CVE, e.Role, e.Technique, e.Group}
	if have, known := d.of[k]; !known || e.Date.After(have.Date) || e.Date.Equal(have.Date) && e.Source > have.Source {
		d.of[k] = e
	}
}

var errMany = fmt.Errorf("more than %d entries", maxEntries)

// add takes an entry that is whole.
func (d *draft) add(e advisory.Use) error {
	e.CVE, e.Technique = strings.TrimSpace(e.CVE), strings.TrimSpace(e.Technique)
	switch {
	case !advisory.IsCVE(e.CVE):
		return fmt.Errorf("%.40q is not a CVE id", e.CVE)
	case !advisory.IsTechnique(e.Technique):
		return fmt.Errorf("%s: %.40q is not a technique of ATT&CK", e.CVE, e.Technique)
	case len(d.of) >= maxEntries:
		return errMany
	}
	e.CVE, e.Technique, e.Title = strings.Clone(e.CVE), strings.Clone(e.Technique), short(e.Title)
	e.Feed, e.Source, e.Date = d.feed, d.source, d.Date
	d.keep(e)
	return nil
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxTitle {
		s = strings.ToValidUTF8(s[:maxTitle], "")
	}
	return strings.Clone(s)
}

func (d *draft) done() Uses {
	for _, e := range d.of {
		d.Entries = append(d.Entries, e)
	}
	slices.SortFunc(d.Entries, func(a, b advisory.Use) int {
		return cmp.Or(cmp.Compare(a.CVE, b.CVE), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Technique, b.Technique), cmp.Compare(a.Group, b.Group))
	})
	return d.Uses
}

// whole reads a document up to its bound.
func whole(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(b) > MaxBytes {
		err = fmt.Errorf("larger than %d bytes", MaxBytes)
	}
	return b, err
}

// dated reads a day as CTID writes it, or as everybody else does.
func dated(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"1/2/2006", time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, errors.New("not a day")
}
