// Package kev reads CISA's catalogue of known exploited vulnerabilities, in
// its JSON and its CSV form.
//
// A catalogue is taken whole or not at all where its own count is wrong: an
// entry that is missing would mean "no longer exploited". A single bad entry
// is refused with a reason and does not stop the rest.
package kev

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// MaxBytes is the largest catalogue that is read.
const MaxBytes = 64 << 20

const (
	maxEntries = 200_000
	maxName    = 300 // bytes that are kept of an entry's name
)

// Catalogue is what a file held.
type Catalogue struct {
	Version  string
	Released time.Time // dateReleased; the newest dateAdded where there is none
	Entries  []advisory.KEV
	Rejected []advisory.Rejection // Where is the entry's place in the file
}

var cvePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^CVE-\d{4}-\d{4,19}$`) })

type wireCatalogue struct {
	Version  string      `json:"catalogVersion"`
	Released string      `json:"dateReleased"`
	Count    *int        `json:"count"`
	Entries  []wireEntry `json:"vulnerabilities"`
}

type wireEntry struct {
	CVE        string `json:"cveID"`
	Name       string `json:"vulnerabilityName"`
	Added      string `json:"dateAdded"`
	Due        string `json:"dueDate"`
	Ransomware string `json:"knownRansomwareCampaignUse"`
}

// Parse reads the JSON form.
func Parse(r io.Reader) (Catalogue, error) {
	b, err := readAll(r)
	if err != nil {
		return Catalogue{}, err
	}
	var w wireCatalogue
	if err := hostile.Unmarshal(b, hostile.Limits{}, &w); err != nil {
		return Catalogue{}, fmt.Errorf("KEV catalogue: %w", err)
	}
	if w.Entries == nil {
		return Catalogue{}, errors.New("KEV catalogue: no \"vulnerabilities\"")
	}
	if w.Count != nil && *w.Count != len(w.Entries) {
		return Catalogue{}, fmt.Errorf("KEV catalogue: it says it has %d entries and has %d", *w.Count, len(w.Entries))
	}
	c := Catalogue{Version: w.Version}
	if w.Released != "" {
		t, err := time.Parse(time.RFC3339Nano, w.Released)
		if err != nil {
			return Catalogue{}, fmt.Errorf("KEV catalogue: dateReleased %.40q is not a time", w.Released)
		}
		c.Released = t.UTC().Truncate(time.Microsecond)
	}
	return c.fill(w.Entries, func(i int) string { return "vulnerabilities[" + strconv.Itoa(i) + "]" })
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the KEV catalogue: %w", err)
	}
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("KEV catalogue: larger than %d bytes", MaxBytes)
	}
	return b, nil
}

// IsHeader reports whether a line is the first of the CSV form.
func IsHeader(line string) bool {
	cols := columns(strings.Split(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")), ","))
	_, id := cols["cveid"]
	_, added := cols["dateadded"]
	return id && added
}

func columns(header []string) map[string]int {
	cols := map[string]int{}
	for i, h := range header {
		cols[strings.ToLower(strings.Trim(strings.TrimSpace(h), `"`))] = i
	}
	return cols
}

// ParseCSV reads the CSV form, which has no release date and no count.
func ParseCSV(r io.Reader) (Catalogue, error) {
	b, err := readAll(r)
	if err != nil {
		return Catalogue{}, err
	}
	rows := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff")))
	header, err := rows.Read()
	if err != nil {
		return Catalogue{}, fmt.Errorf("KEV catalogue: %w", err)
	}
	if !IsHeader(strings.Join(header, ",")) {
		return Catalogue{}, errors.New("KEV catalogue: the first line has no columns cveID and dateAdded")
	}
	cols := columns(header)
	var entries []wireEntry
	var lines []int
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Catalogue{}, fmt.Errorf("KEV catalogue: %w", err) // a broken row hides the ones after it
		}
		line, _ := rows.FieldPos(0)
		entries, lines = append(entries, fromRow(cols, row)), append(lines, line)
	}
	var c Catalogue
	return c.fill(entries, func(i int) string { return "line " + strconv.Itoa(lines[i]) })
}

func fromRow(cols map[string]int, row []string) wireEntry {
	at := func(name string) string {
		if i, ok := cols[name]; ok && i < len(row) {
			return row[i]
		}
		return ""
	}
	return wireEntry{
		CVE:        at("cveid"),
		Name:       at("vulnerabilityname"),
		Added:      at("dateadded"),
		Due:        at("duedate"),
		Ransomware: at("knownransomwarecampaignuse"),
	}
}

// fill converts entries; where names the i-th one in a rejection.
func (c Catalogue) fill(entries []wireEntry, where func(i int) string) (Catalogue, error) {
	if len(entries) > maxEntries {
		return Catalogue{}, fmt.Errorf("KEV catalogue: more than %d entries", maxEntries)
	}
	seen := map[string]bool{}
	var newest time.Time
	for i, w := range entries {
		k, err := w.kev()
		if err == nil && seen[k.CVE] {
			err = fmt.Errorf("%s is listed twice", k.CVE)
		}
		if err != nil {
			c.Rejected = append(c.Rejected, advisory.Rejection{Where: where(i), Reason: err.Error()})
			continue
		}
		seen[k.CVE] = true
		if k.Added.After(newest) {
			newest = k.Added
		}
		c.Entries = append(c.Entries, k)
	}
	if c.Released.IsZero() {
		c.Released = newest
	}
	return c, nil
}

func (w wireEntry) kev() (advisory.KEV, error) {
	k := advisory.KEV{CVE: strings.TrimSpace(w.CVE), Name: w.Name}
	if !cvePattern().MatchString(k.CVE) {
		return k, fmt.Errorf("%.40q is not a CVE id", w.CVE)
	}
	if len(k.Name) > maxName {
		k.Name = strings.ToValidUTF8(k.Name[:maxName], "")
	}
	k.Ransomware = strings.EqualFold(strings.TrimSpace(w.Ransomware), "known")
	var err error
	if k.Added, err = time.Parse(time.DateOnly, strings.TrimSpace(w.Added)); err != nil {
		return k, fmt.Errorf("%s: dateAdded %.40q is not a date", k.CVE, w.Added)
	}
	if due := strings.TrimSpace(w.Due); due != "" {
		if k.Due, err = time.Parse(time.DateOnly, due); err != nil {
			return k, fmt.Errorf("%s: dueDate %.40q is not a date", k.CVE, w.Due)
		}
	}
	return k, nil
}
