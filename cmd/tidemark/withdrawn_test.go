package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// withdrawn writes a feed of Maven in which the named records are withdrawn,
// and all others are as they were.
func withdrawn(t testing.TB, data, dir string, ids []string, at time.Time) {
	t.Helper()
	in, err := zip.OpenReader(filepath.Join(data, "osv", "Maven", "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(filepath.Join(dir, "osv", "Maven"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "osv", "Maven", "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	out := zip.NewWriter(f)
	for _, e := range in.File {
		copyRecord(t, out, e, ids, at)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func copyRecord(t testing.TB, out *zip.Writer, e *zip.File, ids []string, at time.Time) {
	t.Helper()
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var rec map[string]any
	if err := json.Unmarshal(b, &rec); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(ids, rec["id"].(string)) {
		rec["withdrawn"] = at.Format(time.RFC3339)
		rec["modified"] = at.Format(time.RFC3339)
		if b, err = json.Marshal(rec); err != nil {
			t.Fatal(err)
		}
	}
	w, err := out.Create(e.Name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
}
