package match

import (
	"cmp"

	"github.com/google/osv-scalibr/semantic"
)

// quick is a version that is compared by its leading numbers where they alone
// decide, and by the library where they do not.
//
// In every order that we know, "1.2" comes before "1.10": dotted numbers count
// until one differs. In those of Debian, RPM and Maven it does not matter what
// follows that one; in the others something else may stand there that makes the
// text another kind of version, so both must be plain numbers. Epochs ("1:"),
// leading zeros (Alpine reads them as fractions) and all else are the library's.
type quick struct {
	scheme string
	text   string
	plain  bool             // nothing but dotted numbers
	known  semantic.Version // nil: not parsed yet, because it always parses
}

func newQuick(scheme, text string) *quick {
	return &quick{scheme: scheme, text: text, plain: isPlain(text)}
}

// comparable reports whether leading numbers may decide.
func (q *quick) comparable(o *quick) bool { return (q.plain && o.plain) || numbersFirst(q.scheme) }

// readsNumbers names the schemes that read every plain number, so that it need
// not be parsed to know that it can be.
func readsNumbers(scheme string) bool {
	switch scheme {
	case "npm", "PyPI", "Go", "crates.io", "RubyGems", "NuGet", "Packagist", "Maven", "Pub", "Hex", "Julia", "SwiftURL", "Bitnami", "Alpine":
		return true
	}
	return isRPM(scheme)
}

// readsAll names the schemes whose parser in the library refuses nothing: what
// they read is parsed when leading numbers have not decided, which is seldom.
func readsAll(scheme string) bool {
	switch scheme {
	case "npm", "Go", "crates.io", "RubyGems", "NuGet", "Packagist", "Maven", "Pub", "Hex", "Julia", "SwiftURL", "Bitnami":
		return true
	}
	return isRPM(scheme)
}

func numbersFirst(scheme string) bool { return scheme == "Maven" || isDeb(scheme) || isRPM(scheme) }

// Compare implements semantic.Version.
func (q *quick) Compare(other semantic.Version) (int, error) {
	o, ok := other.(*quick)
	if !ok || o.scheme != q.scheme {
		return 0, semantic.ErrNotSameEcosystem
	}
	if q.comparable(o) {
		if c, ok := leading(q.text, o.text); ok {
			return c, nil
		}
	}
	v, err := q.parsed()
	if err != nil {
		return 0, err
	}
	w, err := o.parsed()
	if err != nil {
		return 0, err
	}
	return v.Compare(w)
}

// CompareStr implements semantic.Version.
func (q *quick) CompareStr(text string) (int, error) {
	w, err := parseVersion(q.scheme, text)
	if err != nil {
		return 0, err
	}
	return q.Compare(w)
}

func (q *quick) parsed() (semantic.Version, error) {
	if q.known != nil {
		return q.known, nil
	}
	var err error
	q.known, err = slow(q.scheme, q.text)
	return q.known, err
}

// leading compares by the first dotted number that differs; ok is false when
// the texts part before one does, or are written in a way that means more.
func leading(a, b string) (c int, ok bool) {
	if a == b {
		return 0, true
	}
	for {
		n, restA := digits(a)
		m, restB := digits(b)
		if n == "" || m == "" || isOdd(n) || isOdd(m) || isEpoch(restA) || isEpoch(restB) {
			return 0, false
		}
		if n != m {
			return cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m)), true
		}
		if restA == "" || restB == "" || restA[0] != '.' || restB[0] != '.' {
			return 0, false
		}
		a, b = restA[1:], restB[1:]
	}
}

func digits(s string) (number, rest string) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

// isOdd: a number with a zero before it.
func isOdd(n string) bool { return len(n) > 1 && n[0] == '0' }

func isEpoch(rest string) bool { return rest != "" && (rest[0] == ':' || rest[0] == '!') }

// isPlain reports whether a version is nothing but dotted numbers of a sane
// size, which every scheme can read that refuses little.
func isPlain(text string) bool {
	for {
		n, rest := digits(text)
		if n == "" || len(n) > 18 || isOdd(n) {
			return false
		}
		if rest == "" {
			return true
		}
		if rest[0] != '.' {
			return false
		}
		text = rest[1:]
	}
}
