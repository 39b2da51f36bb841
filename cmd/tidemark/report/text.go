package report

import (
	"crypto/sha256"
	"fmt"
	"time"
)

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// uuid names the report by what it says, so that the same one has the same name.
func (r *Report) uuid() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n", stamp(r.AsOf), r.Verdict, r.Sentence) // a hash takes all
	for i := range r.Findings {
		f := &r.Findings[i]
		_, _ = fmt.Fprintf(h, "%q %q %q %q\n", f.Weakness, f.Component, f.File, f.Standing)
	}
	for _, u := range r.Undecided {
		_, _ = fmt.Fprintf(h, "%q %q\n", u.Component, u.Detail)
	}
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: of our own making
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
