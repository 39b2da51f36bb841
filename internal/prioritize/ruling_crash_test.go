package prioritize

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// crashRulings kills people's rulings of every kind between any two statements.
// Whoever comes back looks whether the ruling is there, and makes it if not: then
// the store is as if nothing had happened only if the log has an entry for each
// ruling that is there, and for no other.
func crashRulings() storetest.Crash {
	return storetest.Crash{
		Prepare: func(ctx context.Context, db *store.DB) error {
			if err := discover(ctx, db, ctem.Open, today); err != nil {
				return err
			}
			return drainOn(ctx, db, today)
		},
		Work: func(ctx context.Context, db *store.DB) error {
			page, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: today}})
			if err != nil {
				return err
			}
			e := page.Items[0]
			until := today.AddDate(0, 1, 0)
			for i, step := range []struct {
				by  string
				ask ctem.RulingAsk
			}{
				{"ann", ctem.RulingAsk{Kind: ctem.RuleAssign, Owner: "team-shop"}},
				{"ann", ctem.RulingAsk{Kind: ctem.RuleDecide, Word: ctem.Watch, Reason: "behind a wall", Until: until}},
				{"bob", ctem.RulingAsk{Kind: ctem.RuleReject, Reason: "the wall has a door"}},
				{"ann", ctem.RulingAsk{Kind: ctem.RuleDecide, Word: ctem.Watch, Reason: "the door is shut", Until: until}},
				{"bob", ctem.RulingAsk{Kind: ctem.RuleApprove}},
				{"ann", ctem.RulingAsk{Kind: ctem.RuleUndo, Reason: "it is open again"}},
			} {
				made, err := db.Rulings(ctx, []int64{e.Num}, ctem.AsOf{})
				if err != nil {
					return err
				}
				if len(made[e.Num]) > i {
					continue
				}
				at := today.Add(time.Duration(i+1) * time.Minute)
				step.ask.Exposures = []string{e.ID}
				people := People{Store: db, Now: func() time.Time { return at }, Sign: ctem.Signature{Actor: "user:" + step.by, RequestID: "r"}}
				if _, err := people.Rule(ctx, step.by, step.ask); err != nil {
					return err
				}
			}
			return chainHolds(ctx, db, 6)
		},
	}
}

func chainHolds(ctx context.Context, db *store.DB, entries int) error {
	v, err := db.VerifyAudit(ctx)
	if err == nil && (v.Broken != 0 || v.Entries != entries) {
		return fault.New(fault.Internal, "the log: %+v, want %d entries", v, entries)
	}
	return err
}
