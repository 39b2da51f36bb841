package evidencedb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Testimonies keeps signed documents as they were received. There is room for so
// many: what is not verified, then what was given longest ago, makes room for what
// comes. A document without which nothing can be judged again is no longer trusted
// when the trust changes, so that nobody gains by pushing one out.
type Testimonies struct {
	db *sqldb.DB
	// Count and Bytes (packed) are how much is kept.
	Count, Bytes int64
}

// The room for documents.
const (
	keptDocuments = 200_000
	keptBytes     = 2 << 30
)

// NewTestimonies gives the room its database.
func NewTestimonies(db *sqldb.DB) *Testimonies {
	return &Testimonies{db: db, Count: keptDocuments, Bytes: keptBytes}
}

// anew is the trust of a document of which two verdicts are for the same time, or
// came in another order than they were told: no folder has this hash, so that it is
// judged again, and what is so now is told after both.
const anew = "-"

// KeepTestimonies keeps documents with how they were judged. One that is known is
// judged anew; what it was found with is kept where it comes without. Of what is
// known, the verdict that was told last stays, as it is in the twin.
func (db *Testimonies) KeepTestimonies(ctx context.Context, list []twin.Testimony, now time.Time) error {
	var args []any
	for i := range list {
		k := &list[i]
		packing, data, err := pack(k.Body)
		if err != nil {
			return fmt.Errorf("pack the document %s: %w", k.Document, err)
		}
		notes, err := notesOf(k.Annotations)
		if err != nil {
			return err
		}
		v := &k.Verdict
		args = append(args, k.Source, k.Document, k.Where, notes, k.Artifact, v.Trust, string(v.State), v.Hash, sqldb.Micros(v.At), sqldb.Micros(now),
			len(k.Body), len(data), packing, data)
	}
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		const width = 14
		for at := 0; at < len(args); at += width { // one by one: a list may name a document twice
			err := t.Insert(`INSERT INTO testimony (source, document, place, notes, artifact, trust, state, verdict, told, given, size, packed, packing, data) VALUES`,
				width, args[at:at+width], `ON CONFLICT (source, document) DO UPDATE SET given = excluded.given,
					trust = CASE WHEN excluded.told <= testimony.told AND excluded.verdict <> testimony.verdict THEN '`+anew+`' ELSE excluded.trust END,
					state = CASE WHEN excluded.told <= testimony.told AND excluded.verdict <> testimony.verdict THEN testimony.state ELSE excluded.state END,
					verdict = CASE WHEN excluded.told <= testimony.told THEN testimony.verdict ELSE excluded.verdict END,
					told = CASE WHEN excluded.told <= testimony.told THEN testimony.told ELSE excluded.told END,
					place = CASE WHEN excluded.notes = '' THEN testimony.place ELSE excluded.place END,
				notes = CASE WHEN excluded.notes = '' THEN testimony.notes ELSE excluded.notes END,
				artifact = CASE WHEN excluded.artifact = '' THEN testimony.artifact ELSE excluded.artifact END`)
			if err != nil {
				return err
			}
		}
		return db.makeRoom(t)
	})
}

func notesOf(notes map[string]string) (string, error) {
	if len(notes) == 0 {
		return "", nil
	}
	body, err := json.Marshal(notes)
	return string(body), err
}

// roomAtOnce is how many documents one statement drops at most.
const roomAtOnce = 1000

// makeRoom drops what there is no room for.
func (db *Testimonies) makeRoom(t *sqldb.Tx) error {
	for {
		var count, bytes int64
		if _, err := t.Get(`SELECT COUNT(*), CAST(COALESCE(SUM(packed), 0) AS BIGINT) FROM testimony`, nil, &count, &bytes); err != nil {
			return err
		}
		if count <= db.Count && bytes <= db.Bytes {
			return nil
		}
		did, err := t.Exec(`DELETE FROM testimony WHERE (source, document) IN (
			SELECT r.source, r.document FROM (
				SELECT f.source, f.document, ROW_NUMBER() OVER w AS place, SUM(f.packed) OVER w - f.packed AS passed FROM (
					SELECT source, document, given, packed, CASE WHEN state = 'verified' THEN 1 ELSE 0 END AS proven FROM testimony
					ORDER BY CASE WHEN state = 'verified' THEN 1 ELSE 0 END, given, document, source LIMIT ?
				) f WINDOW w AS (ORDER BY f.proven, f.given, f.document, f.source)
			) r WHERE r.place <= ? OR r.passed < ?)`, roomAtOnce, count-db.Count, bytes-db.Bytes)
		if err != nil || did == 0 {
			return err
		}
	}
}

