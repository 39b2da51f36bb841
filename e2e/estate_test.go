package e2e

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The small estate of examples/demo, as it was told at moments of our choice.
const small = "../examples/demo"

// shop is a data folder with a clock.
type shop struct {
	t   testing.TB
	dir string
	now time.Time
}

func (s *shop) say(args ...string) string {
	s.t.Helper()
	return tidemark(s.t, s.dir, "", append([]string{"--now", s.now.UTC().Format(time.RFC3339)}, args...)...)
}

// feeds loads the advisories, and more of them in OSV form.
func (s *shop) feeds(more map[string][]any) {
	s.t.Helper()
	dir := s.t.TempDir()
	folders, err := filepath.Glob(small + "/osv/*")
	if err != nil || len(folders) == 0 {
		s.t.Fatal("no advisories", err)
	}
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.json")
		if err != nil {
			s.t.Fatal(err)
		}
		var records [][]byte
		for _, file := range files {
			records = append(records, read(s.t, file))
		}
		for _, doc := range more[filepath.Base(folder)] {
			records = append(records, asJSON(s.t, doc))
		}
		pack(s.t, filepath.Join(dir, "osv", filepath.Base(folder), "all.zip"), records)
	}
	for _, name := range []string{"kev.json", "epss.csv"} {
		keep(s.t, filepath.Join(dir, name), read(s.t, filepath.Join(small, name)))
	}
	s.say("intel", "update", "--from", dir)
}

func pack(t testing.TB, path string, records [][]byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(f)
	for i, r := range records {
		w, err := archive.Create(fmt.Sprintf("%d.json", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func keep(t testing.TB, path string, body []byte) string {
	t.Helper()
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func asJSON(t testing.TB, doc any) []byte {
	t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// sbom says what an image of the estate is made of.
func (s *shop) sbom(part string) {
	s.t.Helper()
	s.say("ingest", "sbom", filepath.Join(small, "sboms", part+".cdx.json"), "--artifact", artifactOf(s.t, part))
}

// artifactOf is the image's name with its digest, as the records have it.
func artifactOf(t testing.TB, part string) string {
	t.Helper()
	at := strings.LastIndex(part, "-")
	name := regexp.MustCompile(regexp.QuoteMeta(part[:at]+":"+part[at+1:]) + `@sha256:[0-9a-f]{64}`)
	for _, file := range []string{"running-1.json", "running-2.json"} {
		if found := name.Find(read(t, filepath.Join(small, file))); found != nil {
			return "registry.harbour.example/" + string(found)
		}
	}
	t.Fatalf("no record has %s", part)
	return ""
}

// running says what the cluster sees: those services of a file, with a way in
// for each but the last.
func (s *shop) running(file string, services ...string) {
	s.t.Helper()
	var all, some []map[string]any
	if err := json.Unmarshal(read(s.t, filepath.Join(small, file)), &all); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range all {
		for _, name := range services {
			if r["service"] == name {
				some = append(some, r)
			}
		}
	}
	path := keep(s.t, filepath.Join(s.t.TempDir(), "running.json"), asJSON(s.t, some))
	s.say("ingest", "deploy", path, "--source", "cluster", "--every", "24h")
}

// told is the estate as it was told over weeks, the last time at now: first
// only the storefront, ten days later the orders with what is wrong in them.
func told(t testing.TB, now time.Time) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), now: now.Add(-20 * 24 * time.Hour)}
	s.feeds(nil)
	s.sbom("storefront-3.2.0")
	s.running("running-1.json", "storefront")
	s.now = now.Add(-10 * 24 * time.Hour)
	s.sbom("orders-1.4.0")
	s.sbom("reports-0.9.0")
	s.say("ingest", "deploy", filepath.Join(small, "manifests.yaml"), "--environment", "prod", "--source", "git")
	s.running("running-1.json", "storefront", "orders", "reports")
	s.now = now
	s.running("running-1.json", "storefront", "orders", "reports")
	return s
}
