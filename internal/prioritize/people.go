package prioritize

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Rulings is what deciding needs of the store. Rulings and what the log says of
// them are written together.
type Rulings interface {
	FindExposure(ctx context.Context, id string, at ctem.AsOf) (ctem.Exposure, error)
	Rulings(ctx context.Context, nums []int64, at ctem.AsOf) (map[int64][]ctem.Ruling, error)
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
	AppendRulings(ctx context.Context, list []ctem.Ruling, log []ctem.AuditEntry, now time.Time) ([]ctem.Ruling, error)
}

// People takes what persons decide about exposures. The step then makes it
// count: drain it to see the result.
type People struct {
	Store Rulings
	Now   func() time.Time
	Sign  ctem.Signature // of the log; without an actor it is who decides
}

// Bounds of what a person may say at once.
const (
	maxAsked  = 1000 // exposures
	maxWords  = 2000 // characters of a reason
	maxName   = 200
	longestOK = 366 * 24 * time.Hour // an exception lasts at most a year
)

// Rule judges what a person asks for about each exposure, and stores it for all
// of them or for none, with an entry in the log for each.
func (p People) Rule(ctx context.Context, by string, ask ctem.RulingAsk) ([]ctem.Ruling, error) {
	now := p.Now().UTC().Truncate(time.Microsecond)
	if err := checkAsk(by, &ask); err != nil {
		return nil, err
	}
	said, err := p.Store.Scope(ctx, ctem.AsOf{Now: now})
	if err != nil {
		return nil, fmt.Errorf("read the scope: %w", err)
	}
	var list []ctem.Ruling
	var log []ctem.AuditEntry
	for _, id := range ask.Exposures {
		c, err := p.hear(ctx, id, now)
		if err != nil {
			return nil, err
		}
		c.by, c.ask = by, &ask
		r, err := c.judge()
		if err != nil {
			return nil, err
		}
		entry, err := p.entry(&c, r, said)
		if err != nil {
			return nil, err
		}
		list, log = append(list, r), append(log, entry)
	}
	return p.Store.AppendRulings(ctx, list, log, now)
}

// hear reads how an exposure stands.
func (p People) hear(ctx context.Context, id string, now time.Time) (plea, error) {
	e, err := p.Store.FindExposure(ctx, id, ctem.AsOf{Now: now})
	if err != nil {
		return plea{}, err
	}
	rulings, err := p.Store.Rulings(ctx, []int64{e.Num}, ctem.AsOf{})
	if err != nil {
		return plea{}, fmt.Errorf("read what people decided about %s: %w", id, err)
	}
	before := rulings[e.Num]
	return plea{e: &e, s: ctem.StandingOf(before), before: before, now: now}, nil
}

// entry is what the log says of a ruling: how the exposure stands, and how it
// will when the step has followed.
func (p People) entry(c *plea, r ctem.Ruling, said ctem.Scope) (ctem.AuditEntry, error) {
	r.Seq, r.At = math.MaxInt64, c.now // it will have a number later than all others
	after := Case{Exposure: *c.e, Scope: said, Rulings: append(slices.Clone(c.before), r), Now: c.now}
	deed := ctem.Deed{
		By: p.Sign, Verb: "exposures " + string(r.Kind), Object: c.e.ID, Reason: r.Reason,
		Before: stand(c.e.Decision), After: stand(after.foreseen()), Detail: asked(c.ask),
	}
	deed.By.Actor = cmp.Or(deed.By.Actor, c.by)
	return deed.Entry(c.now)
}

// foreseen is the decision on an exposure as it will be by what people said.
func (c *Case) foreseen() *ctem.Decision {
	var d ctem.Decision
	if was := c.Exposure.Decision; was != nil {
		d.Word, d.Computed = was.Computed, was.Computed
	}
	c.people(&d)
	return &d
}

// stand says in a line how an exposure is decided.
func stand(d *ctem.Decision) string {
	if d == nil {
		d = &ctem.Decision{}
	}
	return fmt.Sprintf("%s by %s, owner %s", cmp.Or(string(d.Word), "undecided"), cmp.Or(d.DecidedBy, "rules"), cmp.Or(d.Owner, "nobody"))
}

func asked(ask *ctem.RulingAsk) json.RawMessage {
	var until *time.Time
	if !ask.Until.IsZero() {
		utc := ask.Until.UTC()
		until = &utc
	}
	b, err := json.Marshal(struct {
		Word     ctem.Word  `json:"word,omitempty"`
		Owner    string     `json:"owner,omitempty"`
		Until    *time.Time `json:"until,omitempty"`
		Approver string     `json:"approver,omitempty"`
	}{ask.Word, ask.Owner, until, ask.Approver})
	if err != nil {
		return nil
	}
	return b
}

