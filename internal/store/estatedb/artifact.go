package estatedb

import (
	"context"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// listing is one row that says which SBOM described an artifact when; sbom 0
// withdraws it.
type listing struct{ observed, sbom, recorded int64 }

// Listings reads the listings of artifacts in the order of evidence.
func Listings(t *sqldb.Tx, artifacts []int64) (map[int64][]listing, error) {
	out := map[int64][]listing{}
	err := t.In(`SELECT artifact, observed, sbom, recorded FROM listing WHERE artifact IN (?*)
		ORDER BY artifact, observed, epoch, source_seq, ord`, sqldb.Anys(artifacts), func(r sqldb.Scanner) error {
		var artifact int64
		var l listing
		err := r.Scan(&artifact, &l.observed, &l.sbom, &l.recorded)
		out[artifact] = append(out[artifact], l)
		return err
	})
	return out, err
}

// FoldListings turns listings, in order, into contents over time. A listing
// that says what the one before said changes nothing.
func FoldListings(list []listing) (out []twin.Contents) {
	for _, l := range list {
		n := len(out) - 1
		open := n >= 0 && out[n].To.IsZero()
		if open && out[n].SBOM == l.sbom {
			continue
		}
		at := sqldb.FromMicros(l.observed)
		if open {
			out[n].To = at
			if out[n].From.Equal(at) {
				out = out[:n]
			}
		}
		if l.sbom != 0 {
			out = append(out, twin.Contents{SBOM: l.sbom, From: at, RecordedAt: sqldb.FromMicros(l.recorded)})
		}
	}
	return out
}

// SameContents compares what two lists say about an artifact over time.
func SameContents(a, b []twin.Contents) bool {
	return slices.EqualFunc(a, b, func(x, y twin.Contents) bool {
		return x.SBOM == y.SBOM && x.From.Equal(y.From) && x.To.Equal(y.To)
	})
}

// Artifacts returns artifacts by identity, with their contents over time, but
// not whether they are deployed. What is not in the map has no SBOM.
func (db *Store) Artifacts(ctx context.Context, ids []string) (out map[string]twin.Artifact, err error) {
	err = db.read(ctx, func(t *tx) error {
		list, err := t.artifacts(`artifact IN (?*)`, sqldb.Anys(ids))
		out = map[string]twin.Artifact{}
		for _, a := range list {
			out[a.ID] = a.Artifact
		}
		return err
	})
	return out, err
}

// ArtifactsByNameTag returns artifacts by normalised name and tag.
func (db *Store) ArtifactsByNameTag(ctx context.Context, nametags []string) (out map[string][]twin.Artifact, err error) {
	err = db.read(ctx, func(t *tx) error {
		list, err := t.artifacts(`nametag <> '' AND nametag IN (?*)`, sqldb.Anys(nametags))
		out = map[string][]twin.Artifact{}
		for _, a := range list {
			out[a.NameTag] = append(out[a.NameTag], a.Artifact)
		}
		return err
	})
	return out, err
}

// artifactRow is an artifact with its row id and the place of its name.
type artifactRow struct {
	twin.Artifact
	row, place int64
}

// artifacts reads artifacts by a condition on keys, ordered by identity.
func (t *tx) artifacts(where string, keys []any) ([]*artifactRow, error) {
	byRow := map[int64]*artifactRow{}
	err := t.In(`SELECT id, artifact, name, tag, digest, nametag, place FROM artifact WHERE `+where, keys, func(r sqldb.Scanner) error {
		a := &artifactRow{}
		err := r.Scan(&a.row, &a.ID, &a.Ref.Name, &a.Ref.Tag, &a.Ref.Digest, &a.NameTag, &a.place)
		byRow[a.row] = a
		return err
	})
	if err != nil {
		return nil, err
	}
	rows := slices.Sorted(maps.Keys(byRow))
	if err := t.fillContents(rows, byRow); err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(byRow), func(a, b *artifactRow) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	}), nil
}

func (t *tx) fillContents(rows []int64, byRow map[int64]*artifactRow) error {
	lists, err := Listings(t.Tx, rows)
	if err != nil {
		return err
	}
	want := map[int64][]int64{}
	for row, list := range lists {
		byRow[row].Contents = FoldListings(list)
		for _, c := range byRow[row].Contents {
			want[c.SBOM] = nil
		}
	}
	if err := t.partsOf(want); err != nil {
		return err
	}
	for _, a := range byRow {
		for i := range a.Contents {
			a.Contents[i].Components = want[a.Contents[i].SBOM]
		}
	}
	return nil
}

// partsOf fills in the distinct component ids of SBOMs.
func (t *tx) partsOf(sboms map[int64][]int64) error {
	return t.In(`SELECT id, parts FROM sbom WHERE id IN (?*)`, sqldb.Anys(slices.Sorted(maps.Keys(sboms))), func(r sqldb.Scanner) error {
		var id int64
		var packed []byte
		if err := r.Scan(&id, &packed); err != nil {
			return err
		}
		parts, _, err := unpackGraph(packed)
		slices.Sort(parts)
		sboms[id] = slices.Compact(parts)
		return err
	})
}

