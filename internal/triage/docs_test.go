package triage

import (
	"os"
	"strings"
	"testing"
)

// TestKeysAreDocumented: docs/query.md has every key of the language and of the order.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/query.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range append(Keys(), SortKeys()...) {
		if !strings.Contains(string(text), "`"+key+"`") {
			t.Errorf("docs/query.md does not have the key %s", key)
		}
	}
}
