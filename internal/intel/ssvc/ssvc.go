// Package ssvc reads the decision points that CISA states for weaknesses
// (Vulnrichment): from CVE records in JSON 5 with CISA's container, one document
// or a line each, and from tables of them in CSV or TSV.
//
// Invariants. A point that is not stated is "", never an answer; a CVE without
// any point is no entry. A bad record or row is refused with its place and does
// not stop the rest. Of several statements about a CVE the newest counts.
package ssvc

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// MaxBytes is the most that is read of a file, unpacked.
const MaxBytes = 512 << 20

const (
	maxEntries = 2_000_000
	maxRecord  = 16 << 20 // of one CVE record
)

// Points is what a file held.
type Points struct {
	Date     time.Time       // the newest statement
	Entries  []advisory.SSVC // each CVE once, by CVE
	Rejected []advisory.Rejection
}

// Merge joins what several files held.
func Merge(list ...Points) Points {
	d := draft{of: map[string]advisory.SSVC{}}
	for _, p := range list {
		for _, e := range p.Entries {
			d.keep(e)
		}
	}
	return d.done()
}

type draft struct {
	Points
	of map[string]advisory.SSVC
}

func (d *draft) keep(e advisory.SSVC) {
	if have, ok := d.of[e.CVE]; !ok || e.Date.After(have.Date) {
		d.of[e.CVE] = e
	}
	if e.Date.After(d.Date) {
		d.Date = e.Date
	}
}

func (d *draft) reject(where string, err error) {
	d.Rejected = advisory.AddRejection(d.Rejected, where, err)
}

func (d *draft) done() Points {
	for _, cve := range slices.Sorted(maps.Keys(d.of)) {
		d.Entries = append(d.Entries, d.of[cve])
	}
	return d.Points
}

var errAnswer = errors.New("is not an answer")

// answer is a word of a point; some are written with a capital.
func answer(s string, words ...string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" || slices.Contains(words, s) {
		return s, nil
	}
	return "", fmt.Errorf("%.40q %w: %s", s, errAnswer, strings.Join(words, ", "))
}

// stated are the points of a CVE as they are written.
type stated struct{ cve, exploitation, automatable, impact, at string }

// points reads what is stated; ok is false where there is nothing.
func (s stated) points() (e advisory.SSVC, ok bool, err error) {
	if e.CVE = strings.Clone(strings.TrimSpace(s.cve)); !advisory.IsCVE(e.CVE) {
		return e, false, fmt.Errorf("%.40q is not a CVE id", s.cve)
	}
	var faults [4]error
	e.Exploitation, faults[0] = answer(s.exploitation, advisory.ExploitNone, advisory.ExploitPoC, advisory.ExploitActive)
	e.Automatable, faults[1] = answer(s.automatable, advisory.AnswerYes, advisory.AnswerNo)
	e.Impact, faults[2] = answer(s.impact, advisory.ImpactPartial, advisory.ImpactTotal)
	if s.at != "" {
		e.Date, faults[3] = time.Parse(time.RFC3339Nano, s.at)
		e.Date = e.Date.UTC().Truncate(time.Microsecond)
	}
	if err := errors.Join(faults[:]...); err != nil {
		return e, false, fmt.Errorf("%s: %w", e.CVE, err)
	}
	return e, e.Exploitation != "" || e.Automatable != "" || e.Impact != "", nil
}

func (d *draft) add(s stated, where string) error {
	e, ok, err := s.points()
	if err != nil {
		d.reject(where, err)
		return nil
	}
	if !ok {
		return nil
	}
	if len(d.of) >= maxEntries {
		return fmt.Errorf("more than %d entries", maxEntries)
	}
	d.keep(e)
	return nil
}

// IsHeader reports whether a line names the columns of a table of points.
func IsHeader(line string) bool {
	c := columns(split(line))
	return c.cve >= 0 && c.exploitation >= 0 && c.automatable >= 0 && c.impact >= 0
}

func split(line string) []string {
	line = strings.TrimRight(strings.TrimPrefix(line, "\ufeff"), "\r\n")
	if strings.Contains(line, "\t") {
		return strings.Split(line, "\t")
	}
	return strings.Split(line, ",")
}

// places are the columns of a table; -1: it has none.
type places struct{ cve, exploitation, automatable, impact, at int }

func columns(header []string) places {
	at := func(names ...string) int {
		return slices.IndexFunc(header, func(h string) bool {
			return slices.Contains(names, strings.ToLower(strings.Trim(strings.TrimPrefix(h, "\ufeff"), ` "`)))
		})
	}
	return places{
		cve: at("cve", "cve_id", "cveid"), exploitation: at("ssvc_exploitation", "exploitation"),
		automatable: at("ssvc_automatable", "automatable"), impact: at("ssvc_technical_impact", "technical_impact", "technical impact"),
		at: at("ssvc_timestamp", "timestamp", "date"),
	}
}

