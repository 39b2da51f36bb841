package workdb

import (
	"context"
	"testing"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// openTest opens this room of a fresh embedded store.
func openTest(t testing.TB) *Store {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(db)
}
