package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/server/reply"
)

// maxRows bounds a table: hosts of merge requests refuse long comments.
const maxRows = 50

// writeMarkdown writes what a merge request shows: the sentence, what to do, and
// who let what pass.
func writeMarkdown(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n", plain(r.Sentence))
	of := func(s Standing) (out []Finding) {
		for _, f := range r.Findings {
			if f.Standing == s {
				out = append(out, f)
			}
		}
		return out
	}
	table{"What to do", []string{"Weakness", "Component", "Decision", "Fix", "Due", "Why"}, func(f *Finding) []string {
		return []string{plain(f.Weakness), code(f.Component), plain(f.word()), plain(f.fix()), day(f.Deadline), plain(f.Reason)}
	}}.write(&b, of(Counts))
	r.commands(&b)
	table{"Suppressed", []string{"Weakness", "Component", "By", "Until", "Why"}, func(f *Finding) []string {
		return []string{plain(f.Weakness), code(f.Component), plain(f.By), day(f.Until), plain(f.Reason)}
	}}.write(&b, of(Suppressed))
	table{"In grace", []string{"Weakness", "Component", "Decision", "Fix", "Until"}, func(f *Finding) []string {
		return []string{plain(f.Weakness), code(f.Component), plain(f.word()), plain(f.fix()), day(f.Until)}
	}}.write(&b, of(Deferred))
	table{"Known before", []string{"Weakness", "Component", "Decision", "Fix"}, func(f *Finding) []string {
		return []string{plain(f.Weakness), code(f.Component), plain(f.word()), plain(f.fix())}
	}}.write(&b, of(Known))
	var gone []Finding
	for _, v := range r.Vanished {
		gone = append(gone, Finding{Weakness: v.Weakness, Component: v.Component})
	}
	table{"Gone since then", []string{"Weakness", "Component"}, func(f *Finding) []string {
		return []string{plain(f.Weakness), code(f.Component)}
	}}.write(&b, gone)
	r.undecidedText(&b)
	fmt.Fprintf(&b, "\n_As of %s._\n", r.AsOf.UTC().Format("2006-01-02 15:04 UTC"))
	_, err := io.WriteString(w, b.String())
	return err
}

// commands are those that usually bring the fixes.
func (r *Report) commands(b *strings.Builder) {
	var lines []string
	for _, f := range r.Findings {
		line := strings.ReplaceAll(oneLine(f.Command), "`", "'")
		if f.Standing == Counts && line != "" && !slices.Contains(lines, line) && len(lines) < maxRows {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.Join(lines, "\n"))
	}
}

// undecidedText counts what could not be said, by reason.
func (r *Report) undecidedText(b *strings.Builder) {
	if len(r.Undecided) == 0 {
		return
	}
	reasons := map[string]int{}
	for _, u := range r.Undecided {
		reasons[u.Reason]++
	}
	var parts []string
	for reason, n := range reasons {
		parts = append(parts, plain(reason)+" "+strconv.Itoa(n))
	}
	slices.Sort(parts)
	fmt.Fprintf(b, "\nNothing could be said about %s: %s.\n", reply.Counted(len(r.Undecided), "component", "components"), strings.Join(parts, ", "))
}

func (f *Finding) word() string {
	if f.Decision == "" {
		return "not decided"
	}
	return f.Decision + " (" + strconv.Itoa(f.Score) + ")"
}

func (f *Finding) fix() string {
	if len(f.Fixed) == 0 {
		return "none known"
	}
	return strings.Join(f.Fixed, ", ")
}

func day(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

// table is one table of a comment.
type table struct {
	title string
	head  []string
	row   func(*Finding) []string
}

func (t table) write(b *strings.Builder, list []Finding) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n#### %s\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat("---|", len(t.head)))
	for i := range list {
		if i == maxRows {
			fmt.Fprintf(b, "\n… and %d more.\n", len(list)-maxRows)
			return
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(t.row(&list[i]), " | "))
	}
}

// plain keeps outside text from being markup: no link, no mention, no cell.
func plain(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+!|~>$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '<':
			b.WriteString("&lt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@':
			b.WriteString("@\u2060") // mentions nobody
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", ":\u2060//")
}

// code is text in a cell that is shown as it is.
func code(s string) string {
	s = strings.NewReplacer("`", "'", "|", "¦").Replace(oneLine(s))
	if s == "" {
		return "–"
	}
	return "`" + s + "`"
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}
