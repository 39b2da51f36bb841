package access

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// The bounds of what people type.
const (
	maxUserName = 64
	maxLabel    = 200
	maxProducts = 200
)

// CheckUserName refuses what cannot name a user: the name stands in addresses
// and in the log, so that two names never look alike.
func CheckUserName(name string) error {
	ok := len(name) > 0 && len(name) <= maxUserName && !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._@+-", r)
	})
	if !ok || strings.ContainsRune("._@+-", rune(name[0])) {
		return fault.New(fault.Invalid, "user name %q", clip(name)).
			WithHint("use 1 to %d lower-case letters, digits and . _ @ + -, beginning with a letter or a digit", maxUserName)
	}
	return nil
}

// CheckLabel refuses what cannot name a team, a product, a source or a token:
// what is empty or long, and what does not print, among it the marks that turn
// the direction of text.
func CheckLabel(what, label string) error {
	if label != "" && utf8.ValidString(label) && utf8.RuneCountInString(label) <= maxLabel &&
		strings.TrimSpace(label) == label && !strings.ContainsFunc(label, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return nil
	}
	return fault.New(fault.Invalid, "%s %q", what, clip(label)).
		WithHint("use 1 to %d printable characters, without spaces at the ends", maxLabel)
}

// checkProducts refuses what cannot be a list of products.
func checkProducts(products []string) []error {
	if len(products) > maxProducts {
		return []error{fault.New(fault.Invalid, "%d products, at most %d", len(products), maxProducts)}
	}
	var out []error
	for _, p := range products {
		if err := CheckLabel("product", p); err != nil {
			out = append(out, err)
		}
	}
	return out
}

// SortedProducts gives products an order, each once; nil stays nil: all.
func SortedProducts(products []string) []string {
	if products == nil {
		return nil
	}
	out := slices.Clone(products)
	slices.Sort(out)
	return slices.Compact(out)
}

// clip shortens what is repeated in an error.
func clip(s string) string {
	if len(s) <= maxUserName {
		return s
	}
	return strings.ToValidUTF8(s[:maxUserName], "") + "…"
}

// joined makes one error of many, which says all that is wrong at once.
func joined(what string, errs []error) error {
	var texts, hints []string
	for _, err := range errs {
		if err == nil {
			continue
		}
		texts = append(texts, err.Error())
		if hint := fault.HintOf(err); hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "%s: not possible: %s", what, strings.Join(texts, "; ")).WithHint("%s", strings.Join(hints, "; "))
}

// checkRole refuses a role that is not in the table.
func checkRole(r Role) error {
	if r.Valid() {
		return nil
	}
	var names []string
	for _, one := range Roles() {
		names = append(names, string(one))
	}
	return fault.New(fault.Invalid, "no role %q", clip(string(r))).WithHint("the roles are %s", strings.Join(names, ", "))
}
