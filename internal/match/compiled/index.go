package compiled

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxSegments bounds the chain of one file; see Index.Crowded.
const maxSegments = 1000

// Index answers from a compiled file.
type Index struct {
	segments   []*segment // the newest first
	ecosystems map[string]bool
	releases   map[string][]string
}

// Open takes the bytes of a file, usually mapped ones, which have to stay as
// they are. A file that is not whole, of another format or made by other rules
// is refused; the error says why.
func Open(file []byte, rules string) (*Index, error) {
	ix := &Index{ecosystems: map[string]bool{}, releases: map[string][]string{}}
	for rest := file; len(rest) > 0; {
		s, before, err := lastSegment(rest)
		if err != nil {
			return nil, err
		}
		if s.about.Rules != rules {
			return nil, fault.New(fault.Invalid, "the advisory index was made by %q, and this program has %q", s.about.Rules, rules).
				WithHint("compile it again: tidemark intel compile")
		}
		ix.segments = append(ix.segments, s)
		for e, list := range s.about.Releases {
			ix.releases[e] = slices.Compact(slices.Sorted(slices.Values(append(ix.releases[e], list...))))
		}
		if len(ix.segments) > maxSegments {
			return nil, damaged("it has too many segments")
		}
		rest = before
	}
	if len(ix.segments) == 0 {
		return nil, damaged("it is empty")
	}
	if ix.segments[len(ix.segments)-1].ids != nil {
		return nil, damaged("its base is missing")
	}
	for _, f := range ix.Feeds() {
		if f.Kind == advisory.FeedOSV {
			base, _ := advisory.SplitEcosystem(f.Name)
			ix.ecosystems[base] = true
		}
	}
	return ix, nil
}

func otherFormat(v string) error {
	return fault.New(fault.Invalid, "the advisory index has format %q, and this program reads %d", v, format).
		WithHint("compile it again: tidemark intel compile")
}

// Records returns what the records in the index say about one package, by id:
// each has only its entries about that package.
func (ix *Index) Records(key advisory.PackageKey) ([]*advisory.Record, error) {
	var found []*advisory.Record
	for n, s := range ix.segments {
		replaced := func(id string) bool { return ix.replaced(n, id) }
		if err := s.claims(key, replaced, func(r *advisory.Record) { found = append(found, r) }); err != nil {
			return nil, err
		}
	}
	if len(ix.segments) > 1 {
		slices.SortFunc(found, func(a, b *advisory.Record) int { return cmp.Compare(a.ID, b.ID) })
	}
	return found, nil
}

// replaced reports whether a segment after the nth has the record.
func (ix *Index) replaced(n int, id string) bool {
	for _, newer := range ix.segments[:n] {
		if newer.ids[id] {
			return true
		}
	}
	return false
}

// Packages lists the packages that records speak of, also those whose records
// were replaced since.
func (ix *Index) Packages() (keys []advisory.PackageKey, err error) {
	for _, s := range ix.segments {
		var last advisory.PackageKey
		err = s.each(func(key advisory.PackageKey, _ claim) error {
			if key != last {
				keys, last = append(keys, key), key
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// Has reports whether there is a feed for the ecosystem.
func (ix *Index) Has(ecosystem string) bool { return ix.ecosystems[ecosystem] }

// Releases lists the releases of an ecosystem that its records speak of.
func (ix *Index) Releases(ecosystem string) []string { return ix.releases[ecosystem] }

// Feeds lists the feeds that the index was made of, each as it was last read.
func (ix *Index) Feeds() []advisory.Feed {
	var list []advisory.Feed
	for _, s := range ix.segments {
		for _, f := range s.about.Feeds {
			known := func(g advisory.Feed) bool { return g.Kind == f.Kind && g.Name == f.Name }
			if !slices.ContainsFunc(list, known) {
				list = append(list, f)
			}
		}
	}
	slices.SortFunc(list, func(a, b advisory.Feed) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return list
}

// Mark says what the file is up to: what its newest segment says.
func (ix *Index) Mark() Mark { return ix.segments[0].about.Mark }

// Verify reads the whole file and compares every checksum.
func (ix *Index) Verify() error {
	for n, s := range ix.segments {
		for i, p := range s.part {
			if checksum(p) != s.sums[i] {
				return damaged("segment " + strconv.Itoa(len(ix.segments)-n) + " has another checksum")
			}
		}
	}
	return nil
}
