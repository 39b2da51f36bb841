// Package epss reads FIRST's Exploit Prediction Scoring System in its CSV
// form, plain or compressed.
//
// The public file begins with "#model_version:…,score_date:…" and has the
// columns cve, epss, percentile. Files derived from it may lack the comment
// or the percentiles; one without a date is older than any that has one. A
// bad row is refused with its line and does not stop the rest.
package epss

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

// MaxBytes is the most that is read of a file, unpacked.
const MaxBytes = 256 << 20

const (
	maxRows     = 5_000_000
	maxRejected = 1000 // that are listed one by one
)

// Scores is what a file held.
type Scores struct {
	Model    string
	Date     time.Time // of the scores; zero when the file does not say
	Entries  []advisory.EPSS
	Rejected []advisory.Rejection // Where is the line

	comments int // lines before the header
}

var (
	cvePattern  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^CVE-\d{4}-\d{4,19}$`) })
	datePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(20\d\d-[01]\d-[0-3]\d)`) })
)

// Parse reads a file. The name gives its date where the content has none: a
// date like 2025-09-26 in it.
func Parse(r io.Reader, name string) (Scores, error) { return parse(r, name, MaxBytes) }

func parse(r io.Reader, name string, limit int64) (Scores, error) {
	in, err := unpack(r)
	if err != nil {
		return Scores{}, err
	}
	bounded := &io.LimitedReader{R: in, N: limit + 1}
	br := bufio.NewReaderSize(bounded, 1<<16)
	var s Scores
	if err := s.comment(br); err != nil {
		return Scores{}, err
	}
	if s.Date.IsZero() {
		s.Date = dateIn(name)
	}
	if err := s.rows(br); err != nil {
		return Scores{}, err
	}
	if bounded.N == 0 {
		return Scores{}, fmt.Errorf("EPSS file: larger than %d bytes", limit)
	}
	return s, nil
}

// unpack recognises gzip by its first bytes.
func unpack(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	head, err := br.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the EPSS file: %w", err)
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return br, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, fmt.Errorf("EPSS file: %w", err)
	}
	return z, nil
}

func dateIn(name string) time.Time {
	t, err := time.Parse(time.DateOnly, datePattern().FindString(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// comment reads the lines that begin with "#".
func (s *Scores) comment(br *bufio.Reader) error {
	if bom, _ := br.Peek(3); string(bom) == "\ufeff" {
		if _, err := br.Discard(3); err != nil {
			return fmt.Errorf("EPSS file: %w", err)
		}
	}
	for {
		if first, err := br.Peek(1); err != nil || first[0] != '#' {
			return endOrError(err)
		}
		line, err := br.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("EPSS file: its comment line does not end: %w", err)
		}
		s.comments++
		if err := s.facts(strings.TrimSpace(string(line[1:]))); err != nil {
			return err
		}
	}
}

func endOrError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("reading the EPSS file: %w", err)
}

func (s *Scores) facts(line string) error {
	for fact := range strings.SplitSeq(line, ",") {
		key, value, _ := strings.Cut(fact, ":")
		switch strings.TrimSpace(key) {
		case "model_version":
			s.Model = strings.TrimSpace(value)
		case "score_date":
			t, err := parseDate(strings.TrimSpace(value))
			if err != nil {
				return err
			}
			s.Date = t
		}
	}
	return nil
}

// parseDate reads the forms that FIRST has used over the years.
func parseDate(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, fmt.Errorf("EPSS file: score_date %.40q is not a time", s)
}

// IsHeader reports whether a line names the columns of an EPSS file.
func IsHeader(line string) bool {
	cols := strings.Split(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))), ",")
	return len(cols) >= 2 && cols[0] == "cve" && cols[1] == "epss"
}

// IsComment reports whether a line is the public file's comment.
func IsComment(line string) bool {
	line = strings.TrimPrefix(line, "\ufeff")
	return strings.HasPrefix(line, "#") && strings.Contains(line, "score_date:") && strings.Contains(line, "model_version:")
}

func (s *Scores) rows(br *bufio.Reader) error {
	in := csv.NewReader(br)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return fmt.Errorf("EPSS file: no header line: %w", err)
	}
	if !IsHeader(strings.Join(header, ",")) {
		return errors.New("EPSS file: the header line does not begin with cve,epss")
	}
	percentiles := len(header) > 2 && strings.EqualFold(header[2], "percentile")
	seen := map[string]bool{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("EPSS file: %w", err) // a cut or broken file: what follows is unknown
		}
		e, err := score(row, percentiles)
		if err == nil && seen[e.CVE] {
			err = fmt.Errorf("%s is listed twice", e.CVE)
		}
		if err != nil {
			line, _ := in.FieldPos(0)
			s.reject("line "+strconv.Itoa(s.comments+line), err)
			continue
		}
		if len(s.Entries) == maxRows {
			return fmt.Errorf("EPSS file: more than %d rows", maxRows)
		}
		e.Date, e.Model = s.Date, s.Model
		seen[e.CVE] = true
		s.Entries = append(s.Entries, e)
	}
}

// reject lists a row; beyond a bound only the last line says how many more.
func (s *Scores) reject(where string, err error) {
	if len(s.Rejected) < maxRejected {
		s.Rejected = append(s.Rejected, advisory.Rejection{Where: where, Reason: err.Error()})
		return
	}
	s.Rejected[maxRejected-1] = advisory.Rejection{Where: "up to " + where, Reason: "more rows like those before"}
}

func score(row []string, percentiles bool) (advisory.EPSS, error) {
	if len(row) < 2 || !cvePattern().MatchString(row[0]) {
		return advisory.EPSS{}, fmt.Errorf("%.40q is not a CVE id with a score", strings.Join(row, ","))
	}
	e := advisory.EPSS{CVE: strings.Clone(row[0])}
	var err error
	if e.Score, err = probability(row[1]); err != nil {
		return e, fmt.Errorf("%s: score %w", e.CVE, err)
	}
	if !percentiles || len(row) < 3 || row[2] == "" {
		return e, nil
	}
	if e.Percentile, err = probability(row[2]); err != nil {
		return e, fmt.Errorf("%s: percentile %w", e.CVE, err)
	}
	return e, nil
}

func probability(s string) (float64, error) {
	p, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(p) || p < 0 || p > 1 {
		return 0, fmt.Errorf("%.40q is not a number from 0 to 1", s)
	}
	return p, nil
}
