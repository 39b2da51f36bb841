package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"
)

func TestPackAll(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), t.TempDir()
	if err := packAll(from, to); err == nil {
		t.Error("an empty folder was packed without an error")
	}
	for _, name := range []string{"npm/GHSA-1.json", "npm/GHSA-2.json", "PyPI/PYSEC-1.json"} {
		path := filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(`{"id":"x"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := packAll(from, to); err != nil {
		t.Fatal(err)
	}
	for ecosystem, want := range map[string]int{"npm": 2, "PyPI": 1} {
		r, err := zip.OpenReader(filepath.Join(to, ecosystem, "all.zip"))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.File) != want {
			t.Errorf("%s has %d records, want %d", ecosystem, len(r.File), want)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
