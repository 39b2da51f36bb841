package attack

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// IsMapping reports whether a text begins like a document of Mappings Explorer.
func IsMapping(head string) bool {
	return strings.Contains(head, `"mapping_framework"`) && strings.Contains(head, `"attack_version"`)
}

// wireMapping is a document of Mappings Explorer.
type wireMapping struct {
	Metadata struct {
		Domain    string `json:"technology_domain"`
		Attack    string `json:"attack_version"`
		Framework string `json:"mapping_framework"`
		Version   string `json:"mapping_framework_version"`
		Updated   string `json:"last_update"`
	} `json:"metadata"`
	Objects []json.RawMessage `json:"mapping_objects"`
}

type wireObject struct {
	CVE       string  `json:"capability_id"`
	Type      *string `json:"mapping_type"`
	Technique *string `json:"attack_object_id"`
	Title     *string `json:"attack_object_name"`
	Status    string  `json:"status"`
}

// ParseMapping reads a document of Mappings Explorer that maps CVEs.
func ParseMapping(r io.Reader) (Uses, error) {
	b, err := whole(r)
	if err != nil {
		return Uses{}, fmt.Errorf("mappings to ATT&CK: %w", err)
	}
	var w wireMapping
	if err := hostile.Unmarshal(b, hostile.Limits{}, &w); err != nil {
		return Uses{}, fmt.Errorf("mappings to ATT&CK: %w", err)
	}
	m := w.Metadata
	if m.Framework != "kev" && m.Framework != "cve" {
		return Uses{}, fmt.Errorf("mappings to ATT&CK: they map %.40q, not CVEs", m.Framework)
	}
	if w.Objects == nil {
		return Uses{}, errors.New("mappings to ATT&CK: the document has no mapping_objects")
	}
	at, err := dated(m.Updated)
	if err != nil {
		return Uses{}, fmt.Errorf("mappings to ATT&CK: last_update %.40q: %w", m.Updated, err)
	}
	d := newDraft(advisory.FeedAttack, short("CTID, "+m.Framework+" of "+day(m.Version)+", ATT&CK "+m.Attack+" "+m.Domain), at)
	for i, raw := range w.Objects {
		err := d.object(raw)
		if errors.Is(err, errMany) {
			return Uses{}, fmt.Errorf("mappings to ATT&CK: %w", err)
		}
		if err != nil {
			d.reject("mapping "+strconv.Itoa(i+1), err)
		}
	}
	return d.done(), nil
}

// day writes a date as everybody can read it; what is none stays as it is.
func day(s string) string {
	if t, err := dated(s); err == nil && !t.IsZero() {
		return t.Format(time.DateOnly)
	}
	return s
}

// object takes a mapping; one that says that nothing fits says nothing.
func (d *draft) object(raw []byte) error {
	var o wireObject
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	if o.Technique == nil && (o.Status == "non_mappable" || o.Type == nil) {
		return nil
	}
	role, err := roleOf(text(o.Type))
	if err != nil {
		return fmt.Errorf("%.40s: %w", o.CVE, err)
	}
	return d.add(advisory.Use{CVE: o.CVE, Role: role, Technique: text(o.Technique), Title: text(o.Title)})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func roleOf(s string) (advisory.Role, error) {
	switch strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), " ", "_") {
	case "exploitation_technique":
		return advisory.RoleExploitation, nil
	case "primary_impact":
		return advisory.RoleImpact, nil
	case "secondary_impact":
		return advisory.RoleLater, nil
	case "uncategorized":
		return advisory.RoleOpen, nil
	}
	return "", fmt.Errorf("%.40q is not a type of mapping", s)
}

// IsTable reports whether a line names the columns of Att&ckToCveMappings.
func IsTable(line string) bool {
	cols := strings.Split(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))), ",")
	return len(cols) > 1 && cols[0] == "cve id" && slices.Contains(cols, "exploitation technique")
}

// ParseTable reads Att&ckToCveMappings.csv, which has no date and no titles.
func ParseTable(r io.Reader) (Uses, error) {
	bounded := &io.LimitedReader{R: r, N: MaxBytes + 1}
	in := csv.NewReader(bufio.NewReader(bounded))
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	header, err := in.Read()
	if err != nil || !IsTable(strings.Join(header, ",")) {
		return Uses{}, errors.Join(errors.New("table of mappings to ATT&CK: the first line does not name its columns"), err)
	}
	roles := make([]advisory.Role, len(header)) // "": no techniques in it
	for i, h := range header {
		roles[i], _ = roleOf(h) // the others are the CVE and the phase of the work
	}
	d := newDraft(advisory.FeedAttack, "CTID, table of 2021, ATT&CK 9", time.Time{})
	for {
		row, err := in.Read()
		if bounded.N == 0 {
			return Uses{}, fmt.Errorf("table of mappings to ATT&CK: larger than %d bytes", MaxBytes)
		}
		if errors.Is(err, io.EOF) {
			return d.done(), nil
		}
		if err == nil {
			err = d.row(row, roles)
		}
		if errors.Is(err, errMany) || errors.Is(err, csv.ErrQuote) || errors.Is(err, csv.ErrBareQuote) {
			return Uses{}, fmt.Errorf("table of mappings to ATT&CK: %w", err) // what follows a broken row is unknown
		}
		if err != nil {
			line, _ := in.FieldPos(0)
			d.reject("line "+strconv.Itoa(line), err)
		}
	}
}

// row takes the techniques of a CVE; one that cannot be read does not take the
// others with it.
func (d *draft) row(row []string, roles []advisory.Role) error {
	var faults error
	for i, cell := range row {
		if i >= len(roles) || roles[i] == "" {
			continue
		}
		for _, t := range strings.Split(cell, ";") {
			if t = strings.TrimSpace(t); t == "" {
				continue
			}
			faults = errors.Join(faults, d.add(advisory.Use{CVE: row[0], Role: roles[i], Technique: t}))
		}
	}
	return faults
}