func checkAsk(by string, ask *ctem.RulingAsk) error {
	ask.Reason, ask.Owner = strings.TrimSpace(ask.Reason), strings.TrimSpace(ask.Owner)
	slices.Sort(ask.Exposures)
	ask.Exposures = slices.Compact(ask.Exposures)
	switch {
	case strings.TrimSpace(by) == "":
		return fault.New(fault.Forbidden, "nobody in particular cannot decide")
	case len(ask.Exposures) == 0:
		return fault.New(fault.Invalid, "no exposure is named")
	case len(ask.Exposures) > maxAsked:
		return fault.New(fault.Invalid, "%d exposures are named, at most %d can be decided at once", len(ask.Exposures), maxAsked)
	case len(ask.Reason) > maxWords:
		return fault.New(fault.Invalid, "the reason has %d bytes, at most %d", len(ask.Reason), maxWords)
	case len(ask.Owner) > maxName || len(ask.Approver) > maxName:
		return fault.New(fault.Invalid, "a name has at most %d bytes", maxName)
	}
	for _, text := range []string{ask.Reason, ask.Owner, ask.Approver} {
		if err := ctem.PlainText("the text", text); text != "" && err != nil {
			return err
		}
	}
	return nil
}

// plea is what a person asks for about one exposure, as things stand.
type plea struct {
	e      *ctem.Exposure
	s      ctem.Standing
	before []ctem.Ruling // about this exposure
	by     string
	ask    *ctem.RulingAsk
	now    time.Time
}

func (c *plea) judge() (ctem.Ruling, error) {
	r := ctem.Ruling{Num: c.e.Num, Exposure: c.e.ID, Kind: c.ask.Kind, Reason: c.ask.Reason, By: c.by, After: c.s.Newest}
	switch c.ask.Kind {
	case ctem.RuleDecide:
		return c.decide(r)
	case ctem.RuleAssign:
		if c.ask.Owner == "" {
			return r, fault.New(fault.Invalid, "%s is assigned to nobody", c.e.ID).WithHint("name an owner, or undo the assignment")
		}
		r.Owner = c.ask.Owner
		return r, nil
	case ctem.RuleUndo:
		if c.s.Last == nil {
			return r, fault.New(fault.Conflict, "nobody has decided anything about %s that could be undone", c.e.ID)
		}
		r.Undoes = c.s.Last.Seq
		return r, nil
	case ctem.RuleApprove, ctem.RuleReject:
		return c.answer(r)
	}
	return r, fault.New(fault.Invalid, "no ruling %q", string(c.ask.Kind))
}

func (c *plea) decide(r ctem.Ruling) (ctem.Ruling, error) {
	switch {
	case !c.e.State.Live():
		return r, fault.New(fault.Conflict, "%s is %s: there is nothing left to decide", c.e.ID, c.e.State)
	case c.e.Decision == nil:
		return r, fault.New(fault.Conflict, "the rules have not yet decided %s", c.e.ID).WithHint("try again in a moment")
	case c.ask.Word == "":
		return r, fault.New(fault.Invalid, "no decision is named").WithHint("decisions are act, schedule, watch, none")
	case c.ask.Reason == "":
		return r, fault.New(fault.Invalid, "a decision needs a reason").WithHint("say why, so that others can follow")
	}
	r.Word, r.Computed, r.Until = c.ask.Word, c.e.Decision.Computed, c.ask.Until
	if !r.Until.IsZero() && !r.Until.After(c.now) {
		return r, fault.New(fault.Invalid, "the end, %s, is not in the future", r.Until.Format("2006-01-02"))
	}
	if !r.Loosens() {
		return r, nil
	}
	return c.loosen(r)
}

// loosen asks for more than a reason: an end, and another person.
func (c *plea) loosen(r ctem.Ruling) (ctem.Ruling, error) {
	switch {
	case r.Until.IsZero():
		return r, fault.New(fault.Invalid, "%s is less urgent than the rules' %s: that is an exception and needs an end", r.Word, r.Computed).
			WithHint("give the day on which it ends, at most a year from now")
	case r.Until.Sub(c.now) > longestOK:
		return r, fault.New(fault.Invalid, "an exception lasts at most a year, not until %s", r.Until.Format("2006-01-02"))
	case c.ask.Approver == "":
		return r, nil // waits for another person
	case ctem.SamePerson(c.ask.Approver, c.by):
		return r, fault.New(fault.Forbidden, "%s cannot approve what %s asks for", c.ask.Approver, c.by).WithHint("another person has to agree")
	}
	r.ApprovedBy = c.ask.Approver
	return r, nil
}

// answer approves or rejects what somebody else asked for.
func (c *plea) answer(r ctem.Ruling) (ctem.Ruling, error) {
	q := c.s.Request
	if q == nil {
		return r, fault.New(fault.Conflict, "nobody asks for an exception for %s", c.e.ID)
	}
	r.Answers = q.Seq
	if c.ask.Kind == ctem.RuleReject {
		return r, nil
	}
	switch {
	case ctem.SamePerson(q.By, c.by):
		return r, fault.New(fault.Forbidden, "%s asked for it, so somebody else has to approve it", q.By)
	case !c.now.Before(q.Until):
		return r, fault.New(fault.Conflict, "the exception was asked for until %s, which is over", q.Until.Format("2006-01-02"))
	case !c.e.State.Live():
		return r, fault.New(fault.Conflict, "%s is %s: there is nothing left to decide", c.e.ID, c.e.State)
	case c.e.Decision != nil && c.e.Decision.Computed.Urgency() > q.Computed.Urgency():
		return r, fault.New(fault.Conflict, "it was asked for when the rules said %s; now they say %s", q.Computed, c.e.Decision.Computed).
			WithHint("ask for it again")
	}
	return r, nil
}
