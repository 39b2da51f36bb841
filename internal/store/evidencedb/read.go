package evidencedb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Evidence returns the evidence after a number, in the order of the stream.
// Bodies come only with what the twin does not hold yet: a state that is known
// by its hash need not be read again.
func (db *Store) Evidence(ctx context.Context, after int64, limit int) (list []twin.Observation, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		err := t.Query(`SELECT e.seq, e.watch, w.source, w.scope, e.kind, e.class, e.media, e.subject, e.ref, e.epoch, e.source_seq,
				e.snapshot, e.members, e.observed, e.recorded, e.every, e.hash
			FROM evidence e JOIN watch w ON w.id = e.watch WHERE e.seq > ? ORDER BY e.seq LIMIT ?`,
			func(r sqldb.Scanner) error {
				o, err := scanEvidence(r)
				list = append(list, o)
				return err
			}, after, limit)
		if err != nil {
			return err
		}
		list, err = t.fillBodies(list)
		return err
	})
	return list, err
}

// SBOMDocument returns a bill of materials as it came, by its id in the twin.
func (db *Store) SBOMDocument(ctx context.Context, id int64) (doc twin.KeptSBOM, err error) {
	err = db.read(ctx, func(t *tx) error {
		ok, err := t.Get(`SELECT format, spec, hash FROM sbom WHERE id = ?`, []any{id}, &doc.Format, &doc.Version, &doc.Hash)
		if err != nil || !ok {
			return err
		}
		bodies, err := t.bodies([]string{doc.Hash})
		doc.Body = bodies[doc.Hash]
		return err
	})
	return doc, err
}

// maxBatchBytes bounds the bodies of one answer; a larger one comes alone.
const maxBatchBytes = 64 << 20

// affordable cuts a list before the body with which it would become too large.
func (t *tx) affordable(list []twin.Observation, want map[string]bool, hashes []string) ([]twin.Observation, []string, error) {
	size := map[string]int64{}
	err := t.In(`SELECT hash, size FROM body WHERE hash IN (?*)`, sqldb.Anys(hashes), func(r sqldb.Scanner) error {
		var hash string
		var n int64
		err := r.Scan(&hash, &n)
		size[hash] = n
		return err
	})
	total, taken, asked := int64(0), []string(nil), map[string]bool{}
	for i := range list {
		o := &list[i]
		if !o.HasBody() || !want[o.Hash] {
			continue
		}
		total += size[o.Hash]
		if total > maxBatchBytes && i > 0 {
			return list[:i], taken, err
		}
		if !asked[o.Hash] {
			asked[o.Hash], taken = true, append(taken, o.Hash)
		}
		size[o.Hash] = 0 // it comes once
	}
	return list, taken, err
}

func scanEvidence(r sqldb.Scanner) (o twin.Observation, err error) {
	var observed, recorded, every int64
	err = r.Scan(&o.Seq, &o.Watch, &o.Source, &o.Scope, &o.Kind, &o.Class, &o.Media, &o.Subject, &o.Ref, &o.Epoch, &o.SourceSeq,
		&o.Snapshot, &o.Count, &observed, &recorded, &every, &o.Hash)
	o.ObservedAt, o.RecordedAt, o.Every = sqldb.FromMicros(observed), sqldb.FromMicros(recorded), time.Duration(every)*time.Microsecond
	return o, err
}

// fillBodies reads the bodies of states and SBOMs that the twin does not hold.
func (t *tx) fillBodies(list []twin.Observation) ([]twin.Observation, error) {
	states, sboms := map[twin.StateKey]int64{}, map[string]int64{}
	if err := KnownStates(t.Tx, list, states); err != nil {
		return nil, err
	}
	if err := KnownSBOMs(t.Tx, list, sboms); err != nil {
		return nil, err
	}
	var hashes []string
	want := map[string]bool{}
	for i := range list {
		o := &list[i]
		if !o.HasBody() || want[o.Hash] || states[o.StateKey()] != 0 || sboms[o.Hash] != 0 {
			continue
		}
		want[o.Hash] = true
		hashes = append(hashes, o.Hash)
	}
	list, hashes, err := t.affordable(list, want, hashes)
	if err != nil {
		return nil, err
	}
	bodies, err := t.bodies(hashes)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if want[list[i].Hash] && list[i].HasBody() {
			list[i].Body = bodies[list[i].Hash]
		}
	}
	return list, nil
}

// KnownStates reads the ids of the states that the twin already holds, of those
// that some evidence speaks of.
func KnownStates(t *sqldb.Tx, list []twin.Observation, into map[twin.StateKey]int64) error {
	return t.In(`SELECT id, hash, class FROM state WHERE hash IN (?*)`, hashesOf(list, false), func(r sqldb.Scanner) error {
		var id int64
		var k twin.StateKey
		err := r.Scan(&id, &k.Hash, &k.Class)
		into[k] = id
		return err
	})
}

// KnownSBOMs reads the ids of the SBOMs that the twin holds already.
func KnownSBOMs(t *sqldb.Tx, list []twin.Observation, into map[string]int64) error {
	return t.In(`SELECT id, hash FROM sbom WHERE hash IN (?*)`, hashesOf(list, true), func(r sqldb.Scanner) error {
		var id int64
		var hash string
		err := r.Scan(&id, &hash)
		into[hash] = id
		return err
	})
}

// hashesOf returns the distinct hashes of bodies that are, or are not, SBOMs.
func hashesOf(list []twin.Observation, sbom bool) (out []any) {
	seen := map[string]bool{}
	for i := range list {
		o := &list[i]
		if !o.HasBody() || seen[o.Hash] || (o.Media == twin.MediaSBOM) != sbom {
			continue
		}
		seen[o.Hash] = true
		out = append(out, o.Hash)
	}
	return out
}
