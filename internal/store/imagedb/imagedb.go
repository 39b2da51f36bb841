// Package imagedb remembers which images are in use, and what registries were
// asked about them.
//
// The model. A place uses images; each image that some place uses is looked at in
// its registry, again and again. A look that failed says when the next is. A
// registry may be paused as a whole. What an image is made of is kept as a chain of
// its layers, so that what is built upon it is found.
//
// Invariants. All is bookkeeping of one step: what a registry said is evidence,
// and elsewhere. An image that no place uses any more is not due.
package imagedb

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the memory of looks in an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// NoteImages replaces what places use, and moves the cursor of who read it.
// Images that are new are due at once; hostOf says whose they are.
func (db *Store) NoteImages(ctx context.Context, adv ctem.Advance, seen []ctem.PlaceImages, hostOf func(image string) string) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		var uses, looks []any
		for _, p := range seen {
			if _, err := t.Exec(`DELETE FROM image_use WHERE place = ?`, p.Place); err != nil {
				return err
			}
			for _, image := range p.Images {
				uses = append(uses, p.Place, image)
				looks = append(looks, image)
			}
		}
		if err := t.Insert(`INSERT INTO image_use (place, image) VALUES`, 2, uses, ``); err != nil {
			return err
		}
		return newLooks(t, looks, hostOf)
	})
}

func newLooks(t *sqldb.Tx, images []any, hostOf func(string) string) error {
	known := map[string]bool{}
	err := t.In(`SELECT image FROM image_look WHERE image IN (?*)`, images, func(r sqldb.Scanner) error {
		var image string
		err := r.Scan(&image)
		known[image] = true
		return err
	})
	if err != nil {
		return err
	}
	var rows []any
	for _, v := range images {
		image, ok := v.(string)
		if !ok || known[image] {
			continue
		}
		known[image] = true
		rows = append(rows, image, hostOf(image), 0, 0, 0, "", "", "")
	}
	return t.Insert(`INSERT INTO image_look (`+lookColumns+`) VALUES`, 8, rows, ``)
}

const lookColumns = `image, host, next_at, looked_at, failures, error, digest, said`

// DueImages are images in use that are to be looked at, the longest due first.
// hosts are the registries that may be asked; nil: all. Those that are paused are
// left out.
func (db *Store) DueImages(ctx context.Context, hosts []string, now time.Time, limit int) (list []ctem.ImageLook, err error) {
	where, args := "", []any{sqldb.Micros(now), sqldb.Micros(now)}
	if hosts != nil {
		if len(hosts) == 0 {
			return nil, nil
		}
		where = ` AND l.host IN (` + strings.Repeat("?,", len(hosts)-1) + `?)`
		args = append(args, sqldb.Anys(hosts)...)
	}
	args = append(args, limit)
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		return t.Query(`SELECT `+lookColumns+` FROM image_look l WHERE l.next_at <= ?
			AND EXISTS (SELECT 1 FROM image_use u WHERE u.image = l.image)
			AND NOT EXISTS (SELECT 1 FROM registry_pause p WHERE p.host = l.host AND p.until > ?)`+where+`
			ORDER BY l.next_at, l.image LIMIT ?`, scanLooks(&list), args...)
	})
	return list, err
}

func scanLooks(to *[]ctem.ImageLook) func(sqldb.Scanner) error {
	return func(r sqldb.Scanner) error {
		var l ctem.ImageLook
		var next, looked int64
		if err := r.Scan(&l.Image, &l.Host, &next, &looked, &l.Failures, &l.Error, &l.Digest, &l.Said); err != nil {
			return err
		}
		l.Next, l.LookedAt = sqldb.FromMicros(next), sqldb.FromMicros(looked)
		*to = append(*to, l)
		return nil
	}
}

