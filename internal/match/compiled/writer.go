package compiled

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxBlock bounds a card or page: the largest real page, Ubuntu's kernel, has
// some megabytes.
const maxBlock = 1 << 28

// About says what an index was made of.
type About struct {
	Rules   string          `json:"rules"` // of matching, by which names were made normal
	Feeds   []advisory.Feed `json:"feeds"`
	Records int             `json:"records"` // of this segment
	// Releases are those of each ecosystem that records speak of: no record
	// about another release does not mean no weakness.
	Releases map[string][]string `json:"releases"`
	Words    []string            `json:"words"`
	Named    bool                `json:"named,omitempty"` // it says what is known under names
	Mark     Mark                `json:"mark"`
}

// Mark says of which store's advisories a file was made, and up to which of
// their changes: what comes after is a delta. One made of a folder has none.
type Mark struct {
	Origin string `json:"origin,omitempty"`
	Seq    int64  `json:"seq,omitempty"`
}

// Writer compiles records into one segment. Cards are written as records come;
// what they say of packages is kept until Close. Of records with one id the
// newest is kept.
type Writer struct {
	sink
	words words
	names names
	pages map[advisory.PackageKey]*page
	cards map[string]card
	filed int // packages

	copied []*Index // whose names are still to be written
	enc    encoder
	about  About

	// Mark, set before Close, says what the segment brings the file up to.
	Mark Mark
}

// sink is what is written, part after part.
type sink struct {
	to    io.Writer
	size  uint64 // written so far
	parts [parts]part
	sum   uint32 // of the part being written
}

// card is where a record's card is, and how new the record.
type card struct {
	at       uint64
	modified int64
	number   uint32 // of the record among those that were added
}

// page is what is known of one package: the encoded entries of each record.
type page struct{ claims []claim }

type claim struct {
	id      string
	card    uint64
	entries []byte
}

// NewWriter begins a base segment, or with delta one that is appended to others.
func NewWriter(to io.Writer, rules string) (*Writer, error) {
	w := &Writer{sink: sink{to: to}, names: newNames(Facts{}), pages: map[advisory.PackageKey]*page{}, cards: map[string]card{}}
	w.about = About{Rules: rules, Releases: map[string][]string{}}
	head := binary.LittleEndian.AppendUint16([]byte("TMIDX\x00"), format)
	if err := w.write(head); err != nil {
		return nil, err
	}
	w.begin(partCards)
	return w, nil
}

// With tells, before records are added, what is known beside them.
func (w *Writer) With(f Facts) {
	w.names = newNames(f)
	w.about.Named = f.Readable != nil && f.Signal != nil
}

func (w *sink) write(b []byte) error {
	n, err := w.to.Write(b)
	w.size += uint64(n)
	w.sum = updateSum(w.sum, b)
	if err != nil {
		return fmt.Errorf("write the advisory index: %w", err)
	}
	return nil
}

func (w *sink) begin(n int) {
	w.sum = 0
	w.parts[n].at = w.size
}

func (w *sink) end(n int) {
	w.parts[n].size = w.size - w.parts[n].at
	w.parts[n].sum = w.sum
}

// Add takes a record. One that is older than another of its id is dropped.
func (w *Writer) Add(r *advisory.Record) error {
	modified := r.Modified.UnixMicro()
	old, ok := w.cards[r.ID]
	if ok && old.modified >= modified {
		return nil
	}
	if ok {
		w.names.dead[old.number] = true
	}
	c := card{at: w.size - w.parts[partCards].at, modified: modified, number: w.names.add(r)}
	w.cards[r.ID] = c
	if !slices.ContainsFunc(r.Affected, func(a advisory.Affected) bool { return a.Name != "" }) {
		return nil // nobody asks for it by a name
	}
	w.enc.buf = w.enc.buf[:0]
	w.enc.card(r)
	if err := w.block(w.enc.buf); err != nil {
		return fault.Wrap(fault.Invalid, err, "record %s", r.ID)
	}
	w.file(r, c.at)
	return nil
}

func (w *sink) block(body []byte) error {
	if len(body) > maxBlock {
		return errors.New("it is too large for the index")
	}
	return w.write(appendBlock(nil, body))
}

