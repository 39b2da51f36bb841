package desk

import (
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// ExposureItem turns an exposure into its wire form. An exposure that is not
// yet decided has empty words, not words of calm.
func ExposureItem(e ctem.Exposure) api.Exposure {
	it := api.Exposure{
		ID: e.ID, Weakness: e.Weakness.Canonical, Aliases: reply.List(e.Weakness.Aliases), Kind: string(e.Weakness.Kind),
		Locus: e.Locus, Component: e.Locus, Versions: versions(e.Instances), Service: e.Service, Environment: e.Environment,
		State: string(e.State), StateReason: e.StateReason, Since: reply.When(e.Since), FirstSeen: reply.When(e.FirstSeen),
		Regressions: e.Regressions, Treatment: string(e.Treatment), Fix: reply.Text(e.Fix), Advisories: reply.List(e.Advisories),
		Freshness: string(e.Freshness), SeenAt: reply.When(e.SeenAt), Revision: e.Revision,
		Gates: api.Gates{
			Found: string(e.State.Found()), Running: string(e.Running), Reachable: string(e.Reachable),
			Exploitable: string(ctem.Unknown), Matters: string(ctem.Unknown),
		},
	}
	if len(e.Instances) > 0 {
		it.Component = e.Instances[0].Purl
	}
	if d := e.Decision; d != nil {
		it.Decision, it.ComputedDecision, it.DecidedBy = string(d.Word), string(d.Computed), decidedBy(d)
		it.Score, it.Band, it.Grade = d.Score, ctem.Band(d.Score), d.Grade
		it.Severity, it.KEV, it.EPSS, it.Owner, it.OwnerRule = string(d.Severity), string(d.KEV), d.EPSS, d.Owner, d.OwnerRule
		if d.Low <= d.Score && d.Score <= d.High { // not where old evidence gave another score
			it.Low, it.High = &d.Low, &d.High
		}
		it.Deadline = reply.When(d.Deadline)
		it.Gates.Exploitable, it.Gates.Matters = string(d.Gates.Exploitable), string(d.Gates.Matters)
	}
	return it
}

// decidedBy names the decider: the rules, unless a person did.
func decidedBy(d *ctem.Decision) string {
	if d.DecidedBy == "" {
		return "rules"
	}
	return d.DecidedBy
}

// versions lists the affected versions once each, in the instances' order.
func versions(instances []ctem.Instance) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, in := range instances {
		if !seen[in.Version] {
			seen[in.Version] = true
			out = append(out, in.Version)
		}
	}
	return out
}

func instanceItems(instances []ctem.Instance) []api.Instance {
	out := make([]api.Instance, 0, len(instances))
	for _, in := range instances {
		out = append(out, api.Instance{
			Component: in.Purl, Version: in.Version, Artifact: in.Artifact, Image: in.Image,
			Container: in.Container, Source: in.Source, Class: string(in.Class), Proven: in.Proven, Replicas: in.Replicas,
			Advisory: in.Advisory, Fixed: reply.List(in.Fixed),
		})
	}
	return out
}

// GateItems are the gates in their wire form.
func GateItems(g ctem.Gates) api.Gates {
	return api.Gates{
		Found: string(g.Found), Running: string(g.Running), Reachable: string(g.Reachable),
		Exploitable: string(g.Exploitable), Matters: string(g.Matters),
	}
}

// ageAt is the age of evidence at a time, in seconds; nil when it has no date.
func ageAt(t, now time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := int64(now.Sub(t) / time.Second)
	return &s
}

func explanation(x ctem.Explanation, asOf ctem.AsOf) api.Explanation {
	e, d, now := x.Exposure, x.Decision, asOf.Time()
	doc := api.Explanation{
		Schema: api.SchemaExplain, AsOf: now, KnownAt: reply.When(asOf.KnownAt), ID: e.ID, Weakness: e.Weakness.Canonical, Service: e.Service,
		Environment: e.Environment, Sentence: d.Sentence, Decision: string(d.Word), ComputedDecision: string(d.Computed),
		DecidedBy: decidedBy(&d), Score: d.Score, Band: d.Band, Low: d.Low, High: d.High, Grade: d.Grade, Gates: GateItems(d.Gates),
		Factors: []api.Factor{}, GateReasons: []api.GateReason{}, Rules: d.Rules,
		Question: x.Question, QuestionPoints: x.QuestionPoints, Exception: exceptionItem(d.Exception),
		Deadline: api.Deadline{Due: reply.When(d.Deadline), Table: d.Table, Row: d.Row, Inputs: []api.Input{}},
	}
	for _, f := range d.Factors {
		doc.Factors = append(doc.Factors, api.Factor{
			Name: f.Name, Value: f.Value, Low: f.Low, High: f.High, Points: f.Points,
			Evidence: f.Evidence, Source: f.Source, Age: ageAt(f.At, now), Assumed: f.Assumed,
		})
	}
	for _, in := range d.Inputs {
		doc.Deadline.Inputs = append(doc.Deadline.Inputs, api.Input(in))
	}
	for _, r := range d.Reasons {
		doc.GateReasons = append(doc.GateReasons, api.GateReason{
			Gate: r.Gate, Value: string(r.Value), Source: r.Source,
			Age: ageAt(r.At, now), Reason: r.Reason,
		})
	}
	return doc
}

func exceptionItem(x *ctem.Exception) *api.Exception {
	if x == nil {
		return nil
	}
	return &api.Exception{
		State: string(x.State), Decision: string(x.Word), Until: reply.When(x.Until), By: x.By, ApprovedBy: x.ApprovedBy, Reason: x.Reason,
	}
}

func changeItem(c *ctem.DecisionChange) api.DecisionChange {
	out := api.DecisionChange{
		From: c.ValidFrom, RecordedAt: c.At, Decision: string(c.Word), ComputedDecision: string(c.Computed), DecidedBy: decidedBy(&c.Decision),
		Score: c.Score, Rules: c.Rules, Because: c.Because,
	}
	if c.Before != nil {
		out.Was = string(c.Before.Word)
	}
	return out
}

func rulingItem(r ctem.Ruling) api.Ruling {
	return api.Ruling{
		At: r.At, Kind: string(r.Kind), By: r.By, Decision: string(r.Word), Owner: r.Owner, Until: reply.When(r.Until), Reason: r.Reason,
	}
}

// ActionItem is an action in its wire form.
func ActionItem(x ctem.Action) api.Action {
	return api.Action{
		ID: x.ID, Owner: x.Owner, OwnerRule: x.OwnerRule, State: string(x.State), Reason: x.Reason, Component: x.Locus, Service: x.Service,
		Environments: reply.List(x.Environments), Target: reply.Text(x.Target), Decision: string(x.Word), Due: reply.When(x.Due), Score: x.Score,
		Risk: x.Risk, RiskRemoved: x.Removed, Open: x.OpenCount, Fixed: x.FixedCount, Reopened: x.Reopened,
		Exposures: reply.List(x.Exposures), CreatedAt: reply.When(x.CreatedAt), ChangedAt: reply.When(x.ChangedAt),
	}
}

// FeedItems are the feeds in their wire form.
func FeedItems(feeds []advisory.Feed) []api.Feed {
	out := make([]api.Feed, 0, len(feeds))
	for _, f := range feeds {
		out = append(out, api.Feed{
			Kind: string(f.Kind), Name: f.Name, Records: f.Records, Withdrawn: f.Withdrawn,
			DataTime: reply.When(f.DataTime), LoadedAt: reply.When(f.LoadedAt), Origin: fault.Mask(f.Origin),
		})
	}
	return out
}
