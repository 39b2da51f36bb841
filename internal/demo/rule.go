package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// The people of the company who decide something.
const (
	engineer = "noor"  // product security
	lead     = "jonas" // leads the risk team, approves what the others ask for
)

// told is a ruling in the story: on what, and after which week's computation.
type told struct {
	week                           int
	kind                           string
	service, environment, weakness string
	word                           ctem.Word
	owner, by, reason              string
	days                           int // that it holds
}

// story is what people decided. What loosens is asked for by one and approved
// by another; one request still waits.
func story() []told {
	const swap = "The parser is being replaced; the gateway refuses XML from outside until then."
	return []told{
		{
			week: 24, kind: RuleAssign, service: "report-builder", environment: "prod-eu", weakness: "CVE-2021-3803", owner: "team-insights", by: lead,
			reason: "Nobody has claimed the service yet; insights looks after this one.",
		},
		{
			week: 24, kind: RuleDecide, service: "insights-portal", environment: "prod-eu", weakness: "CVE-2020-11023", word: ctem.ActNow, by: engineer,
			reason: "Medium by its vector, but it is being exploited and the portal shows what customers type.",
		},
		{week: 24, kind: RuleDecide, service: "payment-gateway", environment: "prod-us", weakness: "CVE-2021-39144", word: ctem.Schedule, by: engineer, days: 28, reason: swap},
		{week: 24, kind: RuleApprove, service: "payment-gateway", environment: "prod-us", weakness: "CVE-2021-39144", by: lead, reason: "Seen the rule at the gateway; not longer than four weeks."},
		{
			week: 24, kind: RuleDecide, service: "insights-portal", environment: "prod-us", weakness: "CVE-2022-31129", word: ctem.NoAction, by: engineer, days: 60,
			reason: "The portal gives moment only dates that it wrote itself.",
		},
		{week: 24, kind: RuleApprove, service: "insights-portal", environment: "prod-us", weakness: "CVE-2022-31129", by: lead, reason: "Read the code; goes away with the next version."},
		{
			week: 25, kind: RuleDecide, service: "web-shop", environment: "prod-ap", weakness: "CVE-2021-42740", word: ctem.Watch, by: engineer, days: 14,
			reason: "The shop starts no shell with it; the team wants to upgrade with the next release.",
		},
	}
}

// toldWork is what people said about an action.
type toldWork struct {
	week           int
	service, locus string
	state          ctem.Work
	by, reason     string
}

func work() []toldWork {
	return []toldWork{
		{24, "insights-portal", "pkg:npm/jquery", ctem.Accepted, "team-insights", "In the next release."},
		{24, "payout-batch", "pkg:maven/com.h2database/h2", ctem.Blocked, "team-payments", "The new version reads the old files only after a conversion."},
		{24, "fraud-scoring", "pkg:pypi/mlflow", ctem.Rejected, "team-risk", "The model server is replaced next quarter; nobody but us reaches it."},
		{25, "catalog-api", "pkg:maven/org.apache.tomcat.embed/tomcat-embed-core", ctem.InProgress, "team-catalog", "Version 9.0.90 is under test."},
		{25, "web-shop", "pkg:npm/shell-quote", ctem.Accepted, "team-web", "Today or tomorrow."},
	}
}

// rule lets people decide what the story has for a week.
func (p *Player) rule(ctx context.Context, week int) error {
	if p.doors.People == nil {
		return nil
	}
	for _, t := range story() {
		if t.week != week {
			continue
		}
		if err := p.decide(ctx, t); err != nil {
			return fmt.Errorf("%s %s of %s: %w", t.kind, t.weakness, t.service, err)
		}
	}
	for _, t := range work() {
		if t.week != week {
			continue
		}
		w := Work{Action: ctem.ActionID(t.locus, t.service), By: t.by, State: t.state, Reason: t.reason}
		if err := p.doors.People.Work(ctx, w); err != nil {
			return fmt.Errorf("%s is %s: %w", t.service, t.state, err)
		}
	}
	return nil
}

func (p *Player) decide(ctx context.Context, t told) error {
	page, err := find(ctx, p.doors.Estate, "svc:"+t.service+" env:"+t.environment+" vuln:"+t.weakness, p.clock.Now())
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		return fault.New(fault.Internal, "no exposure of it in %s", t.environment)
	}
	r := Ruling{Kind: t.kind, By: t.by, Word: t.word, Owner: t.owner, Reason: t.reason}
	if t.days > 0 {
		r.Until = p.clock.Now().Add(time.Duration(t.days) * dayLength)
	}
	for i := range page.Items {
		r.Exposure = page.Items[i].ID
		if err := p.doors.People.Rule(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// find asks for exposures in the words of a list.
func find(ctx context.Context, in Estate, query string, now time.Time) (ctem.ExposurePage, error) {
	terms, err := ctem.ParseQuery(query)
	if err != nil {
		return ctem.ExposurePage{}, err
	}
	return in.ListExposures(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: now}, Terms: terms})
}