// file notes what the record says about each of its packages.
func (w *Writer) file(r *advisory.Record, at uint64) {
	for i := range r.Affected {
		a := &r.Affected[i]
		key := advisory.PackageKey{Ecosystem: a.Ecosystem, Name: advisory.NormalName(a.Ecosystem, a.Name)}
		if key.Name != "" {
			w.entry(r.ID, at, key, a)
		}
	}
}

// entry notes one of a record's entries.
func (w *Writer) entry(id string, at uint64, key advisory.PackageKey, a *advisory.Affected) {
	w.release(a)
	p := w.pages[key]
	if p == nil {
		p = &page{}
		w.pages[key] = p
	}
	w.enc.buf = w.enc.buf[:0]
	w.enc.entry(a, key.Name, &w.words)
	p.add(id, at, w.enc.buf)
}

func (w *Writer) release(a *advisory.Affected) {
	known := w.about.Releases[a.Ecosystem]
	if i, ok := slices.BinarySearch(known, a.Release); !ok {
		w.about.Releases[a.Ecosystem] = slices.Insert(known, i, a.Release)
	}
}

func (p *page) add(id string, at uint64, entry []byte) {
	if n := len(p.claims); n > 0 && p.claims[n-1].card == at {
		p.claims[n-1].entries = append(p.claims[n-1].entries, entry...)
		return
	}
	p.claims = append(p.claims, claim{id: id, card: at, entries: slices.Clone(entry)})
}

// Close writes the rest. The feeds are what the segment was made of; a delta
// also lists its records, since they replace those before it.
func (w *Writer) Close(feeds []advisory.Feed, delta bool) error {
	w.end(partCards)
	slots, err := w.writePages()
	if err != nil {
		return err
	}
	named, err := w.writeNames()
	if err != nil {
		return err
	}
	w.about.Feeds, w.about.Records, w.about.Words, w.about.Mark = feeds, len(w.cards), w.words.list, w.Mark
	about, err := json.Marshal(w.about)
	if err != nil {
		return fmt.Errorf("describe the advisory index: %w", err)
	}
	var ids []byte
	if delta {
		ids = w.ids()
	}
	for i, body := range [][]byte{tableOf(slots), tableOf(named), ids, about} {
		if err := w.part(partTable+i, body); err != nil {
			return err
		}
	}
	return w.write(footOf(w.parts, w.size))
}

// Made tells, after Close, how many records and packages are in it, and its size.
func (w *Writer) Made() (records, packages int, size int64) {
	return len(w.cards), w.filed, int64(w.size)
}

func (w *sink) part(n int, body []byte) error {
	w.begin(n)
	err := w.write(body)
	w.end(n)
	return err
}

func (w *Writer) writePages() ([]slot, error) {
	w.begin(partPages)
	keys := make([]advisory.PackageKey, 0, len(w.pages))
	for k := range w.pages {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b advisory.PackageKey) int {
		return cmp.Or(cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name))
	})
	slots := make([]slot, 0, len(keys))
	for _, k := range keys {
		at := w.size - w.parts[partPages].at
		live := slices.DeleteFunc(w.pages[k].claims, func(c claim) bool { return w.cards[c.id].at != c.card })
		if len(live) == 0 {
			continue
		}
		slices.SortFunc(live, func(a, b claim) int { return cmp.Compare(a.id, b.id) })
		if err := w.page(k, live); err != nil {
			return nil, err
		}
		slots = append(slots, slot{hash: hashOf(k), at: at})
		w.filed++
		delete(w.pages, k)
	}
	w.end(partPages)
	return slots, nil
}

// page writes the claims of one package, each with its length, so that a reader
// may pass over what another segment has replaced.
func (w *Writer) page(k advisory.PackageKey, claims []claim) error {
	e := &w.enc
	e.buf = e.buf[:0]
	e.text(k.Ecosystem)
	e.text(k.Name)
	e.number(len(claims))
	for _, c := range claims {
		e.text(c.id)
		e.buf = binary.AppendUvarint(e.buf, c.card)
		e.number(len(c.entries))
		e.buf = append(e.buf, c.entries...)
	}
	if err := w.block(e.buf); err != nil {
		return fault.Wrap(fault.Invalid, err, "package %s %s", k.Ecosystem, k.Name)
	}
	return nil
}

func (w *Writer) ids() []byte {
	list := make([]string, 0, len(w.cards))
	for id := range w.cards {
		list = append(list, id)
	}
	slices.Sort(list)
	var e encoder
	e.texts(list)
	return e.buf
}
