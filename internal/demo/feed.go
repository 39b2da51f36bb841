package demo

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

// feeds are the embedded excerpts. A score that no public file at hand has is a
// stand-in, always below 0.1, so that it lifts nothing over a gate.
type feeds struct {
	records []osvRecord
	kev     [][]string // rows; the first one names the columns
	epss    string
}

// osvRecord is a record as text, and what decides where and when it appears.
type osvRecord struct {
	id         string
	published  time.Time
	ecosystems []string // without release
	body       []byte
}

// scored is the date of the EPSS scores, as their file says.
const scored = "2026-08-08T12:02:54Z"

func loadFeeds() (*feeds, error) {
	f := &feeds{}
	text, err := data.ReadFile("data/advisories.ndjson")
	if err != nil {
		return nil, fmt.Errorf("the demo's advisories: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		r, err := readRecord(slices.Clone(lines.Bytes()))
		if err != nil {
			return nil, fmt.Errorf("the demo's advisories: %w", err)
		}
		f.records = append(f.records, r)
	}
	catalogue, err := data.ReadFile("data/kev.csv")
	if err != nil {
		return nil, fmt.Errorf("the demo's catalogue: %w", err)
	}
	if f.kev, err = csv.NewReader(bytes.NewReader(catalogue)).ReadAll(); err != nil {
		return nil, fmt.Errorf("the demo's catalogue: %w", err)
	}
	scores, err := data.ReadFile("data/epss.csv")
	if err != nil {
		return nil, fmt.Errorf("the demo's scores: %w", err)
	}
	f.epss = string(scores)
	return f, nil
}

func readRecord(body []byte) (osvRecord, error) {
	var w struct {
		ID        string    `json:"id"`
		Published time.Time `json:"published"`
		Affected  []struct {
			Package struct {
				Ecosystem string `json:"ecosystem"`
			} `json:"package"`
		} `json:"affected"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return osvRecord{}, err
	}
	r := osvRecord{id: w.ID, published: w.Published, body: body}
	for _, a := range w.Affected {
		if base, _ := advisory.SplitEcosystem(a.Package.Ecosystem); !slices.Contains(r.ecosystems, base) {
			r.ecosystems = append(r.ecosystems, base)
		}
	}
	return r, nil
}

// news reports whether a look at the feeds at one time shows more than an
// earlier look did.
func (f *feeds) news(since, at time.Time) bool {
	if slices.ContainsFunc(f.records, func(r osvRecord) bool { return r.published.After(since) && !r.published.After(at) }) {
		return true
	}
	return slices.ContainsFunc(f.kev[1:], func(row []string) bool {
		return row[2] > since.Format(time.DateOnly) && row[2] <= at.Format(time.DateOnly)
	})
}

// write lays the feeds out in a folder as they were at a time: archives of the
// ecosystems, the catalogue and the scores. More are records that nobody else
// publishes.
func (f *feeds) write(dir string, at time.Time, ecosystems []string, more ...osvRecord) error {
	for _, e := range ecosystems {
		list := slices.DeleteFunc(append(slices.Clone(f.records), more...), func(r osvRecord) bool {
			return r.published.After(at) || !slices.Contains(r.ecosystems, e)
		})
		if err := writeArchive(filepath.Join(dir, "osv", e), at, list); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "kev.json"), f.catalogue(at), 0o600); err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	head := "#model_version:v2026.06.15,score_date:" + min(scored, at.UTC().Format(time.RFC3339)) + "\n"
	if err := os.WriteFile(filepath.Join(dir, "epss.csv"), []byte(head+f.epss), 0o600); err != nil {
		return fmt.Errorf("write the scores: %w", err)
	}
	return nil
}

// writeArchive packs records; the date in it makes a day's archive another one
// than the day's before, as it is with the public ones.
func writeArchive(dir string, at time.Time, list []osvRecord) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, r := range list {
		w, err := z.Create(r.id + ".json")
		if err != nil {
			return fmt.Errorf("write an archive: %w", err)
		}
		if _, err := w.Write(r.body); err != nil {
			return fmt.Errorf("write an archive: %w", err)
		}
	}
	if err := z.SetComment("as of " + at.Format(time.DateOnly)); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "all.zip"), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	return nil
}

// catalogue is the KEV excerpt as of a time.
func (f *feeds) catalogue(at time.Time) []byte {
	entries := []map[string]string{}
	for _, row := range f.kev[1:] {
		if row[2] > at.Format(time.DateOnly) {
			continue
		}
		e := map[string]string{}
		for i, column := range f.kev[0] {
			e[column] = row[i]
		}
		entries = append(entries, e)
	}
	b, err := json.Marshal(map[string]any{
		"title": "Excerpt of the catalogue of known exploited vulnerabilities, for the demo", "count": len(entries),
		"catalogVersion": at.Format("2006.01.02"), "dateReleased": at.UTC().Format(time.RFC3339), "vulnerabilities": entries,
	})
	if err != nil { // strings always have a form
		return []byte(strings.TrimSpace(err.Error()))
	}
	return b
}