// NoteLook keeps what came of a look.
func (db *Store) NoteLook(ctx context.Context, l ctem.ImageLook) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		_, err := t.Exec(`UPDATE image_look SET next_at = ?, looked_at = ?, failures = ?, error = ?, digest = ?, said = ? WHERE image = ?`,
			sqldb.Micros(l.Next), sqldb.Micros(l.LookedAt), l.Failures, l.Error, l.Digest, l.Said, l.Image)
		return err
	})
}

// PauseHost keeps a registry from being asked before a time; without one it may
// be asked again.
func (db *Store) PauseHost(ctx context.Context, p ctem.HostPause) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if p.Until.IsZero() {
			_, err := t.Exec(`DELETE FROM registry_pause WHERE host = ?`, p.Host)
			return err
		}
		return t.Insert(`INSERT INTO registry_pause (host, until, failures, reason) VALUES`, 4,
			[]any{p.Host, sqldb.Micros(p.Until), p.Failures, p.Reason},
			`ON CONFLICT (host) DO UPDATE SET until = excluded.until, failures = excluded.failures, reason = excluded.reason`)
	})
}

// HostPauses are the registries that are or were paused, by name.
func (db *Store) HostPauses(ctx context.Context) (list []ctem.HostPause, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		return t.Query(`SELECT host, until, failures, reason FROM registry_pause ORDER BY host`, func(r sqldb.Scanner) error {
			var p ctem.HostPause
			var until int64
			err := r.Scan(&p.Host, &until, &p.Failures, &p.Reason)
			p.Until = sqldb.FromMicros(until)
			list = append(list, p)
			return err
		})
	})
	return list, err
}

// FailedLooks are the images in use of a registry that could not be looked at,
// those that fail longest first.
func (db *Store) FailedLooks(ctx context.Context, host string, limit int) (list []ctem.ImageLook, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		return t.Query(`SELECT `+lookColumns+` FROM image_look l WHERE l.host = ? AND l.error <> ''
			AND EXISTS (SELECT 1 FROM image_use u WHERE u.image = l.image) ORDER BY l.failures DESC, l.image LIMIT ?`, scanLooks(&list), host, limit)
	})
	return list, err
}

// LooksByHost counts the images in use by their registries.
func (db *Store) LooksByHost(ctx context.Context) (list []ctem.HostLooks, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		return t.Query(`SELECT l.host, COUNT(*), SUM(CASE WHEN l.looked_at > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN l.error <> '' THEN 1 ELSE 0 END)
			FROM image_look l WHERE EXISTS (SELECT 1 FROM image_use u WHERE u.image = l.image) GROUP BY l.host ORDER BY l.host`, func(r sqldb.Scanner) error {
			var h ctem.HostLooks
			err := r.Scan(&h.Host, &h.Images, &h.Looked, &h.Failing)
			list = append(list, h)
			return err
		})
	})
	return list, err
}

// NoteChain remembers an image by its layers.
func (db *Store) NoteChain(ctx context.Context, c ctem.LayerChain) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		return t.Insert(`INSERT INTO image_chain (chain, digest, name, layers) VALUES`, 4, []any{c.Chain, c.Digest, c.Name, c.Layers},
			`ON CONFLICT (chain, digest) DO UPDATE SET name = excluded.name`)
	})
}

// Chains are the images that are made of just these layers, those of most layers
// first.
func (db *Store) Chains(ctx context.Context, chains []string) (list []ctem.LayerChain, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		return t.In(`SELECT chain, digest, name, layers FROM image_chain WHERE chain IN (?*)`, sqldb.Anys(chains), func(r sqldb.Scanner) error {
			var c ctem.LayerChain
			err := r.Scan(&c.Chain, &c.Digest, &c.Name, &c.Layers)
			list = append(list, c)
			return err
		})
	})
	slices.SortFunc(list, func(a, b ctem.LayerChain) int {
		if a.Layers != b.Layers {
			return b.Layers - a.Layers
		}
		return strings.Compare(a.Digest, b.Digest)
	})
	return list, err
}
