package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTheSameFlagsGiveTheSameBytes, and refuse what cannot be.
func TestTheSameFlagsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	e := estate{services: 12, components: 8, weak: 3, advisories: 60, seed: 1, at: "2026-11-22T06:00:00Z"}
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	for _, dir := range []string{one, two} {
		if err := e.write(dir); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err := filepath.WalkDir(one, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		rel, err := filepath.Rel(one, path)
		if err != nil {
			return err
		}
		a, errA := os.ReadFile(path)
		b, errB := os.ReadFile(filepath.Join(two, rel))
		if errA != nil || errB != nil || len(a) == 0 || !bytes.Equal(a, b) {
			t.Errorf("%s differs (%v, %v)", rel, errA, errB)
		}
		return nil
	})
	if err != nil || files != 12+3+1+1 {
		t.Errorf("%d files, %v", files, err)
	}
	if err := e.write(one); err == nil {
		t.Error("a folder that exists was written into")
	}
	if err := (estate{services: 1, components: 2, weak: 3, advisories: 9}).write(filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("more weak components than components")
	}
}