// ParseTable reads a table in CSV or TSV.
func ParseTable(r io.Reader) (Points, error) {
	bounded := &io.LimitedReader{R: r, N: MaxBytes + 1}
	br := bufio.NewReaderSize(bounded, 1<<16)
	in := csv.NewReader(br)
	head, err := br.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return Points{}, fmt.Errorf("reading the SSVC table: %w", err)
	}
	if first, _, _ := bytes.Cut(head, []byte("\n")); bytes.Contains(first, []byte("\t")) {
		in.Comma = '\t'
	}
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	header, err := in.Read()
	if err != nil {
		return Points{}, fmt.Errorf("SSVC table: no header line: %w", err)
	}
	cols := columns(header)
	if cols.cve < 0 || cols.exploitation < 0 || cols.automatable < 0 || cols.impact < 0 {
		return Points{}, errors.New("SSVC table: the first line does not name a CVE and the three points")
	}
	d := draft{of: map[string]advisory.SSVC{}}
	for {
		row, err := in.Read()
		if bounded.N == 0 {
			return Points{}, fmt.Errorf("SSVC table: larger than %d bytes", MaxBytes)
		}
		if errors.Is(err, io.EOF) {
			return d.done(), nil
		}
		if err != nil {
			return Points{}, fmt.Errorf("SSVC table: %w", err) // what follows a broken row is unknown
		}
		line, _ := in.FieldPos(0)
		if err := d.add(cols.of(row), "line "+strconv.Itoa(line)); err != nil {
			return Points{}, fmt.Errorf("SSVC table: %w", err)
		}
	}
}

func (p places) of(row []string) stated {
	at := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return row[i]
	}
	return stated{at(p.cve), at(p.exploitation), at(p.automatable), at(p.impact), at(p.at)}
}

// wireRecord is what is read of a CVE record.
type wireRecord struct {
	Meta struct {
		ID string `json:"cveId"`
	} `json:"cveMetadata"`
	Containers struct {
		ADP []wireContainer `json:"adp"`
	} `json:"containers"`
}

type wireContainer struct {
	Provider struct {
		Name string `json:"shortName"`
	} `json:"providerMetadata"`
	Metrics []wireMetric `json:"metrics"`
}

type wireMetric struct {
	Other struct {
		Type    string          `json:"type"`
		Content json.RawMessage `json:"content"`
	} `json:"other"`
}

type wirePoints struct {
	Options   []map[string]string `json:"options"`
	Timestamp string              `json:"timestamp"`
}

// publisher is whose statements count: other containers are other people's.
const publisher = "CISA-ADP"

// ParseRecords reads CVE records: one document, or one after the other.
func ParseRecords(r io.Reader) (Points, error) {
	bounded := &io.LimitedReader{R: r, N: MaxBytes + 1}
	in := json.NewDecoder(bounded)
	d := draft{of: map[string]advisory.SSVC{}}
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := in.Decode(&raw)
		if bounded.N == 0 {
			return Points{}, fmt.Errorf("CVE records: larger than %d bytes", MaxBytes)
		}
		if errors.Is(err, io.EOF) {
			return d.done(), nil
		}
		if err != nil {
			return Points{}, fmt.Errorf("CVE records: after %d: %w", n-1, err)
		}
		if err := d.record(raw, "record "+strconv.Itoa(n)); err != nil {
			return Points{}, fmt.Errorf("CVE records: %w", err)
		}
	}
}

func (d *draft) record(raw []byte, where string) error {
	if len(raw) > maxRecord {
		d.reject(where, fmt.Errorf("larger than %d bytes", maxRecord))
		return nil
	}
	var w wireRecord
	if err := hostile.Unmarshal(raw, hostile.Limits{}, &w); err != nil {
		d.reject(where, err)
		return nil
	}
	for _, c := range w.Containers.ADP {
		if c.Provider.Name != publisher {
			continue
		}
		for _, m := range c.Metrics {
			if m.Other.Type != "ssvc" {
				continue
			}
			if err := d.metric(w.Meta.ID, m.Other.Content, where); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *draft) metric(cve string, content []byte, where string) error {
	var p wirePoints
	if err := json.Unmarshal(content, &p); err != nil {
		d.reject(where, fmt.Errorf("its SSVC points: %w", err))
		return nil
	}
	s := stated{cve: cve, at: p.Timestamp}
	for _, o := range p.Options {
		for name, value := range o {
			switch strings.ToLower(name) {
			case "exploitation":
				s.exploitation = value
			case "automatable":
				s.automatable = value
			case "technical impact":
				s.impact = value
			}
		}
	}
	return d.add(s, where)
}
