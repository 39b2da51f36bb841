package host

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// maxCommand is how much of a command line is told.
const maxCommand = 200

const stars = "***"

// secretName are the names of what may be a secret.
var secretName = regexp.MustCompile(`(?i)(pass|pwd|secret|token|key|credential|auth|cookie|session|private|dsn|conn)`)

// opaque is a long text without a word in it: a key, a hash, a token.
var opaque = regexp.MustCompile(`^[A-Za-z0-9+/_=.~-]{24,}$`)

// masked is a command line without what may be a secret: values behind names
// that say so, users and passwords in addresses, long texts that are no words, and
// everything behind an option that takes one.
func masked(command []string) string {
	out := make([]string, 0, len(command))
	next := false
	for i, arg := range command {
		if next {
			out, next = append(out, stars), false
			continue
		}
		name, _, valued := cutValue(arg)
		switch {
		case i == 0:
		case secretName.MatchString(name) && valued:
			arg = name + arg[len(name):len(name)+1] + stars
		case strings.HasPrefix(arg, "-") && (secretName.MatchString(name) || isShortSecret(arg)):
			next = true
		case strings.Contains(arg, "://"):
			arg, _, _ = strings.Cut(fault.Mask(arg), "?") // what is asked for may be a secret too
		case strings.HasPrefix(arg, "-p") && len(arg) > len("-p"):
			arg = "-p" + stars
		case opaque.MatchString(arg) && !strings.Contains(arg, "/") && strings.ContainsAny(arg, "0123456789"):
			arg = stars
		}
		out = append(out, arg)
	}
	return bounded(strings.Join(out, " "), maxCommand)
}

// cutValue parts NAME=VALUE and NAME:VALUE; an address has no name.
func cutValue(arg string) (name, value string, ok bool) {
	i := strings.IndexAny(arg, "=:")
	if i <= 0 || strings.HasPrefix(arg[i:], "://") {
		return arg, "", false
	}
	return arg[:i], arg[i+1:], true
}

// isShortSecret knows the short options that take a password in common programs.
func isShortSecret(arg string) bool { return arg == "-p" || arg == "-P" || arg == "-u" || arg == "-a" }

// bounded cuts a text, and replaces what cannot be shown.
func bounded(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
