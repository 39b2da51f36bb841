// Package csaf reads what suppliers publish in CSAF: documents of versions 2.0 and
// 2.1 (security advisories and VEX), and the lists by which a provider says which
// there are (provider-metadata.json, ROLIE feeds, changes.csv, index.txt).
//
// The model. A document says of products, which its tree names, whether they are
// affected by a weakness. A product counts here when it has a package URL, itself
// or as the component of a relationship. The rest of the document is not read.
//
// Invariants. Only statements about a CVE and a package URL are entries; a product
// without one, or a weakness without a CVE, is passed over and told. So is a
// document as a whole that is a draft, not for everybody (TLP), without a date, or of
// another version. One that cannot be read is refused. Signatures are not checked here. Sizes and counts are bounded.
package csaf

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// MaxBytes is the largest document that is read.
const MaxBytes = 32 << 20

const (
	maxStatements = 200_000 // of one document
	maxProducts   = 500_000
	maxBranches   = 60 // how deep products may be nested
	maxText       = 300
)

// Document is what one document says.
type Document struct {
	ID      string
	Date    time.Time // of its release
	Entries []advisory.Statement
	Passed  []advisory.Rejection // what says nothing that could be found in an estate
}

// ErrPassed is the error of a document that is whole and not for us.
var ErrPassed = errors.New("passed over")

// Is reports whether a text begins like a document.
func Is(head string) bool {
	return strings.Contains(head, `"csaf_version"`) && strings.Contains(head, `"document"`)
}

type wireDocument struct {
	Document struct {
		Version   string `json:"csaf_version"`
		Publisher struct {
			Name string `json:"name"`
		} `json:"publisher"`
		Tracking struct {
			ID       string `json:"id"`
			Released string `json:"current_release_date"`
			Status   string `json:"status"`
		} `json:"tracking"`
		Distribution struct {
			TLP struct {
				Label string `json:"label"`
			} `json:"tlp"`
		} `json:"distribution"`
		References []struct {
			Category string `json:"category"`
			URL      string `json:"url"`
		} `json:"references"`
	} `json:"document"`
	Tree  wireTree       `json:"product_tree"`
	Flaws []wireWeakness `json:"vulnerabilities"`
}

type wireTree struct {
	Branches      []wireBranch  `json:"branches"`
	Products      []wireProduct `json:"full_product_names"`
	Relationships []struct {
		Component string      `json:"product_reference"`
		Whole     wireProduct `json:"full_product_name"`
	} `json:"relationships"`
}

type wireBranch struct {
	Branches []wireBranch `json:"branches"`
	Product  *wireProduct `json:"product"`
}

type wireProduct struct {
	ID     string `json:"product_id"`
	Name   string `json:"name"`
	Helper struct {
		Purl  string   `json:"purl"`
		Purls []string `json:"purls"` // of version 2.1
	} `json:"product_identification_helper"`
}

type wireWeakness struct {
	CVE    string `json:"cve"`
	Status struct {
		FirstAffected []string `json:"first_affected"`
		Affected      []string `json:"known_affected"`
		LastAffected  []string `json:"last_affected"`
		FirstFixed    []string `json:"first_fixed"`
		Fixed         []string `json:"fixed"`
		NotAffected   []string `json:"known_not_affected"`
		Open          []string `json:"under_investigation"`
	} `json:"product_status"`
	Flags        []wireNote `json:"flags"`
	Threats      []wireNote `json:"threats"`
	Remediations []wireNote `json:"remediations"`
}

// wireNote is a flag, a threat or a remediation.
type wireNote struct {
	Label    string   `json:"label"`
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
}

// product is one that can be found in an estate.
type product struct{ purl, name string }

// reader is a document that is being read.
type reader struct {
	Document
	base     advisory.Statement
	products map[string][]product // by the id in the document
	named    map[string]bool      // all ids, with or without a purl
	seen     map[advisory.Statement]bool
}

