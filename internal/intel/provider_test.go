package intel_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/fetch"
)

func csafDocument(id, released, verdict string) string {
	return fmt.Sprintf(`{"document":{"csaf_version":"2.0","publisher":{"name":"Example"},"tracking":{"id":"%s","current_release_date":"%s","status":"final"}},
	 "product_tree":{"full_product_names":[{"product_id":"L","name":"lib","product_identification_helper":{"purl":"pkg:npm/lib@1"}}]},
	 "vulnerabilities":[{"cve":"CVE-2026-0001","product_status":{"%s":["L"]}}]}`, id, released, verdict)
}

func TestSupplier(t *testing.T) {
	t.Parallel()
	f, db, ctx := newFolder(t), openStore(t), context.Background()
	put := func(name, text, sumOf string) {
		f.write("csaf/"+name, text)
		if sumOf != "" {
			sum := sha256.Sum256([]byte(sumOf))
			f.write("csaf/"+name+".sha256", hex.EncodeToString(sum[:])+"  "+filepath.Base(name)+"\n")
		}
	}
	good := csafDocument("EX-1", "2026-05-01T10:00:00Z", "known_affected")
	put("2026/ex-1.json", good, good)
	put("2026/ex-2.json", csafDocument("EX-2", "2026-05-01T10:00:00Z", "fixed"), "something else")
	put("2026/ex-3.json", "{", "")
	changes := "2026/ex-1.json,2026-05-01T10:00:00Z\n2026/ex-2.json,2026-05-02T10:00:00Z\n2026/ex-3.json,2026-05-03T10:00:00Z\n"
	f.write("csaf/changes.csv", changes)
	s, codes := publisher(t, f.dir)
	f.write("provider-metadata.json", `{"publisher":{"name":"Example"},"distributions":[{"directory_url":"`+s.URL+`/csaf"}]}`)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	later := func(name string, n int) { // a server tells the forms of a file apart by the second
		at := time.Now().Add(time.Duration(n) * time.Hour)
		if err := os.Chtimes(filepath.Join(f.dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	u := updater(db)
	u.Sources = intel.Sources{Cache: filepath.Join(t.TempDir(), "cache"), CSAF: []string{s.URL + "/provider-metadata.json"}}
	u.Fetcher = fetch.New(fetch.Config{AllowPrivate: true, Roots: roots, Attempts: 1})
	update := func() intel.Report {
		t.Helper()
		r, err := u.Update(ctx, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	said := func() string {
		t.Helper()
		lore, err := db.Lore(ctx, []string{"CVE-2026-0001"})
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, x := range lore["CVE-2026-0001"].Said {
			words = append(words, x.Document+" "+string(x.Verdict))
		}
		return strings.Join(words, ", ")
	}
	r := update()
	if got := said(); got != "EX-1 affected" {
		t.Errorf("%q", got)
	}
	if bad := r.Rejections(); len(bad) != 2 || !strings.Contains(fmt.Sprint(bad), "checksum") {
		t.Errorf("what is damaged, or not the one of its checksum, is told: %+v", bad)
	}
	before := codes()[200]
	update()
	if again := codes()[200]; again-before > 2 { // the document that its sum is not of, and its sum
		t.Errorf("%d files were sent again", again-before)
	}
	second := csafDocument("EX-2", "2026-05-01T10:00:00Z", "fixed")
	put("2026/ex-2.json", second, second)
	newer := csafDocument("EX-1", "2026-06-01T10:00:00Z", "known_not_affected")
	put("2026/ex-1.json", newer, newer)
	f.write("csaf/changes.csv", strings.Replace(changes, "ex-1.json,2026-05-01", "ex-1.json,2026-06-01", 1))
	later("csaf/changes.csv", 1)
	update()
	if got := said(); got != "EX-1 not affected, EX-2 fixed" {
		t.Errorf("%q", got)
	}
	f.write("provider-metadata.json", `{"distributions":[{"directory_url":"https://elsewhere.example/csaf"}]}`)
	later("provider-metadata.json", 1)
	if r := update(); !strings.Contains(fmt.Sprint(r.Rejections()), "not on the provider's host") || said() != "EX-1 not affected, EX-2 fixed" {
		t.Errorf("%+v, %q", r.Rejections(), said())
	}
}
