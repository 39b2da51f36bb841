package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Records reads deployment records: a JSON array, or one record after another
// (NDJSON). Notes name unknown fields. All wrong fields are said at once.
func Records(name string, r io.Reader) (records []twin.DeploymentRecord, notes []twin.Rejection, err error) {
	body, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, nil, fault.Wrap(fault.Invalid, err, "%s: cannot be read", name)
	}
	if len(body) > maxFile {
		return nil, nil, fault.New(fault.Invalid, "%s: larger than %d MiB", name, maxFile>>20)
	}
	found, err := parseJSON(name, bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, nil, fault.Wrap(fault.Invalid, err, "%s", name)
	}
	if !found.isRecords {
		return nil, nil, fault.New(fault.Invalid, "%s: no deployment records in it", name)
	}
	return found.records, found.notes, nil
}

// problems collects what is wrong with the records of one file.
type problems struct {
	said  []string
	total int
}

// maxSaid is how many problems a message names.
const maxSaid = 10

func (p *problems) add(format string, args ...any) {
	if p.total++; p.total <= maxSaid {
		p.said = append(p.said, fmt.Sprintf(format, args...))
	}
}

func (p *problems) err() error {
	if p.total == 0 {
		return nil
	}
	text := strings.Join(p.said, "; ")
	if p.total > maxSaid {
		text += fmt.Sprintf("; and %d more", p.total-maxSaid)
	}
	return fault.New(fault.Invalid, "%s", text)
}

// record reads one record of a file.
func (e *elements) record(place string, raw map[string]json.RawMessage) {
	r := recordReader{place: place, raw: raw, problems: &e.problems}
	where := e.name + ":" + place
	e.content.records = append(e.content.records, r.read(where))
	for _, field := range slices.Sorted(maps.Keys(raw)) {
		if !isRecordField(field) {
			r.unknown = append(r.unknown, field)
		}
	}
	for _, field := range r.unknown[:min(len(r.unknown), maxNotes-len(e.content.notes))] {
		e.content.notes = append(e.content.notes, twin.Rejection{Where: where, Reason: fmt.Sprintf("unknown field %.100q", field)})
	}
}

func isRecordField(name string) bool {
	switch name {
	case "service", "environment", "artifact", "replicas", "observed_at", "source", "doors", "doors_complete":
		return true
	}
	return false
}

// maxNotes bounds the notes of one file: a field that is unknown once is
// mostly so in every record.
const maxNotes = 1000

type recordReader struct {
	place    string
	raw      map[string]json.RawMessage
	problems *problems
	unknown  []string // fields that nobody reads
}

func (r *recordReader) read(where string) twin.DeploymentRecord {
	record := twin.DeploymentRecord{
		Where:       where,
		Service:     r.name("service"),
		Environment: r.name("environment"),
		Source:      r.name("source"),
		Artifact:    r.artifact(),
		Replicas:    r.replicas(),
		ObservedAt:  r.time("observed_at"),
		Doors:       r.doors(),
	}
	r.get("doors_complete", &record.DoorsComplete, "true or false")
	if record.Service == "" {
		r.bad("service", "is missing")
	}
	return record
}

func (r *recordReader) bad(field, format string, args ...any) {
	r.problems.add("%s: %s %s", r.place, field, fmt.Sprintf(format, args...))
}

// get decodes a field; one that is null counts as missing.
func (r *recordReader) get(field string, into any, want string) (given bool) {
	raw := r.raw[field]
	if raw == nil || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, into); err != nil {
		r.bad(field, "is not %s", want)
		return false
	}
	return true
}

func (r *recordReader) name(field string) string {
	var s string
	if !r.get(field, &s, "a string") {
		return ""
	}
	if err := checkName(s); err != nil {
		r.bad(field, "%v", err)
	}
	return s
}

func (r *recordReader) artifact() twin.ArtifactRef {
	var s string
	if !r.get("artifact", &s, "a string") {
		if raw := r.raw["artifact"]; raw == nil || string(raw) == "null" {
			r.bad("artifact", "is missing")
		}
		return twin.ArtifactRef{}
	}
	ref, err := parseArtifact(s)
	if err != nil {
		r.bad("artifact", "%s", strings.TrimPrefix(err.Error(), "artifact "))
	}
	return ref
}

// replicas are 1 where the record does not say: it was seen running.
func (r *recordReader) replicas() int {
	var raw json.RawMessage
	if !r.get("replicas", &raw, "a number") {
		return 1
	}
	replicas, err := strconv.Atoi(string(raw))
	if err != nil || replicas < 0 || replicas > maxReplicas {
		r.bad("replicas", "%.50s is no whole number between 0 and %d", raw, maxReplicas)
		return 1
	}
	return replicas
}

func (r *recordReader) time(field string) time.Time {
	var s string
	if !r.get(field, &s, "a string") {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1971 || t.Year() > 9000 {
		r.bad(field, "%.50q is no time (like 2026-11-22T10:00:00Z)", s)
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// maxRecordDoors bounds the doors of one record.
const maxRecordDoors = 1000

func (r *recordReader) doors() []twin.Door {
	var raw []map[string]json.RawMessage
	if !r.get("doors", &raw, `a list of {"address", "public"}`) {
		return nil
	}
	if len(raw) > maxRecordDoors {
		r.bad("doors", "are more than %d", maxRecordDoors)
		return nil
	}
	doors := make([]twin.Door, 0, len(raw))
	for i, fields := range raw {
		d := recordReader{place: fmt.Sprintf("%s: doors[%d]", r.place, i), raw: fields, problems: r.problems}
		doors = append(doors, d.door())
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if field != "address" && field != "public" {
				r.unknown = append(r.unknown, fmt.Sprintf("doors[%d].%s", i, field))
			}
		}
	}
	return sortedDoors(doors)
}

// door reads one door: both of its fields must be there, for nobody can say
// what a missing one means.
func (r *recordReader) door() twin.Door {
	d := twin.Door{Address: r.name("address")}
	if d.Address == "" {
		r.bad("address", "is missing")
	}
	if !r.get("public", &d.Public, "true or false") {
		r.bad("public", "is needed")
	}
	return d
}
