package reply

import (
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// When turns a time into one that may be absent.
func When(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// Text turns a text into one that may be absent.
func Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// List gives an empty list for nil.
func List[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// Missing is the fault of what is not there.
func Missing(kind, id string) error {
	return fault.New(fault.NotFound, "no %s %q", kind, id)
}

// CountExposures says a number of them in words: "1 exposure", "2 exposures".
func CountExposures(n int) string { return Counted(n, "exposure", "exposures") }

// Counted says a number of things in words: "1 service", "2 services".
func Counted(n int, one, many string) string { return strconv.Itoa(n) + " " + Plural(n, one, many) }

// Plural chooses between two words.
func Plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
