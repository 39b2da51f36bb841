package store

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Evidence returns the evidence after a number, in the order of the stream.
// Bodies come only with what the twin does not hold yet: a state that is known
// by its hash need not be read again.
func (db *DB) Evidence(ctx context.Context, after int64, limit int) (list []twin.Observation, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		err := t.query(`SELECT e.seq, e.watch, w.source, w.scope, e.kind, e.class, e.media, e.subject, e.ref, e.epoch, e.source_seq,
				e.snapshot, e.members, e.observed, e.recorded, e.every, e.hash
			FROM evidence e JOIN watch w ON w.id = e.watch WHERE e.seq > ? ORDER BY e.seq LIMIT ?`,
			func(r scanner) error {
				o, err := scanEvidence(r)
				list = append(list, o)
				return err
			}, after, limit)
		if err != nil {
			return err
		}
		return t.fillBodies(list)
	})
	return list, err
}

func scanEvidence(r scanner) (o twin.Observation, err error) {
	var observed, recorded, every int64
	err = r.Scan(&o.Seq, &o.Watch, &o.Source, &o.Scope, &o.Kind, &o.Class, &o.Media, &o.Subject, &o.Ref, &o.Epoch, &o.SourceSeq,
		&o.Snapshot, &o.Count, &observed, &recorded, &every, &o.Hash)
	o.ObservedAt, o.RecordedAt, o.Every = fromMicros(observed), fromMicros(recorded), time.Duration(every)*time.Microsecond
	return o, err
}

// fillBodies reads the bodies of states and SBOMs that the twin does not hold.
func (t *tx) fillBodies(list []twin.Observation) error {
	states, sboms := map[twin.StateKey]int64{}, map[string]int64{}
	if err := t.knownStates(list, states); err != nil {
		return err
	}
	if err := t.knownSBOMs(list, sboms); err != nil {
		return err
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
	bodies, err := t.bodies(hashes)
	if err != nil {
		return err
	}
	for i := range list {
		if want[list[i].Hash] && list[i].HasBody() {
			list[i].Body = bodies[list[i].Hash]
		}
	}
	return nil
}

func (t *tx) knownStates(list []twin.Observation, into map[twin.StateKey]int64) error {
	return t.in(`SELECT id, hash, class FROM state WHERE hash IN (?*)`, hashesOf(list, false), func(r scanner) error {
		var id int64
		var k twin.StateKey
		err := r.Scan(&id, &k.Hash, &k.Class)
		into[k] = id
		return err
	})
}

func (t *tx) knownSBOMs(list []twin.Observation, into map[string]int64) error {
	return t.in(`SELECT id, hash FROM sbom WHERE hash IN (?*)`, hashesOf(list, true), func(r scanner) error {
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
