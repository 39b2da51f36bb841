package twindb

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// imageLink is one image that a place has or had.
type imageLink struct {
	place           int64
	digest, nametag string
}

// imageSeen is what a place_image row says of it.
type imageSeen struct {
	name  string
	since int64
}

// putImages notes which images the changed places have, and since when. What
// a place newly links to has changed as well: it is deployed somewhere now.
func (c *twinCommit) putImages(d *twinDiff) error {
	since := map[[2]int64]int64{} // place, state → since
	note := func(claim, state, from int64) {
		key := [2]int64{c.places[claim], state}
		if was, ok := since[key]; key[0] != 0 && (!ok || from < was) {
			since[key] = from
		}
	}
	for _, h := range d.history {
		if h.recordedTo == 0 {
			note(h.claim, h.state, h.from)
		}
	}
	for _, cur := range d.current {
		note(cur.claim, cur.state, cur.from)
	}
	want, err := c.imagesOf(since)
	if err != nil {
		return err
	}
	return c.addImages(want)
}

// imagesOf turns states of places into images of places.
func (c *twinCommit) imagesOf(since map[[2]int64]int64) (map[imageLink]imageSeen, error) {
	byState := map[int64][]int64{} // state → places
	for key := range since {
		byState[key[1]] = append(byState[key[1]], key[0])
	}
	want := map[imageLink]imageSeen{}
	err := c.In(`SELECT state, digest, nametag, name FROM state_image WHERE state IN (?*)`,
		sqldb.Anys(slices.Sorted(maps.Keys(byState))), func(r sqldb.Scanner) error {
			var state int64
			var l imageLink
			var name string
			if err := r.Scan(&state, &l.digest, &l.nametag, &name); err != nil {
				return err
			}
			for _, place := range byState[state] {
				l.place = place
				from := since[[2]int64{place, state}]
				if was, ok := want[l]; !ok || from < was.since {
					want[l] = imageSeen{name, from}
				}
			}
			return nil
		})
	return want, err
}

// addImages writes the images that are new to their place, or earlier there
// than was known.
func (c *twinCommit) addImages(want map[imageLink]imageSeen) error {
	if err := c.dropKnown(want); err != nil || len(want) == 0 {
		return err
	}
	var rows, digests, nametags []any
	for _, l := range slices.SortedFunc(maps.Keys(want), compareLinks) {
		rows = append(rows, l.place, l.digest, l.nametag, want[l].name, want[l].since)
		if l.digest != "" {
			digests = append(digests, l.digest)
		}
		if l.nametag != "" {
			nametags = append(nametags, l.nametag)
		}
	}
	err := c.Insert(`INSERT INTO place_image (place, digest, nametag, name, since) VALUES`, 5, rows,
		`ON CONFLICT (place, digest, nametag) DO UPDATE SET since = excluded.since`)
	if err != nil {
		return err
	}
	touched := func(r sqldb.Scanner) error {
		var id int64
		err := r.Scan(&id)
		c.changes[change{changeArtifact, id}] = true
		return err
	}
	if err := c.In(`SELECT id FROM artifact WHERE artifact IN (?*)`, digests, touched); err != nil {
		return err
	}
	return c.In(`SELECT id FROM artifact WHERE nametag IN (?*)`, nametags, touched)
}

func (c *twinCommit) dropKnown(want map[imageLink]imageSeen) error {
	keys := make([]any, 0, 3*len(want))
	for _, l := range slices.SortedFunc(maps.Keys(want), compareLinks) {
		keys = append(keys, l.place, l.digest, l.nametag)
	}
	return c.ByKeys("itt", `SELECT i.place, i.digest, i.nametag, i.since FROM k CROSS JOIN place_image i
		WHERE i.place = k.a AND i.digest = k.b AND i.nametag = k.c`, keys, func(r sqldb.Scanner) error {
		var l imageLink
		var since int64
		err := r.Scan(&l.place, &l.digest, &l.nametag, &since)
		if w, ok := want[l]; ok && since <= w.since {
			delete(want, l)
		}
		return err
	})
}

func compareLinks(a, b imageLink) int {
	return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.digest, b.digest), cmp.Compare(a.nametag, b.nametag))
}
