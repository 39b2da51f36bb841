package discover

import (
	"context"

	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// crashes are what may be killed between any two of its statements.
func crashes() map[string]storetest.Crash {
	return map[string]storetest.Crash{"resolve_killed": crashResolve(), "append_killed": crashAppend()}
}

// crashResolve folds an ordinary batch, late evidence that mends, and contents.
func crashResolve() storetest.Crash {
	clock := hour(1000)
	return storetest.Crash{
		Prepare: func(ctx context.Context, db *store.DB) error {
			first := []twin.Snapshot{snapshotAt(1, "cart=shop/a", "pay=shop/p"), snapshotAt(5, "cart=shop/b", "pay=shop/p")}
			if _, err := db.AppendSnapshot(ctx, first, clock); err != nil {
				return err
			}
			if err := drain(ctx, resolveOn(db, clockAt(1000))); err != nil {
				return err
			}
			list := []twin.Observation{deltaAt(3, "mail=shop/m"), deltaAt(6, "cart=shop/c"), sbomAt(1, "shop/c", "pkg:npm/x@1"), tombstoneAt(7, "pay")}
			_, err := db.Append(ctx, list, clock)
			return err
		},
		Work: func(ctx context.Context, db *store.DB) error {
			r := resolveOn(db, clockAt(1001))
			r.Batch = 3
			return drain(ctx, r)
		},
	}
}

// crashAppend writes evidence: a repeat, a new snapshot, single observations.
func crashAppend() storetest.Crash {
	return storetest.Crash{
		Prepare: func(ctx context.Context, db *store.DB) error {
			_, err := db.AppendSnapshot(ctx, []twin.Snapshot{snapshotAt(1, "cart=shop/a")}, hour(1000))
			return err
		},
		Work: func(ctx context.Context, db *store.DB) error {
			list := []twin.Snapshot{snapshotAt(2, "cart=shop/a"), snapshotAt(3, "cart=shop/b", "pay=shop/p")}
			if _, err := db.AppendSnapshot(ctx, list, hour(1001)); err != nil {
				return err
			}
			_, err := db.Append(ctx, []twin.Observation{deltaAt(4, "pay=shop/q"), sbomAt(4, "shop/q", "pkg:npm/x@1")}, hour(1002))
			return err
		},
	}
}
