package picture

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// ExposurePage is one exposure with its explanation, ladder and timeline.
func (d detailing) ExposurePage(ctx context.Context, v reply.Viewer, id string, m api.Moment) (api.ExposurePageDoc, error) {
	doc := api.ExposurePageDoc{Schema: api.SchemaPage, Rungs: []api.Rung{}, Timeline: []api.Event{}, References: []api.Reference{}}
	at := d.moment(m.AsOf, m.KnownAt)
	of := d.desk.As(v)
	var err error
	if doc.Exposure, err = of.Exposure(ctx, id, m); err != nil {
		return doc, err
	}
	e := &doc.Exposure
	doc.Explanation, err = of.Explain(ctx, id, m)
	switch {
	case fault.KindOf(err) == fault.NotFound: // not decided yet: the page says so
		doc.Explanation = undecided(e)
	case err != nil:
		return doc, err
	}
	if doc.Action, err = d.action(ctx, of, e, m); err != nil {
		return doc, err
	}
	q, err := d.question(ctx, ctem.ListQuery{AsOf: at, Products: v.Products, Owner: v.Owner})
	if err != nil {
		return doc, err
	}
	siblings, err := q.links(words("service", e.Service) + " " + words("locus", e.Locus))
	if err != nil {
		return doc, err
	}
	doc.Siblings = siblings[0]
	records, signal, err := d.weakness(ctx, e)
	if err != nil {
		return doc, err
	}
	doc.Title, doc.References = titleOf(e, records), referencesOf(e)
	doc.Rungs = attackedRung(rungs(&doc, records), e)
	doc.Timeline = timeline(&doc, records, signal)
	return doc, nil
}

// undecided is the explanation of what was not decided yet.
func undecided(e *api.ExposureDetail) api.Explanation {
	return api.Explanation{
		Schema: api.SchemaExplain, AsOf: e.AsOf, KnownAt: e.KnownAt, ID: e.ID, Weakness: e.Weakness, Service: e.Service, Environment: e.Environment,
		Sentence: "It is not decided yet.", Gates: e.Gates, Factors: []api.Factor{}, GateReasons: []api.GateReason{}, Deadline: api.Deadline{Inputs: []api.Input{}}, Windows: e.Windows,
	}
}

// action is the one that closes the exposure; nil when there is none.
func (d detailing) action(ctx context.Context, of *desk.Desk, e *api.ExposureDetail, m api.Moment) (*api.Action, error) {
	got, err := of.Action(ctx, ctem.ActionID(e.Locus, e.Service), m)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &got.Action, nil
}

// weakness is what is known of the exposure's weakness.
func (d detailing) weakness(ctx context.Context, e *api.ExposureDetail) ([]advisory.Record, advisory.Signal, error) {
	names := append([]string{e.Weakness}, e.Aliases...)
	records, err := d.World.Records(ctx, append(slices.Clone(names), e.Advisories...))
	if err != nil {
		return nil, advisory.Signal{}, err
	}
	signals, err := d.World.Signals(ctx, names)
	var found advisory.Signal
	for _, name := range names {
		if s := signals[name]; s.KEV != nil && found.KEV == nil {
			found.KEV = s.KEV
		}
	}
	return records, found, err
}

// titleOf is the summary of the record that matched, else of any of its names.
func titleOf(e *api.ExposureDetail, records []advisory.Record) string {
	for _, id := range append(append([]string{e.Weakness}, e.Advisories...), e.Aliases...) {
		i := slices.IndexFunc(records, func(r advisory.Record) bool { return r.ID == id && r.Summary != "" })
		if i >= 0 {
			return records[i].Summary
		}
	}
	return ""
}

