package evidencedb

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Bodies above packAbove bytes are deflated when that makes them smaller.
const (
	packAbove  = 1024
	packNone   = ""
	packFlate  = "deflate"
	maxUnpack  = 1 << 30 // a body that unpacks to more is damaged
	bodyColumn = 5
)

// putBodies stores each distinct body once, in the order of the hashes.
func (t *tx) putBodies(rows []*evidenceRow, now time.Time) error {
	for part := range slices.Chunk(sortedByHash(rows), sqldb.Chunk) {
		args := make([]any, 0, len(part)*bodyColumn)
		for _, r := range part {
			packing, data, err := pack(r.Body)
			if err != nil {
				return fmt.Errorf("pack the body of %s: %w", where(&r.Observation), err)
			}
			args = append(args, r.Hash, len(r.Body), sqldb.Micros(now), packing, data)
		}
		if err := t.Insert(`INSERT INTO body (hash, size, stored, packing, data) VALUES`, bodyColumn, args, `ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
	}
	return nil
}

func pack(body []byte) (packing string, data []byte, err error) {
	if len(body) <= packAbove {
		return packNone, body, nil
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return "", nil, err
	}
	if _, err := w.Write(body); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	if b.Len() >= len(body) {
		return packNone, body, nil
	}
	return packFlate, b.Bytes(), nil
}

func unpack(packing string, data []byte, size int64) ([]byte, error) {
	switch packing {
	case packNone:
		return data, nil
	case packFlate:
		if size < 0 || size > maxUnpack {
			return nil, fmt.Errorf("a stored body of %d bytes", size)
		}
		out := bytes.NewBuffer(make([]byte, 0, size))
		r := flate.NewReader(bytes.NewReader(data))
		if _, err := io.Copy(out, io.LimitReader(r, size+1)); err != nil {
			return nil, fmt.Errorf("unpack a stored body: %w", err)
		}
		if int64(out.Len()) != size {
			return nil, fmt.Errorf("a stored body unpacks to %d bytes, not %d", out.Len(), size)
		}
		return out.Bytes(), r.Close()
	}
	return nil, fmt.Errorf("a stored body is packed with %q", packing)
}

// bodies reads bodies by hash; what was compacted away is not in the map.
func (t *tx) bodies(hashes []string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(hashes))
	err := t.In(`SELECT hash, size, packing, data FROM body WHERE hash IN (?*)`, sqldb.Anys(hashes), func(r sqldb.Scanner) error {
		var hash, packing string
		var size int64
		var data []byte
		if err := r.Scan(&hash, &size, &packing, &data); err != nil {
			return err
		}
		body, err := unpack(packing, data, size)
		if body == nil {
			body = []byte{}
		}
		out[hash] = body
		return err
	})
	return out, err
}

// BodyRetention is how long raw evidence bodies are kept at least.
const BodyRetention = 90 * 24 * time.Hour

// DropBodies drops bodies of evidence that was recorded before a time. What
// resolve has not read, what it could not read, and the newest SBOM of each
// artifact are still cited.
func DropBodies(t *sqldb.Tx, before int64) error {
	var read int64
	if _, err := t.Get(`SELECT MIN(seq) FROM cursor WHERE step = 'resolve' AND stream = 'evidence' HAVING COUNT(*) > 0`, nil, &read); err != nil {
		return err
	}
	_, err := t.Exec(`DELETE FROM body WHERE stored < ?
		AND hash IN (SELECT hash FROM evidence WHERE recorded < ? AND seq <= ?)
		AND hash NOT IN (SELECT hash FROM evidence WHERE recorded >= ? OR seq > ?)
		AND hash NOT IN (SELECT hash FROM evidence_head)
		AND hash NOT IN (SELECT e.hash FROM quarantine q JOIN evidence e ON e.seq > q.from_seq AND e.seq <= q.to_seq WHERE q.stream = 'evidence')`,
		before, before, read, before, read)
	return err
}
