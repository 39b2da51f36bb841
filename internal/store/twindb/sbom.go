package twindb

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/store/estatedb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// contentsCommit is the part of a commit about what artifacts are made of.
type contentsCommit struct{ *twinCommit }

// putSBOMs stores documents that were parsed for the first time: components
// once each, and for the document which of them it lists.
func (c contentsCommit) putSBOMs() (err error) {
	if c.firstSBOM, err = c.allocate("sbom", len(c.res.SBOMs)); err != nil {
		return err
	}
	for i := range c.res.SBOMs {
		if err := c.putSBOM(c.firstSBOM+int64(i), &c.res.SBOMs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c contentsCommit) putSBOM(id int64, n *twin.NewSBOM) error {
	parts, err := c.internComponents(n.SBOM.Contents())
	if err != nil {
		return err
	}
	var rows []any
	distinct := slices.Clone(parts)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	for _, p := range distinct {
		rows = append(rows, p, id)
	}
	if err := c.Insert(`INSERT INTO content (component, sbom) VALUES`, 2, rows, ""); err != nil {
		return err
	}
	quality, err := json.Marshal(n.SBOM.Quality)
	if err != nil {
		return fmt.Errorf("write the quality of an SBOM: %w", err)
	}
	_, err = c.Exec(`INSERT INTO sbom (id, hash, format, spec, created, recorded, components, quality, parts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, n.Hash, n.SBOM.Format, n.SBOM.SpecVersion, sqldb.Micros(n.SBOM.CreatedAt), c.at, len(distinct), quality,
		estatedb.PackGraph(parts, n.SBOM.Dependencies))
	return err
}

// componentIdent is what a component is known by: all that can tell two apart.
func componentIdent(p *twin.Component) [16]byte {
	parts := []string{p.Purl, p.Group, p.Name, p.Version}
	if p.Qualifiers != "" {
		parts = append(parts, p.Qualifiers)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return [16]byte(sum[:16])
}

// internComponents returns the ids of components in their order, new where needed.
func (t *tx) internComponents(list []twin.Component) ([]int64, error) {
	idents := make([][16]byte, len(list))
	byIdent := map[[16]byte]int64{}
	for i := range list {
		idents[i] = componentIdent(&list[i])
		byIdent[idents[i]] = 0
	}
	if err := t.knownComponents(byIdent); err != nil {
		return nil, err
	}
	var fresh []int
	for i, id := range idents {
		if byIdent[id] == 0 {
			byIdent[id] = -1
			fresh = append(fresh, i)
		}
	}
	if len(fresh) > 0 {
		first, err := t.IDs("component", len(fresh))
		if err != nil {
			return nil, err
		}
		var rows []any
		for n, i := range fresh {
			p, id := &list[i], first+int64(n)
			byIdent[idents[i]] = id
			rows = append(rows, id, idents[i][:], p.Purl, p.Type, p.Group, p.Name, p.Version, p.Qualifiers)
		}
		err = t.Insert(`INSERT INTO component (id, ident, purl, type, namespace, name, version, qualifiers) VALUES`, 8, rows, "")
		if err != nil {
			return nil, err
		}
	}
	out := make([]int64, len(list))
	for i, ident := range idents {
		out[i] = byIdent[ident]
	}
	return out, nil
}

func (t *tx) knownComponents(byIdent map[[16]byte]int64) error {
	keys := make([]any, 0, len(byIdent))
	for ident := range byIdent {
		keys = append(keys, ident[:])
	}
	return t.In(`SELECT id, ident FROM component WHERE ident IN (?*)`, keys, func(r sqldb.Scanner) error {
		var id int64
		var ident []byte
		if err := r.Scan(&id, &ident); err != nil {
			return err
		}
		if len(ident) == len([16]byte{}) {
			byIdent[[16]byte(ident)] = id
		}
		return nil
	})
}

// putListings notes which SBOM described which artifact when. An artifact whose
// contents are different for it has changed.
func (c contentsCommit) putListings() error {
	if len(c.res.Listings) == 0 {
		return nil
	}
	ids, err := c.internArtifacts()
	if err != nil {
		return err
	}
	rowIDs := slices.Sorted(maps.Values(ids))
	before, err := estatedb.Listings(c.Tx, rowIDs)
	if err != nil {
		return err
	}
	var rows []any
	for _, l := range c.res.Listings {
		rows = append(rows, ids[l.Artifact], sqldb.Micros(l.At), l.Epoch, l.SourceSeq, l.Order, storeID(l.SBOM, c.firstSBOM), c.at)
	}
	err = c.Insert(`INSERT INTO listing (artifact, observed, epoch, source_seq, ord, sbom, recorded) VALUES`, 7, rows, `ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	after, err := estatedb.Listings(c.Tx, rowIDs)
	if err != nil {
		return err
	}
	for _, id := range rowIDs {
		if !estatedb.SameContents(estatedb.FoldListings(before[id]), estatedb.FoldListings(after[id])) {
			c.changes[change{changeArtifact, id}] = true
		}
	}
	return nil
}

// internArtifacts returns the row ids of the listed artifacts, new where
// needed. A new one stands in the place of its name until it is deployed.
func (c contentsCommit) internArtifacts() (map[string]int64, error) {
	ids, refs := map[string]int64{}, map[string]twin.ArtifactRef{}
	for _, l := range c.res.Listings {
		ids[l.Artifact] = 0
		if _, ok := refs[l.Artifact]; !ok {
			refs[l.Artifact] = l.Ref
		}
	}
	names := slices.Sorted(maps.Keys(ids))
	err := c.In(`SELECT id, artifact FROM artifact WHERE artifact IN (?*)`, sqldb.Anys(names), func(r sqldb.Scanner) error {
		var id int64
		var name string
		err := r.Scan(&id, &name)
		ids[name] = id
		return err
	})
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return ids[n] != 0 })
	if len(names) == 0 {
		return ids, nil
	}
	return ids, c.newArtifacts(names, refs, ids)
}

func (c contentsCommit) newArtifacts(names []string, refs map[string]twin.ArtifactRef, ids map[string]int64) error {
	places := map[estatedb.PlaceName]int64{}
	for _, n := range names {
		places[estatedb.PlaceName{Service: refs[n].Name, Environment: twin.NoEnvironment}] = 0
	}
	if err := c.internPlaces(places); err != nil {
		return err
	}
	first, err := c.IDs("artifact", len(names))
	if err != nil {
		return err
	}
	var rows []any
	for i, n := range names {
		ref := refs[n]
		ids[n] = first + int64(i)
		rows = append(rows, ids[n], n, ref.Name, ref.Tag, ref.Digest, ref.NameTag(), places[estatedb.PlaceName{Service: ref.Name, Environment: twin.NoEnvironment}], c.at)
	}
	return c.Insert(`INSERT INTO artifact (id, artifact, name, tag, digest, nametag, place, recorded) VALUES`, 8, rows, "")
}
