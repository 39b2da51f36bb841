package report

import (
	"io"
)

// codeIssue is an entry of a code quality report, as merge requests show it.
type codeIssue struct {
	Description string       `json:"description"`
	Check       string       `json:"check_name"`
	Fingerprint string       `json:"fingerprint"`
	Severity    string       `json:"severity"`
	Location    codeLocation `json:"location"`
}

type codeLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// writeCodeQuality lists what counts. A line that is not known is the first; there
// is no place for what somebody lets pass.
func writeCodeQuality(w io.Writer, r Report) error {
	list := []codeIssue{}
	seen := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if print := f.Fingerprint(); f.Standing == Counts && !seen[print] {
			seen[print] = true
			it := codeIssue{Description: f.Weakness + " in " + f.Component + ". " + f.Action(), Check: f.Weakness, Fingerprint: print, Severity: f.quality()}
			it.Location.Path, it.Location.Lines.Begin = f.File, max(f.Line, 1)
			list = append(list, it)
		}
	}
	return encode(w, list)
}

func (f *Finding) quality() string {
	switch f.level() {
	case "error":
		return "blocker"
	case "warning":
		return "major"
	case "note":
		return "minor"
	}
	return "info"
}
