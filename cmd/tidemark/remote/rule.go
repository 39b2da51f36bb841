package remote

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Rule sends what a person decides about one exposure.
func Rule(ctx context.Context, c *client.Client, id string, ask ctem.RulingAsk) (api.ExposureDetail, error) {
	switch ask.Kind {
	case ctem.RuleDecide:
		if ask.Approver != "" {
			return api.ExposureDetail{}, fault.New(fault.Invalid, "--approver is for a data folder: on a server the other person agrees themselves").
				WithHint("leave --approver out; the other person runs tidemark exposures approve %s", id)
		}
		change := api.ExposureChange{Decision: ask.Word.Token(), Reason: ask.Reason}
		if !ask.Until.IsZero() {
			change.Until = &ask.Until
		}
		return c.ChangeExposure(ctx, id, change)
	case ctem.RuleAssign:
		return c.ChangeExposure(ctx, id, api.ExposureChange{Owner: ask.Owner, Reason: ask.Reason})
	case ctem.RuleUndo:
		return c.UndoExposure(ctx, id, ask.Reason)
	case ctem.RuleApprove, ctem.RuleReject:
		return c.ApproveExposure(ctx, id, api.Approval{Agree: ask.Kind == ctem.RuleApprove, Reason: ask.Reason})
	}
	return api.ExposureDetail{}, fault.New(fault.Invalid, "no ruling %q", ask.Kind)
}