// Unjudged are documents that another trust than the one given has judged last: the
// first so many, of so many bytes or one that is larger alone.
func (db *Testimonies) Unjudged(ctx context.Context, trust string, limit int) (list []twin.Testimony, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		var keys []any
		var total int64
		err := t.Query(`SELECT source, document, size FROM testimony WHERE trust < ? OR trust > ? ORDER BY source, document LIMIT ?`, func(r sqldb.Scanner) error {
			var source, document string
			var size int64
			if err := r.Scan(&source, &document, &size); err != nil {
				return err
			}
			if total += size; total <= maxBatchBytes || len(keys) == 0 {
				keys = append(keys, source, document)
			}
			return nil
		}, trust, trust, limit)
		if err != nil {
			return err
		}
		return t.ByKeys("tt", `SELECT y.source, y.document, y.place, y.notes, y.artifact, y.trust, y.state, y.verdict, y.told, y.size, y.packing, y.data
			FROM k CROSS JOIN testimony y WHERE y.source = k.a AND y.document = k.b`, keys, func(r sqldb.Scanner) error {
			k, err := scanTestimony(r)
			list = append(list, k)
			return err
		})
	})
	slices.SortFunc(list, func(a, b twin.Testimony) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Document, b.Document))
	})
	return list, err
}

func scanTestimony(r sqldb.Scanner) (k twin.Testimony, err error) {
	var notes, packing string
	var told, size int64
	var data []byte
	v := &k.Verdict
	if err := r.Scan(&k.Source, &k.Document, &k.Where, &notes, &k.Artifact, &v.Trust, &v.State, &v.Hash, &told, &size, &packing, &data); err != nil {
		return k, err
	}
	v.At = sqldb.FromMicros(told)
	if notes != "" {
		if err := json.Unmarshal([]byte(notes), &k.Annotations); err != nil {
			return k, fmt.Errorf("the annotations of the document %s: %w", k.Document, err)
		}
	}
	k.Body, err = unpack(packing, data, size)
	return k, err
}

// NoteVerdicts keeps how documents were judged again.
func (db *Testimonies) NoteVerdicts(ctx context.Context, list []twin.Testimony) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		for i := range list {
			k, v := &list[i], &list[i].Verdict
			if _, err := t.Exec(`UPDATE testimony SET trust = ?, state = ?, verdict = ?, told = ? WHERE source = ? AND document = ?`,
				v.Trust, string(v.State), v.Hash, sqldb.Micros(v.At), k.Source, k.Document); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropTestimony drops a document that is of no use.
func (db *Testimonies) DropTestimony(ctx context.Context, source, document string) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		_, err := t.Exec(`DELETE FROM testimony WHERE source = ? AND document = ?`, source, document)
		return err
	})
}

// KeptTestimonies says which documents are kept, by source.
func (db *Testimonies) KeptTestimonies(ctx context.Context, documents []string) (kept map[[2]string]bool, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		kept = map[[2]string]bool{}
		return t.In(`SELECT source, document FROM testimony WHERE document IN (?*)`, sqldb.Anys(documents), func(r sqldb.Scanner) error {
			var key [2]string
			err := r.Scan(&key[0], &key[1])
			kept[key] = true
			return err
		})
	})
	return kept, err
}

// TrustTurn is the newest change of the trust that was noticed.
func (db *Testimonies) TrustTurn(ctx context.Context) (turn twin.TrustTurn, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		var at, swept int64
		turn = twin.TrustTurn{}
		found, err := t.Get(`SELECT trust, at, passed, swept FROM trust_turn WHERE id = 1`, nil, &turn.Trust, &at, &turn.After, &swept)
		if found {
			turn.At, turn.Swept = sqldb.FromMicros(at), swept != 0
		}
		return err
	})
	return turn, err
}

// SetTrustTurn replaces it.
func (db *Testimonies) SetTrustTurn(ctx context.Context, turn twin.TrustTurn) error {
	swept := 0
	if turn.Swept {
		swept = 1
	}
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		return t.Insert(`INSERT INTO trust_turn (id, trust, at, passed, swept) VALUES`, 5, []any{1, turn.Trust, sqldb.Micros(turn.At), turn.After, swept},
			`ON CONFLICT (id) DO UPDATE SET trust = excluded.trust, at = excluded.at, passed = excluded.passed, swept = excluded.swept`)
	})
}
