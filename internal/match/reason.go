package match

import (
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
)

// Why says in one line why the record matches: where it speaks of the package,
// the range that hit and the comparison made, what is fixed, how the name became
// the record's, and which state of which record says so.
func (m *Match) Why() string {
	r := &m.Reason
	where := r.Key.Ecosystem
	if r.Release != "" {
		where += ":" + r.Release
	}
	parts := []string{where + " " + r.Key.Name + " " + r.Range + ": " + r.Comparison}
	if len(m.Fixed) > 0 {
		parts = append(parts, "fixed in "+strings.Join(m.Fixed, ", "))
	}
	if r.Names != "" {
		parts = append(parts, r.Names)
	}
	return strings.Join(append(parts, stateOf(m.Record)), "; ")
}

// stateOf names a record and its state: by its revision where a store counts
// them, else by when its feed changed it.
func stateOf(r *advisory.Record) string {
	switch {
	case r.Revision > 0:
		return fmt.Sprintf("%s revision %d", r.ID, r.Revision)
	case !r.Modified.IsZero():
		return r.ID + " of " + r.Modified.Format("2006-01-02T15:04:05Z")
	}
	return r.ID
}

// Why says why an item's records match, the best first.
func (i *Item) Why() string {
	texts := make([]string, len(i.Matches))
	for n := range i.Matches {
		texts[n] = i.Matches[n].Why()
	}
	return strings.Join(texts, " | ")
}

// names says how the component's name became that of the record.
func (a *asked) names(f *advisory.Affected) string {
	p := &a.q.pkg
	var said []string
	switch {
	case a.key.Ecosystem == advisory.Git && p.Ecosystem != advisory.Git:
		said = append(said, p.Name+" is built from "+a.lookup.name)
	case a.lookup.name == p.Source && p.Source != p.Name:
		said = append(said, p.Name+" "+p.Version+" is built from "+p.Source+" "+a.lookup.version)
	}
	if a.lookup.name != a.key.Name {
		said = append(said, a.lookup.name+" is looked up as "+a.key.Name)
	}
	if f.Name != a.lookup.name && f.Name != a.key.Name {
		said = append(said, "the record writes "+f.Name)
	}
	return strings.Join(said, "; ")
}

// whichCommit says what is known of the component's commit.
func (p *Package) whichCommit() string {
	if p.Commit == "" {
		return "the component names none"
	}
	return "where " + p.Commit + " stands among them is not known"
}
