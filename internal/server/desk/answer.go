package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/estate"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Exposures lists exposures, the most urgent first unless it is asked otherwise.
func (d exposing) Exposures(ctx context.Context, q api.Query) (api.List[api.Exposure], error) {
	out, err := reply.Envelope[api.Exposure](ctx, d.Base, q, api.SchemaExposures)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Exposed.ListExposures(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, ExposureItem)
	return out, nil
}

// Exposure is one exposure with what it stands on and its history.
func (d exposing) Exposure(ctx context.Context, id string, m api.Moment) (api.ExposureDetail, error) {
	at := d.Time(m)
	e, err := d.find(ctx, id, at)
	if err != nil {
		return api.ExposureDetail{}, err
	}
	history, err := d.Exposed.ExposureHistory(ctx, e.Num, at)
	if err != nil {
		return api.ExposureDetail{}, err
	}
	said, err := d.Exposed.Rulings(ctx, []int64{e.Num}, at)
	if err != nil {
		return api.ExposureDetail{}, err
	}
	doc := detail(e, history, at)
	if doc.Windows, err = d.twin.Windows(ctx, &e, history, at); err != nil {
		return api.ExposureDetail{}, err
	}
	for _, r := range said[e.Num] {
		doc.Rulings = append(doc.Rulings, rulingItem(r))
	}
	changes, err := d.Explains.Changes(ctx, e, at)
	if err != nil {
		return api.ExposureDetail{}, err
	}
	for i := range changes.Items {
		doc.Decisions = append(doc.Decisions, changeItem(&changes.Items[i]))
	}
	doc.EarlierDecisions = changes.Total - len(changes.Items)
	all, each, err := d.twin.Loaded(ctx, &e, at)
	if err != nil {
		return api.ExposureDetail{}, err
	}
	doc.Loaded = all
	for i := range doc.Instances {
		doc.Instances[i].Loaded = each[i]
	}
	return doc, d.surround(ctx, &e, at, &doc)
}

func detail(e ctem.Exposure, history []ctem.HistoryPiece, at ctem.AsOf) api.ExposureDetail {
	doc := api.ExposureDetail{
		Schema: api.SchemaExposure, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Exposure: ExposureItem(e),
		Instances: instanceItems(e.Instances), Doors: estate.DoorItems(e.Doors), History: []api.Piece{}, Rulings: []api.Ruling{}, Decisions: []api.DecisionChange{},
	}
	if e.Decision != nil {
		doc.Exception = exceptionItem(e.Decision.Exception)
	}
	for _, h := range history {
		doc.History = append(doc.History, api.Piece{
			From: h.From, To: reply.When(h.To), State: string(h.State), Reason: h.Reason,
			RecordedFrom: h.RecordedFrom, RecordedTo: reply.When(h.RecordedTo),
		})
	}
	return doc
}

// find gives an exposure that the viewer may see; any other does not exist.
func (d exposing) find(ctx context.Context, id string, at ctem.AsOf) (ctem.Exposure, error) {
	e, err := d.Exposed.FindExposure(ctx, id, at)
	if err != nil || !d.Viewer.Narrow() {
		return e, err
	}
	terms := []ctem.Term{{Key: "id", Op: ":", Values: []string{e.ID}}}
	ask := d.Asks(at)
	ask.Terms, ask.Limit = terms, 1
	page, err := d.Exposed.ListExposures(ctx, ask)
	if err != nil {
		return ctem.Exposure{}, err
	}
	if page.Total == 0 {
		return ctem.Exposure{}, reply.Missing("exposure", id)
	}
	return e, nil
}

// Explain says why an exposure is decided as it is.
func (d exposing) Explain(ctx context.Context, id string, m api.Moment) (api.Explanation, error) {
	at := d.Time(m)
	e, err := d.find(ctx, id, at)
	if err != nil {
		return api.Explanation{}, err
	}
	x, err := d.Explains.Explain(ctx, e, at)
	if err != nil {
		return api.Explanation{}, err
	}
	doc := explanation(x, at)
	history, err := d.Exposed.ExposureHistory(ctx, e.Num, at)
	if err != nil {
		return api.Explanation{}, err
	}
	if doc.Windows, err = d.twin.Windows(ctx, &e, history, at); err != nil {
		return api.Explanation{}, err
	}
	if doc.Loaded, _, err = d.twin.Loaded(ctx, &e, at); err != nil {
		return api.Explanation{}, err
	}
	doc.Matches, err = d.matches(ctx, &e)
	return doc, err
}

