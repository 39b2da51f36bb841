package compiled

import (
	"github.com/tidemark/tidemark/internal/advisory"
)

// Crowded reports whether the deltas have grown so far that they should be
// merged: a question looks into each, and what they replaced still takes room.
func (ix *Index) Crowded() bool {
	const most = 16
	if len(ix.segments) > most {
		return true
	}
	base, replaced := ix.segments[len(ix.segments)-1], 0
	for _, s := range ix.segments[:len(ix.segments)-1] {
		replaced += s.about.Records
	}
	return replaced > base.about.Records/10+most
}

// Segments is the number of segments: the base and its deltas.
func (ix *Index) Segments() int { return len(ix.segments) }

// Copy adds what is in force of an index to a writer: merging is a copy into a
// new file. Cards are copied as they are, entries are written anew since each
// segment has words of its own. So is what is known under names, by Close: until
// then the index has to stay open.
func (w *Writer) Copy(ix *Index) error {
	w.copied = append(w.copied, ix)
	w.about.Named = w.about.Named || ix.Named()
	for n, s := range ix.segments {
		moved := map[uint64]uint64{}
		err := s.each(func(key advisory.PackageKey, c claim) error {
			if ix.replaced(n, c.id) {
				return nil
			}
			return w.copy(s, moved, key, c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) copy(s *segment, moved map[uint64]uint64, key advisory.PackageKey, c claim) error {
	at, ok := moved[c.card]
	if !ok {
		body, err := blockAt(s.part[partCards], c.card)
		if err != nil {
			return err
		}
		at = w.size - w.parts[partCards].at
		if err := w.block([]byte(body)); err != nil {
			return err
		}
		moved[c.card] = at
		w.cards[c.id] = card{at: at}
	}
	for d := (decoder{rest: string(c.entries)}); d.rest != ""; {
		a := d.entry(key, key.Name, s.about.Words)
		if d.err != nil {
			return d.err
		}
		w.entry(c.id, at, key, &a)
	}
	return nil
}

// each calls yield with every claim of a segment.
func (s *segment) each(yield func(advisory.PackageKey, claim) error) error {
	return eachPage(s.part[partPages], func(d *decoder) error {
		key := advisory.PackageKey{Ecosystem: d.text(), Name: d.text()}
		for range d.count(3) {
			c := claim{id: d.text(), card: d.unsigned(), entries: []byte(d.text())}
			if d.err != nil {
				return d.err
			}
			if err := yield(key, c); err != nil {
				return err
			}
		}
		return d.err
	})
}

// eachPage hands out the pages of a part, one after the other.
func eachPage(pages []byte, visit func(*decoder) error) error {
	for at := uint64(0); at < uint64(len(pages)); {
		body, err := blockAt(pages, at)
		if err != nil {
			return err
		}
		at += blockHead + uint64(len(body))
		if err := visit(&decoder{rest: body}); err != nil {
			return err
		}
	}
	return nil
}

// eachName calls yield with what each index that was copied knows under names
// that are not there yet, the newest first. Which are there is kept in have.
func (w *Writer) eachName(have map[string]bool, yield func(name string, k Known) error) error {
	for _, ix := range w.copied {
		for _, s := range ix.segments {
			err := s.eachName(func(name string, d decoder) error {
				if have[name] {
					return nil
				}
				k, err := s.known(name, d)
				if err != nil {
					return err
				}
				have[name] = true
				return yield(name, k)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// eachName calls yield with every name that a segment knows something of.
func (s *segment) eachName(yield func(name string, d decoder) error) error {
	return eachPage(s.part[partNames], func(d *decoder) error {
		_ = d.text() // the ecosystem, which a name has not
		name := d.text()
		if d.err != nil {
			return d.err
		}
		return yield(name, *d)
	})
}
