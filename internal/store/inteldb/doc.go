package inteldb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// docVersion opens every stored record, so that the form can change.
const docVersion = 1

// A stored record is a table of its distinct strings, then its fields, which
// name strings by their place in the table. A distribution's record repeats
// the same package and version for each of its releases: in this form they are
// stored and read once, and reading records is what assess waits for (their
// JSON, 67 MB of it, took 2 s to decode). The revision is not part of it.
type docWriter struct {
	index   map[string]uint64
	strings []string
	fields  []byte
}

// encodeRecord returns the stored form of a record; equal records have equal forms.
func encodeRecord(r *advisory.Record) []byte {
	w := docWriter{index: map[string]uint64{}}
	w.text(r.ID)
	w.time(r.Modified)
	w.time(r.Published)
	w.time(r.Withdrawn)
	w.texts(r.Aliases)
	w.texts(r.Upstream)
	w.texts(r.Related)
	w.text(r.Summary)
	w.severities(r.Severity)
	w.number(len(r.Affected))
	for i := range r.Affected {
		w.affected(&r.Affected[i])
	}
	return w.bytes()
}

func (w *docWriter) bytes() []byte {
	size := len(w.fields) + 16
	for _, s := range w.strings {
		size += len(s) + 3
	}
	b := append(make([]byte, 0, size), docVersion)
	b = binary.AppendUvarint(b, uint64(len(w.strings)))
	for _, s := range w.strings {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return append(b, w.fields...)
}

func (w *docWriter) number(n int) { w.fields = binary.AppendUvarint(w.fields, uint64(n)) }

func (w *docWriter) time(t time.Time) { w.fields = binary.AppendVarint(w.fields, sqldb.Micros(t)) }

func (w *docWriter) text(s string) {
	i, ok := w.index[s]
	if !ok {
		i = uint64(len(w.strings))
		w.index[s] = i
		w.strings = append(w.strings, s)
	}
	w.fields = binary.AppendUvarint(w.fields, i)
}

func (w *docWriter) texts(list []string) {
	w.number(len(list))
	for _, s := range list {
		w.text(s)
	}
}

func (w *docWriter) severities(list []advisory.Severity) {
	w.number(len(list))
	for _, s := range list {
		w.text(s.Type)
		w.text(s.Score)
	}
}

func (w *docWriter) affected(a *advisory.Affected) {
	w.text(a.Ecosystem)
	w.text(a.Release)
	w.text(a.Name)
	w.texts(a.Versions)
	w.severities(a.Severity)
	w.number(len(a.Ranges))
	for _, r := range a.Ranges {
		w.text(r.Type)
		w.text(r.Repo)
		w.number(len(r.Events))
		for _, e := range r.Events {
			w.text(e.Introduced)
			w.text(e.Fixed)
			w.text(e.LastAffected)
			w.text(e.Limit)
		}
	}
}

var errDoc = errors.New("the stored record is damaged")

// docReader reads a stored record. After the first fault every read gives
// zero; err says that there was one.
type docReader struct {
	b       []byte
	strings []string
	err     error
}

// decodeRecord is the inverse of encodeRecord.
func decodeRecord(b []byte) (advisory.Record, error) {
	if len(b) == 0 || b[0] != docVersion {
		return advisory.Record{}, fmt.Errorf("%w: unknown form", errDoc)
	}
	d := docReader{b: b[1:]}
	d.table()
	r := advisory.Record{
		ID:        d.text(),
		Modified:  d.time(),
		Published: d.time(),
		Withdrawn: d.time(),
		Aliases:   d.texts(),
		Upstream:  d.texts(),
		Related:   d.texts(),
		Summary:   d.text(),
		Severity:  d.severities(),
	}
	r.Affected = listOf(&d, d.affected)
	if d.err == nil && len(d.b) > 0 {
		d.err = fmt.Errorf("%w: %d bytes follow it", errDoc, len(d.b))
	}
	return r, d.err
}

// table reads the strings; they share one allocation.
func (d *docReader) table() {
	n := d.count()
	if n == 0 {
		return
	}
	all := string(d.b)
	d.strings = make([]string, 0, n)
	for range n {
		size := d.count()
		if d.err != nil {
			return
		}
		at := len(all) - len(d.b)
		d.strings = append(d.strings, all[at:at+size])
		d.b = d.b[size:]
	}
}

// count reads a number of things of which each takes at least one byte.
func (d *docReader) count() int {
	v, n := binary.Uvarint(d.b)
	if d.err != nil || n <= 0 || v > uint64(len(d.b)-n) {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return int(v)
}

func (d *docReader) fail() {
	if d.err == nil {
		d.err = errDoc
	}
}

func (d *docReader) text() string {
	v, n := binary.Uvarint(d.b)
	if d.err != nil || n <= 0 || v >= uint64(len(d.strings)) {
		d.fail()
		return ""
	}
	d.b = d.b[n:]
	return d.strings[v]
}

func (d *docReader) time() time.Time {
	v, n := binary.Varint(d.b)
	if d.err != nil || n <= 0 {
		d.fail()
		return time.Time{}
	}
	d.b = d.b[n:]
	return sqldb.FromMicros(v)
}

// listOf reads a count and as many elements; no elements are a nil list.
func listOf[T any](d *docReader, element func() T) []T {
	n := d.count()
	if n == 0 {
		return nil
	}
	list := make([]T, 0, n)
	for range n {
		list = append(list, element())
		if d.err != nil {
			return nil
		}
	}
	return list
}

func (d *docReader) texts() []string { return listOf(d, d.text) }

func (d *docReader) severities() []advisory.Severity {
	return listOf(d, func() advisory.Severity { return advisory.Severity{Type: d.text(), Score: d.text()} })
}

func (d *docReader) affected() advisory.Affected {
	return advisory.Affected{
		Ecosystem: d.text(),
		Release:   d.text(),
		Name:      d.text(),
		Versions:  d.texts(),
		Severity:  d.severities(),
		Ranges:    listOf(d, d.versionRange),
	}
}

func (d *docReader) versionRange() advisory.Range {
	return advisory.Range{Type: d.text(), Repo: d.text(), Events: listOf(d, d.event)}
}

func (d *docReader) event() advisory.Event {
	return advisory.Event{Introduced: d.text(), Fixed: d.text(), LastAffected: d.text(), Limit: d.text()}
}
