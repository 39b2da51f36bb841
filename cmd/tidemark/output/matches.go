package output

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/tidemark/tidemark/api"
)

// Matches prints what a scan found, byte for byte as Indented does. It asks no
// value what it is: of a large answer that was half the time of printing it, and
// indenting it the other half.
func (p *Printer) Matches(m *api.Matches) error {
	const each = 512 // bytes of an item, about
	w := indented{buf: make([]byte, 0, each*(4+len(m.Items)+len(m.Undecided)/2))}
	w.matches(m)
	if w.err != nil {
		return w.err
	}
	_, err := p.Out.Write(append(w.buf, '\n'))
	return err
}

func (w *indented) matches(m *api.Matches) {
	w.begin('{')
	w.key("schema").text(m.Schema)
	w.key("as_of").time(&m.AsOf)
	list(w.key("items"), m.Items, writeMatch)
	list(w.key("undecided"), m.Undecided, writeUndecided)
	list(w.key("rejected"), m.Rejected, writeRejected)
	list(w.key("skipped"), m.Skipped, writeRejected)
	list(w.key("feeds"), m.Feeds, writeFeed)
	list(w.key("summary"), m.Summary, writeSummary)
	w.end('}')
}

func writeMatch(w *indented, m *api.Match) {
	w.key("sbom").text(m.SBOM)
	w.key("purl").text(m.Purl)
	w.key("version").text(m.Version)
	w.key("advisory").text(m.Advisory)
	w.key("aliases").texts(m.Aliases)
	w.key("fixed").texts(m.Fixed)
	w.key("reason").text(m.Reason)
	w.given("path", m.Path)
	w.given("layer", m.Layer)
}

func writeUndecided(w *indented, u *api.Undecided) {
	w.key("sbom").text(u.SBOM)
	w.key("component").text(u.Component)
	w.key("reason").text(u.Reason)
	w.given("detail", u.Detail)
}

func writeRejected(w *indented, r *api.RejectedInput) {
	w.key("sbom").text(r.SBOM)
	w.key("reason").text(r.Reason)
}

func writeFeed(w *indented, f *api.Feed) {
	w.key("kind").text(f.Kind)
	w.key("name").text(f.Name)
	w.key("records").number(f.Records)
	w.key("withdrawn").number(f.Withdrawn)
	w.key("data_time").time(f.DataTime)
	w.key("loaded_at").time(f.LoadedAt)
	w.key("origin").text(f.Origin)
	w.given("freshness", f.Freshness)
	w.given("effect", f.Effect)
}

func writeSummary(w *indented, s *api.ScannedSummary) {
	w.key("sbom").text(s.SBOM)
	w.key("kind").text(s.Kind)
	w.key("components").number(s.Components)
	w.key("matched").number(s.Matched)
	w.key("undecided").number(s.Undecided)
	if len(s.Notes) > 0 {
		w.key("notes").texts(s.Notes)
	}
}

// indented writes JSON as the standard library does with an indent of two
// spaces, and with <, > and & as they are. The first error stays.
type indented struct {
	buf   []byte
	depth int
	empty bool // nothing stands yet in what was opened last
	err   error
}

func (w *indented) begin(c byte) {
	w.buf = append(w.buf, c)
	w.depth++
	w.empty = true
}

func (w *indented) end(c byte) {
	w.depth--
	if !w.empty {
		w.line()
	}
	w.buf = append(w.buf, c)
	w.empty = false
}

// next begins another key or element.
func (w *indented) next() {
	if !w.empty {
		w.buf = append(w.buf, ',')
	}
	w.empty = false
	w.line()
}

func (w *indented) line() {
	w.buf = append(w.buf, '\n')
	for range w.depth {
		w.buf = append(w.buf, "  "...)
	}
}

func (w *indented) key(name string) *indented {
	w.next()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, `": `...)
	return w
}

// given is a key that is left out when it has nothing to say.
func (w *indented) given(name, value string) {
	if value != "" {
		w.key(name).text(value)
	}
}

func list[T any](w *indented, items []T, write func(*indented, *T)) {
	if items == nil {
		w.null()
		return
	}
	w.begin('[')
	for i := range items {
		w.next()
		w.begin('{')
		write(w, &items[i])
		w.end('}')
	}
	w.end(']')
}

func (w *indented) texts(items []string) {
	if items == nil {
		w.null()
		return
	}
	w.begin('[')
	for _, s := range items {
		w.next()
		w.text(s)
	}
	w.end(']')
}

func (w *indented) null() { w.buf = append(w.buf, "null"...) }

func (w *indented) number(n int) { w.buf = strconv.AppendInt(w.buf, int64(n), 10) }

func (w *indented) time(t *api.Time) {
	if t == nil {
		w.null()
		return
	}
	b, err := t.MarshalJSON()
	if err != nil && w.err == nil {
		_, w.err = json.Marshal(t) // in its words
	}
	w.buf = append(w.buf, b...)
}

func (w *indented) text(s string) {
	w.buf = append(w.buf, '"')
	from := 0 // of what is not written yet
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if escape := escaped(r, n); escape != "" {
			w.buf = append(append(w.buf, s[from:i]...), escape...)
			from = i + n
		}
		i += n
	}
	w.buf = append(append(w.buf, s[from:]...), '"')
}

// escaped is how a character is written that does not stand for itself; "" when
// it does. What is not UTF-8 was read as a character of one byte that is none.
func escaped(r rune, bytes int) string {
	switch {
	case r == '"' || r == '\\':
		return `\` + string(r)
	case r < ' ':
		return control(byte(r))
	case r == utf8.RuneError && bytes == 1:
		return `\ufffd`
	case r == '\u2028' || r == '\u2029':
		return `\u202` + string('8'+r-'\u2028')
	}
	return ""
}

func control(c byte) string {
	switch c {
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	const digits = "0123456789abcdef"
	return `\u00` + string(digits[c>>4]) + string(digits[c&15])
}