// Parse reads a document.
func Parse(r io.Reader) (Document, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(b) > MaxBytes {
		err = fmt.Errorf("larger than %d bytes", MaxBytes)
	}
	if err != nil {
		return Document{}, fmt.Errorf("CSAF document: %w", err)
	}
	var w wireDocument
	if err := hostile.Unmarshal(b, hostile.Limits{Depth: 300}, &w); err != nil {
		return Document{}, fmt.Errorf("CSAF document: %w", err)
	}
	d, err := begin(&w)
	if err != nil {
		return Document{}, fmt.Errorf("CSAF document: %w", err)
	}
	if err := d.tree(&w.Tree); err != nil {
		return Document{}, fmt.Errorf("CSAF document %s: %w", d.ID, err)
	}
	for i := range w.Flaws {
		if err := d.weakness(&w.Flaws[i], i); err != nil {
			return Document{}, fmt.Errorf("CSAF document %s: %w", d.ID, err)
		}
	}
	return d.done(), nil
}

func begin(w *wireDocument) (*reader, error) {
	doc := &w.Document
	switch tlp := doc.Distribution.TLP.Label; {
	case doc.Version != "2.0" && doc.Version != "2.1":
		return nil, fmt.Errorf("%w: its csaf_version is %.20q, not 2.0 or 2.1", ErrPassed, doc.Version)
	case doc.Tracking.ID == "":
		return nil, errors.New("it has no tracking id")
	case doc.Tracking.Status == "draft":
		return nil, fmt.Errorf("%w: %.80s is a draft", ErrPassed, doc.Tracking.ID)
	case tlp != "" && tlp != "WHITE" && tlp != "CLEAR":
		return nil, fmt.Errorf("%w: %.80s is not for everybody: TLP %.20s", ErrPassed, doc.Tracking.ID, tlp)
	}
	at, err := time.Parse(time.RFC3339Nano, doc.Tracking.Released)
	if err != nil {
		return nil, fmt.Errorf("%w: of %.80s nobody can say how new it is: %.40q is not a time", ErrPassed, doc.Tracking.ID, doc.Tracking.Released)
	}
	d := &reader{products: map[string][]product{}, named: map[string]bool{}, seen: map[advisory.Statement]bool{}}
	d.ID, d.Date = short(doc.Tracking.ID), at.UTC().Truncate(time.Microsecond)
	d.base = advisory.Statement{Document: d.ID, Publisher: short(doc.Publisher.Name), Date: d.Date}
	for _, r := range doc.References {
		if r.Category == "self" && strings.HasPrefix(r.URL, "https://") && d.base.Address == "" && len(r.URL) <= maxText {
			d.base.Address = short(r.URL)
		}
	}
	return d, nil
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return strings.Clone(s)
}

// tree reads the products, and those that are components of others.
func (d *reader) tree(t *wireTree) error {
	for _, p := range t.Products {
		d.product(&p)
	}
	if err := d.branches(t.Branches, 0); err != nil {
		return err
	}
	for _, r := range t.Relationships {
		d.product(&r.Whole)
		if len(d.products[r.Whole.ID]) == 0 {
			for _, p := range d.products[r.Component] {
				d.products[r.Whole.ID] = append(d.products[r.Whole.ID], product{p.purl, short(r.Whole.Name)})
			}
		}
		if len(d.named) > maxProducts {
			return fmt.Errorf("more than %d products", maxProducts)
		}
	}
	return nil
}

