package inventory

import (
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// qualifier is one of a package URL's qualifiers. Those without a value are
// left out.
type qualifier struct{ key, value string }

// component makes the twin component of a package. What of its path is before
// the last slash is the namespace: a Maven group, an npm scope, a distribution.
// Qualifiers come in the order of their keys, as the specification has them.
func component(typ, path, version string, qualifiers ...qualifier) twin.Component {
	at := strings.LastIndexByte(path, '/')
	c := twin.Component{Type: "library", Group: path[:max(at, 0)], Name: path[at+1:], Version: version}
	if c.Name == "" {
		return c
	}
	var b strings.Builder
	b.WriteString("pkg:" + typ)
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			b.WriteByte('/')
			escape(&b, part)
		}
	}
	if version != "" {
		b.WriteByte('@')
		escape(&b, version)
	}
	sep := byte('?')
	for _, q := range qualifiers {
		if q.value == "" {
			continue
		}
		b.WriteByte(sep)
		b.WriteString(q.key + "=")
		escape(&b, q.value)
		sep = '&'
	}
	c.Purl = b.String()
	return c
}

// escape writes a part of a package URL: letters, digits and ".-_~:" stand for
// themselves.
func escape(b *strings.Builder, s string) {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(".-_~:", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
}

// pypi makes the component of a Python package, whose name is written in lower
// case with hyphens.
func pypi(name, version string) twin.Component {
	return component("pypi", strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name)), version)
}