// maxExplained bounds the components whose matches an explanation shows.
const maxExplained = 100

// matches says why the exposure's advisories name its components.
func (d exposing) matches(ctx context.Context, e *ctem.Exposure) ([]api.MatchReason, error) {
	out := []api.MatchReason{}
	var purls []string
	for i := range e.Instances {
		if p := e.Instances[i].Purl; len(purls) < maxExplained && !slices.Contains(purls, p) {
			purls = append(purls, p)
		}
	}
	list, err := d.Records.MatchReasons(ctx, purls, e.Advisories)
	for _, r := range list {
		out = append(out, api.MatchReason(r))
	}
	return out, err
}

// Affected answers whether something is here.
func (d exposing) Affected(ctx context.Context, what string, q api.Query) (api.Affected, error) {
	at := d.Time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt})
	ask := d.Asks(at)
	ask.Limit = q.Limit
	got, err := d.Exposed.Affected(ctx, ask, what)
	if err != nil {
		return api.Affected{}, err
	}
	doc := api.Affected{
		Schema: api.SchemaAffected, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Query: what,
		Verdict: string(got.Verdict()), Total: got.Page.Total, Items: []api.Exposure{}, Sentence: affectedSentence(&got),
		Coverage: api.AffectedCoverage{Searched: got.Coverage.Searched, Total: got.Coverage.Total, Oldest: reply.When(got.Coverage.Oldest)},
	}
	for _, e := range got.Page.Items {
		doc.Items = append(doc.Items, ExposureItem(e))
	}
	return doc, nil
}

// affectedSentence is the answer as a person would say it.
func affectedSentence(got *ctem.Affected) string {
	c := got.Coverage
	looked := fmt.Sprintf("Searched %d of %d workloads.", c.Searched, c.Total)
	switch got.Verdict() {
	case ctem.AffectedRunning:
		n := got.Running[ctem.Yes]
		return fmt.Sprintf("Affected: %s to %s %s here. %s", reply.CountExposures(n), got.Query, reply.Plural(n, "runs", "run"), looked)
	case ctem.AffectedNotRunning:
		return fmt.Sprintf("Affected, but not running: %s to %s. %s", reply.CountExposures(got.Page.Total), got.Query, looked)
	case ctem.NotFound:
		return fmt.Sprintf("Not found: %s is in nothing that is deployed. %s", got.Query, looked)
	case ctem.CannotSay:
	}
	if n := got.Running[ctem.Unknown]; n > 0 {
		return fmt.Sprintf("Cannot say whether it runs: %s to %s, and no fresh run-time evidence. %s", reply.CountExposures(n), got.Query, looked)
	}
	if got.Unheard {
		return fmt.Sprintf("Cannot say: no advisory that is loaded is about %s, so nothing could be compared with it. %s", got.Query, looked)
	}
	if got.Present > 0 {
		return fmt.Sprintf("Cannot say: %d workloads have %s, and no weakness of it is known. %s", got.Present, got.Query, looked)
	}
	return fmt.Sprintf("Cannot say: no exposure to %s where it was looked, and not everything could be looked into. %s", got.Query, looked)
}

// Actions lists actions, the most urgent first.
func (d exposing) Actions(ctx context.Context, q api.Query) (api.List[api.Action], error) {
	out, err := reply.Envelope[api.Action](ctx, d.Base, q, api.SchemaActions)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Work.Actions(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, ActionItem)
	return out, nil
}

// Action is one action with the exposures that it closes.
func (d exposing) Action(ctx context.Context, id string, m api.Moment) (api.ActionDetail, error) {
	at := d.Time(m)
	x, err := d.Work.FindAction(ctx, id, at)
	if err != nil {
		return api.ActionDetail{}, err
	}
	if err := d.mayAction(ctx, x.ID, at); err != nil {
		return api.ActionDetail{}, err
	}
	return api.ActionDetail{Schema: api.SchemaAction, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Action: ActionItem(x)}, nil
}

// mayAction refuses an action that the viewer may not see: it does not exist.
func (d exposing) mayAction(ctx context.Context, id string, at ctem.AsOf) error {
	if !d.Viewer.Narrow() {
		return nil
	}
	terms := []ctem.Term{{Key: "id", Op: ":", Values: []string{id}}}
	ask := d.Asks(at)
	ask.Terms, ask.Limit = terms, 1
	page, err := d.Work.Actions(ctx, ask)
	if err != nil {
		return err
	}
	if page.Total == 0 {
		return reply.Missing("action", id)
	}
	return nil
}

