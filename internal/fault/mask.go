package fault

import "strings"

// Mask hides the password of every URL in a message.
func Mask(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i+3])
		s = s[i+3:]
		end := strings.IndexAny(s, "/ \t\n\"'?#")
		if end < 0 {
			end = len(s)
		}
		if at := strings.LastIndexByte(s[:end], '@'); at >= 0 {
			user, _, _ := strings.Cut(s[:at], ":")
			b.WriteString(user + ":***")
			s = s[at:]
		}
	}
}
