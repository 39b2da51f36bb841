package mobilize

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// crashMove kills a person's moves of an action between any two statements:
// whoever comes back makes what is missing, and the log has an entry for each.
func crashMove() storetest.Crash {
	return storetest.Crash{
		Prepare: func(ctx context.Context, db *store.DB) error {
			if err := advise(ctx, db); err != nil {
				return err
			}
			if err := estate(ctx, db, monday, ctem.Open, ctem.Open); err != nil {
				return err
			}
			return drainOn(ctx, db, monday)
		},
		Work: func(ctx context.Context, db *store.DB) error {
			for i, ask := range []ctem.WorkAsk{
				{State: ctem.Accepted, Owner: "carol"},
				{State: ctem.Rejected, Reason: "it goes away in may"},
			} {
				now := monday.Add(time.Duration(i+1) * time.Minute)
				page, err := db.Actions(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: now}})
				if err != nil {
					return err
				}
				ask.Action = page.Items[0].ID
				if s := page.Items[0].State; s == ask.State || s == ctem.Rejected {
					continue
				}
				work := Work{Store: db, Now: func() time.Time { return now }, Sign: ctem.Signature{Actor: "user:ann"}}
				if _, err := work.Move(ctx, "ann", ask); err != nil {
					return err
				}
			}
			v, err := db.VerifyAudit(ctx)
			if err == nil && (v.Broken != 0 || v.Entries != 2) {
				return fault.New(fault.Internal, "the log of two moves: %+v", v)
			}
			return err
		},
	}
}
