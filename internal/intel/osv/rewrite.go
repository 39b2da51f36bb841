package osv

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
)

// Rewrite writes the archive again with bodies in the place of the records of
// their ids, new ones at the end. What stays is copied as it is packed. It
// returns the records that were replaced, where they could be read.
func (a *Archive) Rewrite(to io.Writer, bodies map[string][]byte) (replaced []advisory.Record, err error) {
	z := zip.NewWriter(to)
	defer func() { err = errors.Join(err, z.Close()) }()
	p := parser{limits: a.limits}
	for _, f := range a.files {
		if _, changed := bodies[EntryID(f.Name)]; !changed {
			if err := z.Copy(f); err != nil {
				return nil, fmt.Errorf("copy the entry %.80q: %w", f.Name, err)
			}
			continue
		}
		if r, err := p.entry(f); err == nil && r != nil {
			replaced = append(replaced, *r)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(bodies)) {
		w, err := z.Create(id + ".json")
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(bodies[id]); err != nil {
			return nil, err
		}
	}
	return replaced, nil
}
