package discover

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// LeftAgain is noted at the source of a document, where what it says was refused
// when it was told again.
const LeftAgain = "a part of an attestation was refused when it was judged again: give it again to see why"

// Retell stores what is so now of documents that were taken before. Nobody waits for
// an answer: what is refused is counted at its source, and stops nothing else.
func (i *Ingest) Retell(ctx context.Context, told []Told) error {
	bySource := map[string][]Told{}
	for n := range told {
		bySource[told[n].Source] = append(bySource[told[n].Source], told[n])
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		refused, err := retold(ctx, i, bySource[source])
		if err != nil {
			return err
		}
		if refused == 0 {
			continue
		}
		if err := i.Left.NoteLeft(ctx, source, map[string]int64{LeftAgain: refused}, i.Now().UTC().Truncate(time.Microsecond)); err != nil {
			return err
		}
	}
	return nil
}

// retold tells them together, and one by one where they are refused together.
func retold(ctx context.Context, i *Ingest, told []Told) (refused int64, err error) {
	var r Receipt
	err = i.IngestTold(ctx, &r, told)
	if err == nil || fault.KindOf(err) != fault.Invalid {
		return int64(len(r.Rejected)), err
	}
	if len(told) == 1 {
		return 1, nil
	}
	for n := range told {
		one, err := retold(ctx, i, told[n:n+1])
		if err != nil {
			return refused, err
		}
		refused += one
	}
	return refused, nil
}