// referencesOf are the pages of those who keep the records. They are made from
// the ids, so that no text of a feed becomes a link.
func referencesOf(e *api.ExposureDetail) []api.Reference {
	out := []api.Reference{}
	for _, id := range append(append([]string{e.Weakness}, e.Aliases...), e.Advisories...) {
		made := api.Reference{Type: "made", Address: "https://osv.dev/vulnerability/" + url.PathEscape(id)}
		switch {
		case strings.HasPrefix(id, "CVE-"):
			made.Address = "https://www.cve.org/CVERecord?id=" + url.QueryEscape(id)
		case strings.HasPrefix(id, "GHSA-"):
			made.Address = "https://github.com/advisories/" + url.PathEscape(id)
		}
		if len(out) < maxReferences && !slices.Contains(out, made) {
			out = append(out, made)
		}
	}
	return out
}

// maxReferences is far more than anybody follows.
const maxReferences = 20

// rungs are the gates of the ladder, each with its evidence.
func rungs(doc *api.ExposurePageDoc, records []advisory.Record) []api.Rung {
	out := []api.Rung{presentRung(doc, records)}
	for _, r := range doc.Explanation.GateReasons {
		if r.Gate == "found" {
			continue
		}
		line := r.Reason
		if line == "" {
			line = "nothing says so"
		}
		out = append(out, api.Rung{Gate: r.Gate, Verdict: r.Value, Line: line, Source: r.Source, Age: r.Age, Raw: rawOf(doc, r.Gate)})
	}
	return out
}

// attackedRung adds what sensors saw, where they saw anything: behind the gates
// of the weakness, for it is about this workload.
func attackedRung(list []api.Rung, e *api.ExposureDetail) []api.Rung {
	if len(e.Attacks) == 0 {
		return list
	}
	a := e.Attacks[0]
	if i := slices.IndexFunc(e.Attacks, func(a api.AttackSeen) bool { return a.OnWeakness }); i >= 0 {
		a = e.Attacks[i]
	}
	age := int64(e.AsOf.Sub(a.LastAt).Seconds())
	r := api.Rung{Gate: "attacked", Verdict: string(ctem.Yes), Source: a.Source, Age: &age, Raw: "/api/v1/exposures/" + e.ID}
	r.Line = fmt.Sprintf("%s saw %q; its rule names the weakness", a.Tool, a.Rule)
	if !a.OnWeakness {
		r.Verdict = string(ctem.Unknown)
		r.Line = fmt.Sprintf("%s saw %q on the workload; nothing says that it was through this weakness", a.Tool, a.Rule)
	}
	if n := len(e.Attacks); n > 1 {
		r.Line += fmt.Sprintf(", and %d more were seen", n-1)
	}
	return append(list, r)
}

// presentRung says where the weakness was found, and by which record.
func presentRung(doc *api.ExposurePageDoc, records []advisory.Record) api.Rung {
	e := &doc.Exposure
	r := api.Rung{Gate: "present", Verdict: e.Gates.Found, Source: strings.Join(e.Advisories, ", ")}
	var said api.GateReason
	for _, g := range doc.Explanation.GateReasons {
		if g.Gate == "found" {
			said = g
		}
	}
	r.Line, r.Age = said.Reason, said.Age
	if len(e.Instances) == 0 {
		return r
	}
	in := e.Instances[0]
	r.Raw = "/api/v1/artifacts?q=" + url.QueryEscape(words("id", in.Artifact))
	if e.Gates.Found == "no" {
		return r
	}
	r.Line = fmt.Sprintf("the bill of materials of %s lists %s %s", cmp.Or(in.Image, in.Artifact), doc.Exposure.Locus, in.Version)
	if n := len(e.Instances); n > 1 {
		r.Line += fmt.Sprintf(", and %d more do", n-1)
	}
	if in.Advisory != "" {
		r.Line += "; " + in.Advisory + " says that it is affected"
	}
	for i := range records {
		if records[i].ID == in.Advisory && !records[i].Modified.IsZero() && r.Age == nil {
			age := int64(doc.Exposure.AsOf.Sub(records[i].Modified).Seconds())
			r.Age = &age
		}
	}
	return r
}

// rawOf is where the evidence behind a gate is to be seen.
func rawOf(doc *api.ExposurePageDoc, gate string) string {
	e := &doc.Exposure
	switch gate {
	case "running", "reachable":
		return "/api/v1/workloads?q=" + url.QueryEscape(words("service", e.Service)+" "+words("env", e.Environment))
	case "exploitable":
		return "/api/v1/exposures/" + e.ID + "/explanation"
	case "matters":
		return "/api/v1/scope"
	}
	return ""
}