// Funnel counts the live exposures by gate, each gate by itself.
func (d measuring) Funnel(ctx context.Context, m api.Moment) (api.Funnel, error) {
	at := d.Time(m)
	f, err := d.Measured.Funnel(ctx, d.Asks(at))
	if err != nil {
		return api.Funnel{}, err
	}
	return api.Funnel{
		Schema: api.SchemaFunnel, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Total: f.Total, ActNow: f.ActNow, ActNowOutside: f.ActNowOutside,
		Gates: map[string]api.Count{
			"found": api.Count(f.Found), "running": api.Count(f.Running), "reachable": api.Count(f.Reachable),
			"exploitable": api.Count(f.Exploitable), "matters": api.Count(f.Matters),
		},
	}, nil
}

// Trend is open exposures and risk by day.
func (d measuring) Trend(ctx context.Context, days int, m api.Moment) (api.Trend, error) {
	at := d.Time(m)
	list, err := d.Measured.Trend(ctx, d.Asks(at), days)
	if err != nil {
		return api.Trend{}, err
	}
	return api.Trend{Schema: api.SchemaTrend, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Items: TrendItems(list)}, nil
}

// TrendItems are the days of a trend.
func TrendItems(list []ctem.TrendDay) []api.TrendDay {
	out := make([]api.TrendDay, 0, len(list))
	for _, x := range list {
		out = append(out, api.TrendDay{Day: x.Day.Format("2006-01-02"), Open: x.Open, Risk: x.Risk, Score: x.Score})
	}
	return out
}

// Coverage says what the picture rests on.
func (d measuring) Coverage(ctx context.Context, m api.Moment) (api.MeasureCoverage, error) {
	at := d.Time(m)
	c, err := d.Measured.Coverage(ctx, at)
	if err != nil {
		return api.MeasureCoverage{}, err
	}
	doc := api.MeasureCoverage{
		Schema: api.SchemaCoverage, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Workloads: c.Workloads, WithSBOM: c.WithSBOM,
		Unproven: c.Unproven, WithoutSBOM: reply.List(c.WithoutSBOM), OldestEvidence: reply.When(c.OldestSeen),
		StaleSources: reply.List(c.StaleSources), UnknownSources: reply.List(c.LapsedSources), UndecidedParts: c.Undecided,
		UndecidedReason: c.ByReason, Feeds: FeedItems(c.Feeds),
	}
	if doc.UndecidedReason == nil {
		doc.UndecidedReason = map[string]int{}
	}
	if c.Dated > 0 {
		seconds := int64(c.MedianAge / time.Second)
		doc.MedianAge = &seconds
	}
	return doc, nil
}

// AuditVerdict walks the hash chain of the audit log.
func (d measuring) AuditVerdict(ctx context.Context) (api.Audit, error) {
	v, err := d.Records.VerifyAudit(ctx)
	if err != nil {
		return api.Audit{}, err
	}
	return api.Audit{
		Schema: api.SchemaAudit, AsOf: d.Time(api.Moment{}).Time(), OK: v.Broken == 0, Entries: v.Entries, Head: v.Head,
		Broken: v.Broken, Reason: v.Reason,
	}, nil
}

// AuditLog lists mutations, newest first.
func (d measuring) AuditLog(ctx context.Context, q ctem.AuditQuery) (api.List[api.AuditEntry], error) {
	out, err := reply.Envelope[api.AuditEntry](ctx, d.Base, api.Query{}, api.SchemaAuditLog)
	if err != nil {
		return out, err
	}
	page, err := d.Records.AuditLog(ctx, q)
	if err != nil {
		return out, err
	}
	out.Total, out.Truncated, out.Next = page.Total, page.Next != "", reply.Text(page.Next)
	for _, e := range page.Items {
		x := e.Parsed()
		out.Items = append(out.Items, api.AuditEntry{
			Seq: e.Seq, At: e.At, Actor: e.Actor, Verb: e.Verb, Object: e.Object, Outcome: x.Outcome,
			Before: x.Before, After: x.After, Reason: x.Reason, RequestID: x.RequestID, Detail: string(x.Detail),
		})
	}
	return out, nil
}