// fillDeployed finds the first workload that links to each artifact: by digest,
// or by name and tag where one of the two has no digest and the image's own
// digest has no SBOM.
func (t *tx) fillDeployed(list []*artifactRow) error {
	rows, byRow := make([]int64, len(list)), make(map[int64]*artifactRow, len(list))
	for i, a := range list {
		rows[i], byRow[a.row] = a.row, a
	}
	first := func(r sqldb.Scanner) error {
		var row, since int64
		if err := r.Scan(&row, &since); err != nil {
			return err
		}
		a, at := byRow[row], sqldb.FromMicros(since)
		if !a.Deployed || at.Before(a.DeployedAt) {
			a.Deployed, a.DeployedAt = true, at
		}
		return nil
	}
	err := t.In(`SELECT a.id, MIN(i.since) FROM artifact a JOIN place_image i ON i.digest = a.digest
		WHERE a.digest <> '' AND a.id IN (?*) GROUP BY a.id`, sqldb.Anys(rows), first)
	if err != nil {
		return err
	}
	return t.In(`SELECT a.id, MIN(i.since) FROM artifact a JOIN place_image i ON i.nametag = a.nametag
		WHERE a.nametag <> '' AND a.id IN (?*) AND (i.digest = '' OR a.digest = '' AND NOT EXISTS (
			SELECT 1 FROM artifact x WHERE x.artifact = i.digest)) GROUP BY a.id`, sqldb.Anys(rows), first)
}

// Components returns components by store id.
func (db *Store) Components(ctx context.Context, ids []int64) (out map[int64]twin.Component, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = map[int64]twin.Component{}
		return t.In(`SELECT id, purl, type, namespace, name, version, qualifiers FROM component WHERE id IN (?*)`, sqldb.Anys(ids), func(r sqldb.Scanner) error {
			var id int64
			var c twin.Component
			err := r.Scan(&id, &c.Purl, &c.Type, &c.Group, &c.Name, &c.Version, &c.Qualifiers)
			out[id] = c
			return err
		})
	})
	return out, err
}

// Graph returns the components of a stored SBOM in the order of the document,
// and its dependencies by index into them; -1 stands for the subject.
func (db *Store) Graph(ctx context.Context, sbom int64) (parts []int64, deps []twin.Dependency, err error) {
	err = db.read(ctx, func(t *tx) error {
		var packed []byte
		found, err := t.Get(`SELECT parts FROM sbom WHERE id = ?`, []any{sbom}, &packed)
		if err != nil || !found {
			return err
		}
		parts, deps, err = unpackGraph(packed)
		return err
	})
	return parts, deps, err
}

// togetherArtifacts are so many artifacts that their places are read one after
// the other.
const togetherArtifacts = 200

// PlacesWithComponents returns the places that ever had an artifact with one of
// these components, and where such artifacts stand undeployed: each once, and
// those of one artifact near each other, so that who reads them reads it once.
func (db *Store) PlacesWithComponents(ctx context.Context, ids []int64) (places []int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		var rows []int64
		err := t.In(`SELECT DISTINCT l.artifact FROM content c JOIN listing l ON l.sbom = c.sbom WHERE c.component IN (?*)`,
			sqldb.Anys(ids), sqldb.AppendID(&rows))
		if err != nil {
			return err
		}
		slices.Sort(rows)
		seen := map[int64]bool{}
		places = nil
		for part := range slices.Chunk(slices.Compact(rows), togetherArtifacts) {
			list, err := PlacesOf(t.Tx, part)
			if err != nil {
				return err
			}
			for _, p := range list {
				if !seen[p] {
					seen[p] = true
					places = append(places, p)
				}
			}
		}
		return nil
	})
	return places, err
}

// PlacesOf returns the places of artifacts, given by row id, sorted.
func PlacesOf(t *sqldb.Tx, artifacts []int64) (places []int64, err error) {
	slices.Sort(artifacts)
	keys := sqldb.Anys(slices.Compact(artifacts))
	for _, q := range []string{
		`SELECT place FROM artifact WHERE id IN (?*)`,
		`SELECT i.place FROM artifact a JOIN place_image i ON i.digest = a.digest WHERE a.digest <> '' AND a.id IN (?*)`,
		`SELECT i.place FROM artifact a JOIN place_image i ON i.nametag = a.nametag WHERE a.nametag <> '' AND a.id IN (?*)`,
	} {
		if err := t.In(q, keys, sqldb.AppendID(&places)); err != nil {
			return nil, err
		}
	}
	slices.Sort(places)
	return slices.Compact(places), nil
}
