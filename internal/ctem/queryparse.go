package ctem

import (
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// Bounds of a query: far above what a person types.
const (
	maxQueryLength = 8192
	maxQueryTerms  = 64
	maxTermValues  = 1000
)

// TextKey is the key of a term that names none: a bare word or "quoted text".
const TextKey = "text"

// ParseQuery reads the query language of all lists:
//
//	term := [-]key:value[,value…] | key:[>,>=,<,<=]n | key:a..b | "text"
//
// Terms are separated by spaces and hold together (AND), values inside a term
// are alternatives (OR), a leading "-" negates. A value with a space or comma
// stands in double quotes; a backslash quotes the next character there. A bare
// purl or digest needs no key. Which keys there are is the list's to say.
func ParseQuery(query string) ([]Term, error) {
	if len(query) > maxQueryLength {
		return nil, fault.New(fault.Invalid, "the query is longer than %d characters", maxQueryLength)
	}
	if err := PlainText("the query", query); err != nil {
		return nil, err
	}
	p := queryReader{text: query}
	var terms []Term
	for p.skipSpace(); !p.done(); p.skipSpace() {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		if terms = append(terms, t); len(terms) > maxQueryTerms {
			return nil, fault.New(fault.Invalid, "the query has more than %d terms", maxQueryTerms)
		}
	}
	return terms, nil
}

// PlainText refuses a text that no store can hold: what is not UTF-8, or has a
// zero byte. what says whose text it is.
func PlainText(what, text string) error {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return nil
	}
	return fault.New(fault.Invalid, "%s is not text: it has a zero byte or is not UTF-8", what)
}

// queryReader reads a query byte by byte; everything special is ASCII.
type queryReader struct {
	text string
	at   int
}

func (p *queryReader) done() bool { return p.at >= len(p.text) }

func (p *queryReader) skipSpace() {
	for !p.done() && isSpace(p.text[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (p *queryReader) term() (Term, error) {
	t := Term{Op: ":"}
	start := p.at
	if p.text[p.at] == '-' {
		t.Negate = true
		p.at++
	}
	t.Key = p.key()
	if t.Key != TextKey {
		t.Op = p.op()
	}
	for {
		v, quoted, err := p.value()
		if err != nil {
			return t, err
		}
		if v == "" && !quoted {
			return t, fault.New(fault.Invalid, "the query has no value at %q", p.text[start:p.at]).
				WithHint(`write key:value, for example is:open or decision:act`)
		}
		t.Values = append(t.Values, v)
		if p.done() || p.text[p.at] != ',' {
			return p.finish(t, start)
		}
		p.at++
		if len(t.Values) >= maxTermValues {
			return t, fault.New(fault.Invalid, "a term of the query has more than %d values", maxTermValues)
		}
	}
}

// key reads up to the colon. A quoted text, a word without colon, a purl and a
// digest are values without a key.
func (p *queryReader) key() string {
	rest := p.text[p.at:]
	end := strings.IndexAny(rest, ": \t\r\n\",")
	if end <= 0 || rest[end] != ':' {
		return TextKey
	}
	switch key := strings.ToLower(rest[:end]); key {
	case "pkg":
		return "purl"
	case "sha256", "sha512":
		return "digest"
	default:
		p.at += end + 1
		return key
	}
}

func (p *queryReader) op() string {
	for _, op := range [...]string{">=", "<=", ">", "<"} {
		if strings.HasPrefix(p.text[p.at:], op) {
			p.at += len(op)
			return op
		}
	}
	return ":"
}

// value reads one value, quoted or not.
func (p *queryReader) value() (v string, quoted bool, err error) {
	if p.done() || p.text[p.at] != '"' {
		start := p.at
		for !p.done() && p.text[p.at] != ',' && !isSpace(p.text[p.at]) {
			p.at++
		}
		return p.text[start:p.at], false, nil
	}
	start := p.at
	var b strings.Builder
	for p.at++; !p.done(); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return b.String(), true, nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", true, fault.New(fault.Invalid, "the query has a quote without an end: %s", p.text[start:])
}

// finish checks what follows the term and recognises a range.
func (p *queryReader) finish(t Term, start int) (Term, error) {
	if !p.done() && !isSpace(p.text[p.at]) {
		return t, fault.New(fault.Invalid, "the query has something after the quote at %q", p.text[start:p.at+1]).
			WithHint("separate terms by a space and values by a comma")
	}
	if t.Op != ":" && len(t.Values) > 1 {
		return t, fault.New(fault.Invalid, "the query compares %q with more than one value", t.Key)
	}
	if low, high, ok := rangeOf(t); ok {
		t.Op, t.Values = "..", []string{low, high}
	}
	return t, nil
}

// rangeOf reads a..b where both are numbers or dates.
func rangeOf(t Term) (low, high string, ok bool) {
	if t.Op != ":" || len(t.Values) != 1 || t.Key == TextKey {
		return "", "", false
	}
	low, high, ok = strings.Cut(t.Values[0], "..")
	plain := !strings.ContainsAny(t.Values[0], " \t\r\n,\"")
	return low, high, ok && plain && startsWithDigit(low) && startsWithDigit(high)
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// String writes the term so that ParseQuery reads it again.
func (t Term) String() string {
	var b strings.Builder
	if t.Negate {
		b.WriteByte('-')
	}
	if t.Key != TextKey {
		b.WriteString(t.Key + ":")
	}
	if t.Op == ".." && len(t.Values) == 2 {
		return b.String() + t.Values[0] + ".." + t.Values[1]
	}
	if t.Op != ":" {
		b.WriteString(t.Op)
	}
	for i, v := range t.Values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteValue(v))
	}
	return b.String()
}

// quoteValue quotes always: a bare value might read as an operator or a range.
func quoteValue(v string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}

// UnknownKey is the error for a key that a list does not have, with the
// nearest of those that it has.
func UnknownKey(key string, keys []string) error {
	e := fault.New(fault.Invalid, "no key %q", key)
	best, cost := "", 1+len(key)/2
	for _, k := range keys {
		if d := distance(key, k); d < cost {
			best, cost = k, d
		}
	}
	if best != "" {
		return e.WithHint("did you mean %q?", best)
	}
	return e.WithHint("keys are %s", strings.Join(keys, ", "))
}

// distance counts the edits (insert, delete, replace, swap of neighbours)
// between two short words.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

func cost(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