func (d *reader) branches(list []wireBranch, depth int) error {
	if depth > maxBranches {
		return fmt.Errorf("products nested deeper than %d branches", maxBranches)
	}
	for i := range list {
		if p := list[i].Product; p != nil {
			d.product(p)
		}
		if len(d.named) > maxProducts {
			return fmt.Errorf("more than %d products", maxProducts)
		}
		if err := d.branches(list[i].Branches, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (d *reader) product(p *wireProduct) {
	d.named[p.ID] = true
	for _, purl := range append([]string{p.Helper.Purl}, p.Helper.Purls...) {
		if purl = plain(purl); purl != "" {
			d.products[p.ID] = append(d.products[p.ID], product{purl, short(p.Name)})
		}
	}
}

// plain is a package URL without qualifiers, of which a document has one for each
// architecture; "" for what is none.
func plain(purl string) string {
	purl, _, _ = strings.Cut(strings.TrimSpace(purl), "#")
	purl, _, _ = strings.Cut(purl, "?")
	if !strings.HasPrefix(purl, "pkg:") || strings.Count(purl, "/") == 0 || len(purl) > maxText {
		return ""
	}
	return strings.Clone(purl)
}

func (d *reader) weakness(w *wireWeakness, n int) error {
	where := "vulnerability " + strconv.Itoa(n+1)
	if !advisory.IsCVE(w.CVE) {
		d.Passed = advisory.AddRejection(d.Passed, where, errors.New("it names no CVE"))
		return nil
	}
	s := &w.Status
	lost := 0
	for _, list := range []struct {
		verdict advisory.Verdict
		ids     []string
	}{
		{advisory.VerdictAffected, slices.Concat(s.FirstAffected, s.Affected, s.LastAffected)},
		{advisory.VerdictFixed, slices.Concat(s.FirstFixed, s.Fixed)},
		{advisory.VerdictNotAffected, s.NotAffected},
		{advisory.VerdictOpen, s.Open},
	} {
		n, err := d.verdicts(w, list.verdict, list.ids, where)
		if err != nil {
			return err
		}
		lost += n
	}
	if lost > 0 {
		d.Passed = advisory.AddRejection(d.Passed, where, fmt.Errorf("%d products have no package URL: nothing can be found by their names", lost))
	}
	return nil
}

// verdicts takes the products of one verdict, and counts those that have no
// package URL.
func (d *reader) verdicts(w *wireWeakness, v advisory.Verdict, ids []string, where string) (lost int, err error) {
	reasons := w.reasons(v)
	for _, id := range ids {
		if !d.named[id] {
			d.Passed = advisory.AddRejection(d.Passed, where, fmt.Errorf("it speaks of the product %.80q, which is not in the tree", id))
			continue
		}
		if len(d.products[id]) == 0 {
			lost++
		}
		for _, p := range d.products[id] {
			if err := d.state(w.CVE, v, p, cmp.Or(reasons[id], reasons[""])); err != nil {
				return lost, err
			}
		}
	}
	return lost, nil
}

// reasons are by product; "" is that of all.
func (w *wireWeakness) reasons(v advisory.Verdict) map[string]string {
	out := map[string]string{}
	note := func(list []wireNote, text func(*wireNote) string) {
		for i := range list {
			said := short(text(&list[i]))
			for _, id := range list[i].Products {
				if out[id] == "" {
					out[id] = said
				}
			}
			if len(list[i].Products) == 0 && out[""] == "" {
				out[""] = said
			}
		}
	}
	switch v {
	case advisory.VerdictNotAffected:
		note(w.Flags, func(n *wireNote) string { return strings.ReplaceAll(n.Label, "_", " ") })
		note(w.Threats, func(n *wireNote) string {
			if n.Category != "impact" {
				return ""
			}
			return n.Details
		})
	case advisory.VerdictAffected:
		note(w.Remediations, func(n *wireNote) string { return n.Category + ": " + n.Details })
	case advisory.VerdictFixed, advisory.VerdictOpen:
	}
	return out
}

func (d *reader) state(cve string, v advisory.Verdict, p product, reason string) error {
	s := d.base
	s.CVE, s.Verdict, s.Purl = cve, v, p.purl
	if d.seen[s] {
		return nil
	}
	if len(d.seen) >= maxStatements {
		return fmt.Errorf("more than %d statements", maxStatements)
	}
	d.seen[s] = true
	s.CVE, s.Product, s.Reason = strings.Clone(cve), p.name, reason
	d.Entries = append(d.Entries, s)
	return nil
}

func (d *reader) done() Document {
	slices.SortFunc(d.Entries, Compare)
	return d.Document
}

// Compare orders statements by what they are about.
func Compare(a, b advisory.Statement) int {
	return cmp.Or(cmp.Compare(a.CVE, b.CVE), cmp.Compare(a.Document, b.Document), cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Verdict, b.Verdict))
}

// Merge joins documents; of several forms of one the newest counts.
func Merge(list ...Document) (entries []advisory.Statement, date time.Time) {
	newest := map[string]Document{}
	for _, d := range list {
		if d.Date.After(date) {
			date = d.Date
		}
		if have, known := newest[d.ID]; !known || d.Date.After(have.Date) {
			newest[d.ID] = d
		}
	}
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		entries = append(entries, newest[id].Entries...)
	}
	slices.SortStableFunc(entries, Compare)
	return slices.CompactFunc(entries, func(a, b advisory.Statement) bool { return Compare(a, b) == 0 }), date
}
