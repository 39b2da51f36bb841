package match

import "github.com/tidemark/tidemark/internal/advisory"

// Index finds the records that speak of a package.
type Index interface {
	// Records returns each record with an affected entry of that key once;
	// the caller does not change them. It fails when what it has cannot be read:
	// then the component is undecided.
	Records(key advisory.PackageKey) ([]*advisory.Record, error)
	// Has reports whether there is a feed for the ecosystem: without one, no
	// record does not mean no weakness.
	Has(ecosystem string) bool
	// Releases lists the releases of a distribution that its feed speaks of, as
	// records write them: of another one, no record does not mean no weakness.
	// None are listed when that is not known.
	Releases(ecosystem string) []string
}

// MapIndex is an Index in plain maps. It is safe for concurrent readers.
type MapIndex struct {
	records    map[advisory.PackageKey][]*advisory.Record
	ecosystems map[string]bool
	releases   map[string][]string
}

// NewMapIndex indexes records, which must not change afterwards. The
// ecosystems are those for which a feed was loaded: a record that also names
// packages of others does not make a feed of them.
func NewMapIndex(records []*advisory.Record, ecosystems []string) *MapIndex {
	ix := &MapIndex{
		records:    make(map[advisory.PackageKey][]*advisory.Record, len(records)),
		ecosystems: make(map[string]bool, len(ecosystems)),
	}
	for _, e := range ecosystems {
		ix.ecosystems[e] = true
	}
	for _, r := range records {
		ix.add(r)
	}
	return ix
}

// add files a record once under each of its names. Its entries come one after
// another, so the record to compare with is the last of each list.
func (ix *MapIndex) add(r *advisory.Record) {
	var last advisory.PackageKey
	for i := range r.Affected {
		a := &r.Affected[i]
		key := advisory.PackageKey{Ecosystem: a.Ecosystem, Name: advisory.NormalName(a.Ecosystem, a.Name)}
		if key == last || key.Name == "" {
			continue
		}
		last = key
		list := ix.records[key]
		if n := len(list); n > 0 && list[n-1] == r {
			continue
		}
		ix.records[key] = append(list, r)
	}
}

// Records implements Index; it never fails.
func (ix *MapIndex) Records(key advisory.PackageKey) ([]*advisory.Record, error) {
	return ix.records[key], nil
}

// Has implements Index.
func (ix *MapIndex) Has(ecosystem string) bool { return ix.ecosystems[ecosystem] }

// Knows tells the index which releases the feeds speak of, where it holds only
// a part of their records. It is called before the first question.
func (ix *MapIndex) Knows(releases map[string][]string) { ix.releases = releases }

// Releases implements Index.
func (ix *MapIndex) Releases(ecosystem string) []string { return ix.releases[ecosystem] }
