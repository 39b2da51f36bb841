package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/mobilize"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/server/desk"
)

// rulingCmds are what a person may do about exposures.
func (a *app) rulingCmds() []*cobra.Command {
	var reason, until, approver string
	rule := func(use, short string, kind ctem.RulingKind, last func(*ctem.RulingAsk, string) error) *cobra.Command {
		least := 1
		if last != nil {
			least = 2
		}
		c := &cobra.Command{Use: use, Short: short, Args: command.Args(least, -1, "the ids of exposures (EXP-…)"), RunE: func(c *cobra.Command, given []string) (err error) {
			ask := ctem.RulingAsk{Kind: kind, Exposures: given, Reason: reason, Approver: approver}
			if last != nil {
				n := len(given) - 1
				ask.Exposures = given[:n]
				if err := last(&ask, given[n]); err != nil {
					return err
				}
			}
			if ask.Until, err = command.ParseTime("--until", until); err != nil {
				return err
			}
			return a.rule(c.Context(), ask)
		}}
		c.Flags().StringVar(&reason, "reason", "", "why")
		return c
	}
	decide := rule("decide EXP… act|schedule|watch|none --reason R", "Decide otherwise than the rules", ctem.RuleDecide, func(ask *ctem.RulingAsk, word string) error {
		w, ok := ctem.ParseWord(word)
		if !ok {
			return fault.New(fault.Invalid, "no decision %q", word).WithHint("decisions are act, schedule, watch, none")
		}
		ask.Word = w
		return nil
	})
	decide.Flags().StringVar(&until, "until", "", "day on which it ends; needed for less than the rules ask for")
	decide.Flags().StringVar(&approver, "approver", "", "another person who has agreed already")
	return []*cobra.Command{
		decide,
		rule("assign EXP… OWNER", "Say who has to act", ctem.RuleAssign, func(ask *ctem.RulingAsk, owner string) error { ask.Owner = owner; return nil }),
		rule("undo EXP…", "Take back the last ruling", ctem.RuleUndo, nil),
		rule("approve EXP…", "Agree to an exception that somebody else asks for", ctem.RuleApprove, nil),
		rule("reject EXP…", "Refuse an exception that somebody asks for", ctem.RuleReject, nil),
	}
}

// rule stores what a person decides, lets the steps follow, and shows the result.
func (a *app) rule(ctx context.Context, ask ctem.RulingAsk) error {
	out := api.List[api.Exposure]{Schema: api.SchemaExposures, AsOf: a.AsOf.Time(), Items: []api.Exposure{}, Total: len(ask.Exposures)}
	show := func() error { return output.List(&a.Print, out, exposureColumns()) }
	return a.Remotely(func(c *client.Client) error {
		for _, id := range ask.Exposures {
			e, err := remote.Rule(ctx, c, id, ask)
			if err != nil {
				return err
			}
			out.AsOf, out.Items = e.AsOf, append(out.Items, e.Exposure)
		}
		return show()
	}, func() error {
		return a.Changing(ctx, func(s *local.Session) error {
			_, err := prioritize.People{Store: s.DB, Now: a.Present}.Rule(ctx, local.Actor(), ask)
			return err
		}, func(s *local.Session) error {
			for _, id := range ask.Exposures {
				e, err := s.DB.FindExposure(ctx, id, a.AsOf)
				if err != nil {
					return err
				}
				out.Items = append(out.Items, desk.ExposureItem(e))
			}
			return show()
		})
	})
}

// workCmds are what a person may do about actions.
func (a *app) workCmds() []*cobra.Command {
	var reason string
	move := func(use, short string, state ctem.Work) *cobra.Command {
		n := 1
		if state == "" {
			n = 2
		}
		c := &cobra.Command{Use: use, Short: short, Args: command.Args(n, n, "the id of an action (ACT-…)"), RunE: func(c *cobra.Command, given []string) error {
			ask := ctem.WorkAsk{Action: given[0], State: state, Reason: reason}
			if state == "" {
				ask.Owner = given[1]
			}
			return a.move(c.Context(), ask)
		}}
		c.Flags().StringVar(&reason, "reason", "", "why")
		return c
	}
	return []*cobra.Command{
		move("accept ACT", "Take the work on", ctem.Accepted),
		move("start ACT", "Begin the work", ctem.InProgress),
		move("block ACT --reason R", "Say what stands in the way", ctem.Blocked),
		move("reject ACT --reason R", "Refuse the work", ctem.Rejected),
		move("assign ACT OWNER", "Hand the work over", ""),
	}
}

func (a *app) move(ctx context.Context, ask ctem.WorkAsk) error {
	var doc api.ActionDetail
	show := func() error {
		return a.Print.Document(doc, func(w io.Writer) { actionText(w, doc.Action) })
	}
	return a.Remotely(func(c *client.Client) (err error) {
		doc, err = c.ChangeAction(ctx, ask.Action, api.ActionChange{State: string(ask.State), Owner: ask.Owner, Reason: ask.Reason})
		if err != nil {
			return err
		}
		return show()
	}, func() error {
		return a.Changing(ctx, func(s *local.Session) error {
			_, err := mobilize.Work{Store: s.DB, Now: a.Present}.Move(ctx, local.Actor(), ask)
			return err
		}, func(s *local.Session) (err error) {
			if doc, err = s.Desk().Action(ctx, ask.Action, a.Moment()); err != nil {
				return err
			}
			return show()
		})
	})
}
