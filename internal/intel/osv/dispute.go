package osv

import (
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
)

// OSV has no field for a record that its numbering authority rejected, or whose
// vendor disputes it: both stand at the beginning of the words, as CVE writes them.

const disputed = "** disputed **"

// beginsWith reports whether a text begins with a mark, whatever its case.
func beginsWith(text, mark string) bool {
	text = strings.TrimSpace(text)
	return len(text) >= len(mark) && strings.EqualFold(text[:len(mark)], mark)
}

// settleDispute takes back a record that was rejected, since it last changed, with
// the reason as its title: it names nothing any more, as a withdrawn one. One
// that is disputed stands, and says so in its title.
func settleDispute(r *advisory.Record, w *wireRecord) {
	for _, text := range []string{w.Details, w.Summary} {
		for _, mark := range advisory.RejectedMarks() {
			if !beginsWith(text, mark) {
				continue
			}
			r.Summary = shorten(text, maxTitle)
			if r.Withdrawn.IsZero() {
				r.Withdrawn = r.Modified
			}
			return
		}
	}
	if beginsWith(w.Details, disputed) && !beginsWith(r.Summary, disputed) {
		r.Summary = shorten("** DISPUTED ** "+r.Summary, maxSummary)
	}
}
