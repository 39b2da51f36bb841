package assess

import (
	"context"
	"fmt"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// readProofs leaves places to be computed whose doors policies closed or opened.
func readProofs(ctx context.Context, s *Step, limit int) (int, error) {
	if s.Proofs == nil {
		return 0, nil
	}
	from, err := s.Exposures.Cursor(ctx, Name, ctem.StreamProof)
	if err != nil {
		return 0, fmt.Errorf("read the cursor on proofs: %w", err)
	}
	places, last, err := s.Proofs.ProofChanges(ctx, from, limit)
	if err != nil || last == from {
		return 0, err
	}
	move := ctem.Move{Stream: ctem.StreamProof, From: from, To: last}
	_, err = s.Exposures.CommitExposures(ctx, s.advance(move), ctem.AssessedBatch{Dirty: places})
	return max(len(places), 1), err
}

// closed reads which doors of the places policies kept closed, and when.
func closed(ctx context.Context, s *Step, places []twin.Place) (map[int64][]ctem.Closed, error) {
	if s.Proofs == nil {
		return nil, nil
	}
	ids := make([]int64, len(places))
	for i := range places {
		ids[i] = places[i].ID
	}
	return s.Proofs.ClosedDoors(ctx, ids)
}
