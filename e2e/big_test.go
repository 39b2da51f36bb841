package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBig tries 10,000 services with a million components. The estate takes
// minutes to make and is kept outside of the repository, so a run of all tests
// tries it only where it is there already; "make e2e" makes it.
func TestBig(t *testing.T) {
	needs(t)
	dir := filepath.Join(fixtures(t), "big-"+stateOf(t, "../tools/estate", "../internal/store/sqldb/migrations"))
	if _, err := os.Stat(filepath.Join(dir, "complete")); err != nil {
		if os.Getenv("E2E_BIG") == "" {
			t.Skip("the large estate was not made yet: make e2e")
		}
		makeBig(t, dir)
	}
	data := t.TempDir()
	for _, file := range []string{"tidemark.db"} {
		if said, err := run("", nil, "cp", "--reflink=auto", filepath.Join(dir, file), filepath.Join(data, file)); err != nil {
			t.Fatal(err, string(said))
		}
	}
	serve(t, data).suite(t, "big", map[string]any{"most": 300_000})
}

func fixtures(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "tidemark", "fixtures")
}

// stateOf names the content of folders: another one makes another estate.
func stateOf(t testing.TB, folders ...string) string {
	t.Helper()
	sum := sha256.New()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.HasSuffix(path, "_test.go") {
				_, err = sum.Write(append(read(t, path), path...))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// makeBig makes the files, and gives them to the ordinary doors.
func makeBig(t *testing.T, dir string) {
	tools, err := run("..", nil, "scripts/tools.sh")
	if err != nil {
		t.Fatal(err, string(tools))
	}
	lines := strings.Fields(string(tools))
	files, data := filepath.Join(t.TempDir(), "files"), dir+".part"
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if said, err := run("", nil, filepath.Join(lines[len(lines)-1], "estate"), "-out", files); err != nil {
		t.Fatal(err, string(said))
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"intel", "update", "--from", filepath.Join(files, "intel")},
		{"scope", "apply", filepath.Join(files, "scope.yaml")},
		{"ingest", "deploy", filepath.Join(files, "running.ndjson"), "--every", "24h"},
		{"ingest", "sbom", filepath.Join(files, "sboms")},
	} {
		tidemark(t, data, "", args...)
	}
	if err := os.WriteFile(filepath.Join(data, "complete"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(data, dir); err != nil {
		t.Fatal(err)
	}
}
