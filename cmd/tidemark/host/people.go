package host

import (
	"cmp"
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/mobilize"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/server/picture"
)

// persons is the door for what persons decide, for the server.
type persons struct {
	s      *local.Session
	worker *cycle.Worker
	pic    *picture.Picture
}

// settled is how long an answer waits until the steps have followed.
const settled = 2 * time.Second

// seen gives the exposure as the asker sees it; what they may not see does not
// exist for them.
func (p persons) seen(ctx context.Context, who access.Principal, id string) (api.ExposureDetail, error) {
	return p.pic.Desk().As(server.ViewerOf(who)).Exposure(ctx, id, api.Moment{})
}

// ChangeExposure decides on an exposure, assigns it, or both.
func (p persons) ChangeExposure(ctx context.Context, who access.Principal, id string, c api.ExposureChange) error {
	if c.Decision == "" && c.Owner == "" {
		return fault.New(fault.Invalid, "nothing is asked for: neither a decision nor an owner")
	}
	if c.Decision != "" {
		word, ok := ctem.ParseWord(c.Decision)
		if !ok {
			return fault.New(fault.Invalid, "no decision %q", c.Decision).WithHint("decisions are act, schedule, watch, none")
		}
		ask := ctem.RulingAsk{Kind: ctem.RuleDecide, Word: word, Reason: cmp.Or(c.Reason, "decided in the list")}
		if c.Until != nil {
			ask.Until = *c.Until
		}
		if err := p.rule(ctx, who, id, ask); err != nil {
			return err
		}
	}
	if c.Owner == "" {
		return nil
	}
	return p.rule(ctx, who, id, ctem.RulingAsk{Kind: ctem.RuleAssign, Owner: c.Owner, Reason: c.Reason})
}

// UndoExposure takes back what was decided last by a person.
func (p persons) UndoExposure(ctx context.Context, who access.Principal, id, reason string) error {
	return p.rule(ctx, who, id, ctem.RulingAsk{Kind: ctem.RuleUndo, Reason: reason})
}

// ApproveExposure agrees to another person's loosening, or refuses it.
func (p persons) ApproveExposure(ctx context.Context, who access.Principal, id string, a api.Approval) error {
	kind := ctem.RuleReject
	if a.Agree {
		kind = ctem.RuleApprove
	}
	return p.rule(ctx, who, id, ctem.RulingAsk{Kind: kind, Reason: a.Reason})
}

// rule stores a ruling with its entry in the log, and waits a little until the
// steps have followed.
func (p persons) rule(ctx context.Context, who access.Principal, id string, ask ctem.RulingAsk) error {
	before, err := p.seen(ctx, who, id)
	if err != nil {
		return err
	}
	ask.Exposures = []string{before.ID}
	if _, err := (prioritize.People{Store: p.s.DB, Now: p.s.Now, Sign: signature(ctx, who)}).Rule(ctx, who.Name, ask); err != nil {
		return err
	}
	p.settle(ctx)
	return nil
}

// signature says in the log who asks, and in which request.
func signature(ctx context.Context, who access.Principal) ctem.Signature {
	return ctem.Signature{Actor: who.Actor(), RequestID: server.RequestID(ctx)}
}

// ChangeAction moves an action, or hands it over.
func (p persons) ChangeAction(ctx context.Context, who access.Principal, id string, c api.ActionChange) error {
	before, err := p.pic.Desk().As(server.ViewerOf(who)).Action(ctx, id, api.Moment{})
	if err != nil {
		return err
	}
	ask := ctem.WorkAsk{Action: before.ID, State: ctem.Work(c.State), Owner: c.Owner, Reason: c.Reason}
	if _, err := (mobilize.Work{Store: p.s.DB, Now: p.s.Now, Sign: signature(ctx, who)}).Move(ctx, who.Name, ask); err != nil {
		return err
	}
	p.settle(ctx)
	return nil
}

// settle waits until the steps have followed, but not for long: what is stored
// is stored, and shows when it is computed.
func (p persons) settle(ctx context.Context) {
	p.worker.Wake()
	wait, stop := context.WithTimeout(ctx, settled)
	defer stop()
	err := p.worker.Settle(wait)
	if err == nil {
		err = p.pic.Settle(wait)
	}
	if err != nil {
		p.s.Log.DebugContext(ctx, "answered before the steps have followed", "error", err)
	}
}