// ruled is what a person decided, as an event.
func ruled(r *api.Ruling) api.Event {
	words := map[string]string{
		"decide": "decided: " + r.Decision, "assign": "given to " + r.Owner, "undo": "the last ruling was taken back",
		"approve": "the exception was approved", "reject": "the exception was refused",
	}[r.Kind]
	if r.Until != nil {
		words += ", until " + r.Until.UTC().Format(time.DateOnly)
	}
	if r.Reason != "" {
		words += ": " + r.Reason
	}
	return api.Event{At: r.At, Kind: "ruled", Words: words, By: r.By}
}

// became is a change of the decision, as an event.
func became(d *api.DecisionChange) api.Event {
	words := fmt.Sprintf("the decision became %s, score %d, because %s (rules %s)", d.Decision, d.Score, strings.TrimSuffix(d.Because, "."), d.Rules)
	if d.Was == "" {
		words = fmt.Sprintf("it was decided at first, score %d: %s (rules %s)", d.Score, strings.TrimSuffix(d.Because, "."), d.Rules)
	}
	event := api.Event{At: d.From, Kind: "decided", Words: words}
	if d.DecidedBy != "rules" {
		event.By = d.DecidedBy
	}
	return event
}

// timeline is what happened to the exposure, in order.
func timeline(doc *api.ExposurePageDoc, records []advisory.Record, signal advisory.Signal) []api.Event {
	e := &doc.Exposure
	var out []api.Event
	add := func(x api.Event) {
		if !x.At.IsZero() {
			out = append(out, x)
		}
	}
	for i := range records {
		r := &records[i]
		add(api.Event{At: r.Published, Kind: "published", Words: r.ID + " was published"})
		add(api.Event{At: r.Withdrawn, Kind: "withdrawn", Words: r.ID + " was withdrawn"})
	}
	if k := signal.KEV; k != nil {
		add(api.Event{At: k.Added, Kind: "kev", Words: k.CVE + " was listed as exploited"})
	}
	for _, a := range e.Attacks {
		add(api.Event{At: a.FirstAt, Kind: "attack", Words: fmt.Sprintf("%s saw %q here", a.Tool, a.Rule), By: a.Source})
	}
	for _, x := range lived(e.History) {
		add(x)
	}
	for i := range e.Rulings {
		add(ruled(&e.Rulings[i]))
	}
	for i := range e.Decisions {
		add(became(&e.Decisions[i]))
	}
	if e.FirstSeen != nil {
		add(api.Event{At: *e.FirstSeen, Kind: "first-seen", Words: "it was first known here"})
	}
	if e.Deadline != nil {
		add(api.Event{At: *e.Deadline, Kind: "due", Words: "it has to be fixed by then: " + cmp.Or(doc.Explanation.Deadline.Row, "the deadline of its decision")})
	}
	slices.SortStableFunc(out, func(a, b api.Event) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(out, func(a, b api.Event) bool { return a.At.Equal(b.At) && a.Kind == b.Kind && a.Words == b.Words })
}

// lived are the changes of an exposure's state, as they are believed now.
func lived(history []api.Piece) []api.Event {
	var out []api.Event
	was := ""
	fixed := false
	for _, p := range history {
		if p.RecordedTo != nil || p.State == was {
			continue
		}
		event := api.Event{At: p.From, Kind: p.State, Words: "its state became " + p.State}
		switch {
		case p.State == string(ctem.Open) && fixed:
			event.Kind, event.Words = "regressed", "it came back after a fix"
		case p.State == string(ctem.Open):
			event.Kind, event.Words = "deployed", "what is affected was deployed, or was seen to be affected"
		}
		if p.Reason != "" {
			event.Words += ": " + p.Reason
		}
		fixed = fixed || p.State == string(ctem.Fixed)
		was = p.State
		out = append(out, event)
	}
	return out
}
