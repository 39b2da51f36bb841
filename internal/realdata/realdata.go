// Package realdata finds the shared real data that tests read and the
// repository does not hold.
//
// Invariant. In CI the data is required; elsewhere a test that needs it is
// skipped with a message that says what is missing.
package realdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the folder or file at the given path inside the shared data, or
// skips the test. The data is in TIDEMARK_SHARED_DATA, else in shared/data
// beside the repository.
func Dir(t testing.TB, elem ...string) string {
	t.Helper()
	root := os.Getenv("TIDEMARK_SHARED_DATA")
	if root == "" {
		root = filepath.Join(Root(t), "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	const missing = "shared data is absent: %s (set TIDEMARK_SHARED_DATA to its folder)"
	if os.Getenv("CI") == "true" {
		t.Fatalf(missing, path)
	}
	t.Skipf(missing, path)
	return ""
}

// Root returns the repository's root: the nearest folder above with a go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}
