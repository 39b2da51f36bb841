package report

import (
	"fmt"
	"io"
	"strings"
)

// maxAnnotations is what a step of a workflow shows; one of them says how many
// more there are.
const maxAnnotations = 10

// Annotate writes what counts as commands of a GitHub workflow, which shows them
// at the lines of the change.
func Annotate(w io.Writer, r Report) error {
	var list []*Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Standing == Counts {
			list = append(list, f)
		}
	}
	more := 0
	if len(list) > maxAnnotations {
		list, more = list[:maxAnnotations-1], len(list)-maxAnnotations+1
	}
	for _, f := range list {
		at := ""
		if f.File != "" {
			at = fmt.Sprintf("file=%s,line=%d,", property(f.File), max(f.Line, 1))
		}
		text := f.word() + ": " + f.Weakness + " in " + f.Component + ". " + f.Action()
		if _, err := fmt.Fprintf(w, "::error %stitle=%s::%s\n", at, property(f.Weakness), message(text)); err != nil {
			return err
		}
	}
	switch {
	case more > 0:
		_, err := fmt.Fprintf(w, "::error title=Tidemark::%s\n", message(fmt.Sprintf("%d more: %s", more, r.Sentence)))
		return err
	case r.Verdict == "unknown":
		_, err := fmt.Fprintf(w, "::warning title=Tidemark::%s\n", message(r.Sentence))
		return err
	}
	return nil
}

// message escapes the text of a command: a line break would begin another one.
func message(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes what stands before the text.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(message(s))
}
