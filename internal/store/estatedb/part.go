package estatedb

import (
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// fillParts says of workloads whether their images' contents are known, and where
// these come from.
func (w *workloadWalk) fillParts(items []ctem.Workload) error {
	if err := w.fillSBOMs(items); err != nil {
		return err
	}
	return w.fillProvenance(items)
}

// fillSBOMs says for each workload whether its images' contents are known.
func (w *workloadWalk) fillSBOMs(items []ctem.Workload) error {
	var digests, nametags []any
	for i := range items {
		for _, ref := range items[i].Images {
			if ref.Digest != "" {
				digests = append(digests, ref.Digest)
			}
			if n := ref.NameTag(); n != "" {
				nametags = append(nametags, n)
			}
		}
	}
	if err := w.In(`SELECT artifact, artifact, '' FROM artifact WHERE digest <> '' AND artifact IN (?*)`, digests, w.noteSBOM); err != nil {
		return err
	}
	if err := w.In(`SELECT nametag, artifact, digest FROM artifact WHERE nametag IN (?*)`, nametags, w.noteSBOM); err != nil {
		return err
	}
	for i := range items {
		known := 0
		for _, ref := range items[i].Images {
			if w.linked(ref) {
				known++
			}
		}
		items[i].SBOM = partOf(known, len(items[i].Images))
	}
	return nil
}

// noteSBOM notes a key by which an image may link to an SBOM: a reference with
// a digest links by name and tag only to an artifact that has none.
func (w *workloadWalk) noteSBOM(r sqldb.Scanner) error {
	var key, artifact, digest string
	err := r.Scan(&key, &artifact, &digest)
	w.hasSBOM[key] = true
	if digest == "" {
		w.hasSBOM["bare "+key] = true
	}
	return err
}

func (w *workloadWalk) linked(ref twin.ArtifactRef) bool {
	if ref.Digest == "" {
		return w.hasSBOM[ref.NameTag()]
	}
	return w.hasSBOM[ref.Digest] || ref.NameTag() != "" && w.hasSBOM["bare "+ref.NameTag()]
}

// What tells of a digest at the moment: a build that made it, or an attestation
// that names a commit or a build.
const (
	tracedNow  = `SELECT DISTINCT l.name FROM state_link l JOIN claim_current h ON h.state = l.state WHERE l.name IN (?*) AND h.valid_from <= ? AND h.recorded_from <= ?` + tracing
	tracedOnce = `SELECT DISTINCT l.name FROM state_link l JOIN claim_history h ON h.state = l.state WHERE l.name IN (?*) AND h.valid_from <= ? AND h.recorded_from <= ?
		AND (h.recorded_to = 0 OR h.recorded_to > ?) AND (h.valid_to > ? OR h.ended_at > ?)` + tracing
	tracing = ` AND l.kind = 'Artifact' AND (l.rel = 'produced' OR l.rel = 'describes'
		AND EXISTS (SELECT 1 FROM state_link o WHERE o.state = l.state AND (o.rel = 'built-from' OR o.rel = 'describes' AND o.kind = 'Build')))`
)

// fillProvenance says for each workload of how many images it is told where they
// come from.
func (w *workloadWalk) fillProvenance(items []ctem.Workload) error {
	var digests []any
	asked := map[string]bool{}
	for i := range items {
		for _, ref := range items[i].Images {
			if _, known := w.traced[ref.Digest]; ref.Digest != "" && !known && !asked[ref.Digest] {
				asked[ref.Digest] = true
				digests = append(digests, ref.Digest)
			}
		}
	}
	for _, d := range sqldb.SortedKeys(asked) {
		w.traced[d] = false
	}
	note := func(r sqldb.Scanner) error {
		var digest string
		err := r.Scan(&digest)
		w.traced[digest] = true
		return err
	}
	if err := w.In(tracedNow, digests, note, w.at, w.known); err != nil {
		return err
	}
	if err := w.In(tracedOnce, digests, note, w.at, w.known, w.known, w.at, w.known); err != nil {
		return err
	}
	for i := range items {
		items[i].Provenance = w.provenance(items[i].Images)
	}
	return nil
}

func (w *workloadWalk) provenance(images []twin.ArtifactRef) ctem.Part {
	told, unasked := 0, 0
	for _, ref := range images {
		switch {
		case ref.Digest == "":
			unasked++
		case w.traced[ref.Digest]:
			told++
		}
	}
	if told == 0 && unasked > 0 {
		return ctem.PartUnknown
	}
	return partOf(told, len(images))
}

func partOf(n, of int) ctem.Part {
	switch n {
	case 0:
		return ctem.None
	case of:
		return ctem.All
	}
	return ctem.Some
}
