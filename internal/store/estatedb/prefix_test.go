package estatedb_test

import (
	"context"
	"testing"

	"github.com/tidemark/tidemark/internal/store/storetest"
)

// A text that begins no name finds nothing, and is no fault.
func TestComponentsByPrefixOfNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db := e.Fresh(t)
		for _, prefix := range []string{"", "log4j", "pkg:npm/%_'\"", "ß\U0010FFFF"} {
			if list, err := db.ComponentsByPrefix(context.Background(), prefix, 5); err != nil || len(list) > 0 {
				t.Errorf("%q: %v, %v", prefix, list, err)
			}
		}
		if _, err := db.ComponentsByPrefix(context.Background(), "\xff", 5); err == nil {
			t.Error("what is not text is taken")
		}
	})
}
