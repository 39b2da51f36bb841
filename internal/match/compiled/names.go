package compiled

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
)

// Facts are what a compiler knows beside the records, so that a weakness can be
// judged by the file alone. Without them there are no names in it.
type Facts struct {
	// Readable reports whether a severity is a vector that can be judged by. It
	// is asked of the vectors that stand for a whole record.
	Readable func(advisory.Severity) bool
	// Names lists the names of which Signal knows something, when all records
	// were added.
	Names  func() []string
	Signal func(name string) advisory.Signal
}

// Known is what the file says under the name of a weakness.
type Known struct {
	// Vectors are those of all records that carry the name. They are there for
	// names of records that have none of their own that can be judged by.
	Vectors []advisory.Severity
	Signal  advisory.Signal
}

// names gathers, while records come, which vectors stand under which name. It
// keeps hashes, not texts: nearly all of it is not needed in the end.
type names struct {
	facts   Facts
	said    []saying
	bare    map[string]bool // names of records without a vector to judge by
	vectors []advisory.Severity
	number  map[advisory.Severity]uint32
	dead    map[uint32]bool // records that a newer one has replaced
	records uint32
}

// saying is one vector under one name.
type saying struct {
	name           uint64
	record, vector uint32
}

func newNames(f Facts) names {
	return names{facts: f, bare: map[string]bool{}, number: map[advisory.Severity]uint32{}, dead: map[uint32]bool{}}
}

// add notes a record's vectors under its names, and returns its number.
func (n *names) add(r *advisory.Record) uint32 {
	n.records++
	if n.facts.Readable == nil {
		return n.records
	}
	if len(r.Upstream) > 1 || !slices.ContainsFunc(r.Severity, n.facts.Readable) {
		for _, list := range [][]string{{r.ID}, r.Aliases, r.Upstream} {
			for _, name := range list {
				n.bare[name] = true
			}
		}
	}
	if len(r.Upstream) > 1 {
		return n.records // its vector is that of none of them
	}
	for _, list := range severitiesOf(r) {
		for _, s := range list {
			v := n.vector(s)
			for _, name := range r.Names() {
				n.said = append(n.said, saying{hashOf(nameKey(name)), n.records, v})
			}
		}
	}
	return n.records
}

func severitiesOf(r *advisory.Record) [][]advisory.Severity {
	all := [][]advisory.Severity{r.Severity}
	for i := range r.Affected {
		all = append(all, r.Affected[i].Severity)
	}
	return all
}

func (n *names) vector(s advisory.Severity) uint32 {
	v, ok := n.number[s]
	if !ok {
		v = uint32(len(n.vectors))
		n.vectors = append(n.vectors, s)
		n.number[s] = v
	}
	return v
}

// nameKey is how a name is found in a table of packages.
func nameKey(name string) advisory.PackageKey { return advisory.PackageKey{Name: name} }

// each calls yield with every name of which something is known, in order.
func (n *names) each(yield func(name string, k Known) error) error {
	n.said = slices.DeleteFunc(n.said, func(s saying) bool { return n.dead[s.record] })
	slices.SortFunc(n.said, func(a, b saying) int {
		if a.name != b.name {
			return compareHash(a.name, b.name)
		}
		return int(a.vector) - int(b.vector)
	})
	list := make([]string, 0, len(n.bare))
	for name := range n.bare {
		list = append(list, name)
	}
	if n.facts.Names != nil {
		list = append(list, n.facts.Names()...)
	}
	slices.Sort(list)
	for _, name := range slices.Compact(list) {
		k := Known{Signal: advisory.Signal{Name: name}}
		if n.bare[name] {
			k.Vectors = n.under(name)
		}
		if n.facts.Signal != nil {
			k.Signal = n.facts.Signal(name)
		}
		if err := yield(name, k); err != nil {
			return err
		}
	}
	return nil
}

func compareHash(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// under lists the vectors under a name.
func (n *names) under(name string) (out []advisory.Severity) {
	hash := hashOf(nameKey(name))
	i, _ := slices.BinarySearchFunc(n.said, hash, func(s saying, h uint64) int {
		if s.name == h {
			return 1 // the first of several
		}
		return compareHash(s.name, h)
	})
	for last := int64(-1); i < len(n.said) && n.said[i].name == hash; i++ {
		if v := n.said[i].vector; int64(v) != last {
			out, last = append(out, n.vectors[v]), int64(v)
		}
	}
	return out
}

// writeNames writes a page for each name of which something is known.
func (w *Writer) writeNames() ([]slot, error) {
	w.begin(partNames)
	var slots []slot
	empty, err := json.Marshal(advisory.Signal{}) // how a signal without anything is written
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "write a signal")
	}
	write := func(name string, k Known) error {
		body, err := w.knownOf(name, k, empty)
		if err != nil || body == nil {
			return err
		}
		slots = append(slots, slot{hash: hashOf(nameKey(name)), at: w.size - w.parts[partNames].at})
		return w.block(body)
	}
	have := map[string]bool{}
	err = w.names.each(func(name string, k Known) error {
		if len(w.copied) > 0 {
			have[name] = true
		}
		return write(name, k)
	})
	if err == nil {
		err = w.eachName(have, write)
	}
	w.end(partNames)
	return slots, err
}

// knownOf encodes what is known under a name; nil when that is nothing. Of a
// signal the score is written by itself, since nearly all names have no more.
func (w *Writer) knownOf(name string, k Known, empty []byte) ([]byte, error) {
	score := k.Signal.EPSS
	k.Signal.EPSS, k.Signal.Name = nil, ""
	rest, err := json.Marshal(k.Signal)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the signal of %s", name)
	}
	if bytes.Equal(rest, empty) {
		rest = nil
	}
	if rest == nil && score == nil && len(k.Vectors) == 0 {
		return nil, nil
	}
	e := &w.enc
	e.buf = e.buf[:0]
	e.text("")
	e.text(name)
	e.severities(k.Vectors)
	e.text(string(rest))
	if score != nil {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(score.Score))
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(score.Percentile))
		e.moment(score.Date)
		e.number(w.words.number(score.Model))
	}
	return e.buf, nil
}

// known decodes a page of a name.
func (s *segment) known(name string, d decoder) (k Known, err error) {
	k.Vectors = d.severities()
	if rest := d.text(); rest != "" && d.err == nil {
		if err := json.Unmarshal([]byte(rest), &k.Signal); err != nil {
			return Known{}, damaged("a signal: " + err.Error())
		}
	}
	k.Signal.Name = name
	if d.err == nil && d.rest != "" {
		k.Signal.EPSS = &advisory.EPSS{CVE: name, Score: d.float(), Percentile: d.float(), Date: d.moment(), Model: d.word(s.about.Words)}
	}
	return k, d.err
}

func (d *decoder) float() float64 {
	const size = 8
	if len(d.rest) < size {
		d.fail()
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64([]byte(d.rest[:size])))
	d.rest = d.rest[size:]
	return f
}

// Named reports whether the file says what is known under names: one that was
// compiled without facts has no word on that.
func (ix *Index) Named() bool { return ix.segments[len(ix.segments)-1].about.Named }

// Known returns what the file says under a name, as its newest segment has it.
func (ix *Index) Known(name string) (Known, error) {
	for _, s := range ix.segments {
		d, err := s.names.find(nameKey(name))
		if err != nil {
			return Known{}, err
		}
		if d.rest != "" {
			return s.known(name, d)
		}
	}
	return Known{Signal: advisory.Signal{Name: name}}, nil
}
