// Package gate says what SBOMs hold of a folder of advisories, and whether a
// build may go on, by the same rules as everything else and without a store.
//
// The model. Documents are read, the records that may speak of their packages
// are loaded from the folder (Knowledge), and each component is matched once. A
// Judge decides each weakness as it would be decided if the build ran at its
// Place, and holds the decision against the conditions.
//
// Invariants. Nothing is kept and nothing is printed. What cannot be said is
// listed as undecided; a failure wins over a doubt, a doubt over a pass.
package gate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Judge decides the weaknesses of one build by the rules of prioritize.
type Judge struct {
	*Knowledge
	Place      Place
	Now        time.Time
	Conditions []Condition
	Doubts     []string // what of the build could not be read

	// Ruled are decisions of people that are in force at the place.
	Ruled    []Ruled
	Baseline *Baseline     // nil: nothing is known before
	Grace    time.Duration // how long after its publication a weakness does not fail yet

	doc     Document // what is judged
	judged  int      // weaknesses decided
	doubt   string   // why the gate cannot decide
	vectors map[string][]advisory.Severity
}

// found is one weakness of one component, not yet decided.
type found struct {
	exposure ctem.Exposure
	records  []*advisory.Record
	why      []string
}

// Verdict decides a whole document.
func (j *Judge) Verdict(ctx context.Context, d Document, maxAge time.Duration) (api.Gate, error) {
	out := api.Gate{
		Schema: api.SchemaGate, AsOf: j.Now, Verdict: "pass", Failed: []api.GateItem{}, Suppressed: []api.GateItem{},
		Known: []api.GateItem{}, Vanished: []api.Vanished{}, Undecided: []api.Undecided{}, Feeds: desk.FeedItems(j.Feeds),
		Inputs: []api.ScannedInput{}, Skipped: []api.RejectedInput{},
	}
	j.doc = d
	list := j.look(d, &out)
	if err := j.findVectors(ctx, list); err != nil {
		return out, err
	}
	for i := range list {
		if err := j.decide(ctx, &list[i], &out); err != nil {
			return out, err
		}
	}
	old := j.tooOld(maxAge)
	out.Undecided = append(out.Undecided, old...)
	j.conclude(&out, old)
	for _, items := range [][]api.GateItem{out.Failed, out.Suppressed, out.Known, out.Deferred} {
		slices.SortStableFunc(items, func(a, b api.GateItem) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Weakness, b.Weakness), cmp.Compare(a.Component, b.Component))
		})
	}
	if j.Baseline != nil {
		out.Baseline, out.Vanished = j.Baseline.Name, j.Baseline.vanished()
	}
	out.Sentence = j.sentence(&out)
	return out, nil
}

// look evaluates every component once.
func (j *Judge) look(d Document, out *api.Gate) (list []found) {
	for c, res := range d.evaluated(match.NewEvaluator(j.index)) {
		out.Undecided = append(out.Undecided, undecidedItems(d, res)...)
		for _, w := range weaknesses(inForce(res.Matches, j.Now)) {
			list = append(list, found{j.exposure(w, res.Package, c), w.records, w.why})
		}
	}
	return list
}

// findVectors reads the vectors of the matched records, and looks in other
// ecosystems for the weaknesses that have none.
func (j *Judge) findVectors(ctx context.Context, list []found) error {
	j.vectors = map[string][]advisory.Severity{}
	missing := map[string]bool{}
	for i := range list {
		for _, r := range list[i].records {
			j.addVectors(r, []string{r.ID})
		}
	}
	for i := range list {
		names := prioritize.Names(&list[i].exposure)
		if v, _ := risk.ChooseVector(names, j.vectors); v != nil {
			continue
		}
		for _, n := range names {
			missing[n] = true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	records, err := j.others(ctx, missing)
	if err != nil {
		return err
	}
	for i := range records {
		if r := &records[i]; len(r.Upstream) <= 1 {
			j.addVectors(r, slices.DeleteFunc(r.Names(), func(n string) bool { return !missing[n] }))
		}
	}
	return nil
}

func (j *Judge) addVectors(r *advisory.Record, names []string) {
	all := slices.Clone(r.Severity)
	for _, a := range r.Affected {
		all = append(all, a.Severity...)
	}
	for _, n := range names {
		for _, s := range all {
			if !slices.Contains(j.vectors[n], s) {
				j.vectors[n] = append(j.vectors[n], s)
			}
		}
	}
}

// decide applies the rules to one weakness.
func (j *Judge) decide(ctx context.Context, f *found, out *api.Gate) error {
	j.judged++
	signals, err := j.signals(ctx, &f.exposure)
	if err != nil {
		return err
	}
	vector, junk := risk.ChooseVector(prioritize.Names(&f.exposure), j.vectors)
	d := prioritize.Decide(prioritize.Case{
		Exposure: f.exposure, Signals: signals, HaveKEV: j.haveKEV(), Vector: vector, Junk: junk, Now: j.Now,
		Rulings: ruledOn(j.Ruled, &f.exposure),
	})
	item := j.item(&f.exposure, &d)
	item.Why, item.Command = slices.Compact(f.why), fixCommand(item.Component, f.exposure.Fix)
	if vector != nil {
		item.CVSS = &vector.Base
	}
	old := j.Baseline.has(&item)
	kev := slices.ContainsFunc(signals, func(s advisory.Signal) bool { return s.KEV != nil })
	met, excused := meets(j.Conditions, d, kev)
	switch {
	case len(met) == 0:
	case excused:
		item.Reason, item.By, item.Until = d.Exception.Reason, byWhom(d.Exception), reply.When(d.Exception.Until)
		out.Suppressed = append(out.Suppressed, item)
	case old:
		item.Reason = "meets " + strings.Join(met, ", ") + "; known before"
		out.Known = append(out.Known, item)
	default:
		item.Reason = "meets " + strings.Join(met, ", ")
		if until := j.graceOf(f.records, kev); until.After(j.Now) {
			item.Until = &until
			out.Deferred = append(out.Deferred, item)
			break
		}
		out.Failed = append(out.Failed, item)
	}
	return nil
}

// graceOf is until when a weakness does not fail yet. What is an attack, or is
// used in attacks, has no grace; nor has what nobody has dated.
func (j *Judge) graceOf(records []*advisory.Record, kev bool) (until time.Time) {
	if j.Grace == 0 || kev {
		return time.Time{}
	}
	for _, r := range records {
		if r.Malicious() {
			return time.Time{}
		}
		if end := r.Published.Add(j.Grace); !r.Published.IsZero() && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	return until
}

// conclude: a failure wins over a doubt. Only a missing feed, an unreadable
// version and data that is too old are doubts about the verdict.
func (j *Judge) conclude(out *api.Gate, old []api.Undecided) {
	for _, u := range out.Undecided {
		if r := twin.Reason(u.Reason); r == twin.NoFeed || r == twin.UnparsableVersion {
			j.doubt = fmt.Sprintf("%s: %s", u.Component, cmp.Or(u.Detail, u.Reason))
			break
		}
	}
	if len(old) > 0 {
		j.doubt = old[0].Detail
	}
	if len(j.Doubts) > 0 {
		j.doubt = j.Doubts[0]
	}
	switch {
	case len(out.Failed) > 0:
		out.Verdict = "fail"
	case j.doubt != "":
		out.Verdict = "unknown"
	}
}

// weakness is one flaw of one component, with the records that say so.
type weakness struct {
	names   []string // sorted
	records []*advisory.Record
	fixed   []string
	why     []string
}

// weaknesses joins matches as exposures are joined: by the names of the
// weaknesses that a record is about. A distribution's advisory about several is
// evidence for each of them.
func weaknesses(matches []match.Match) []*weakness {
	var out []*weakness
	for _, m := range matches {
		for _, name := range m.Record.Weaknesses() {
			names := []string{name}
			if name == m.Record.ID {
				names = m.Record.Names()
			}
			out = joinWeakness(out, names, m)
		}
	}
	return out
}

// joinWeakness adds a match to the weaknesses that share a name with it, which
// become one, or to a new one.
func joinWeakness(list []*weakness, names []string, m match.Match) []*weakness {
	w := &weakness{names: names, records: []*advisory.Record{m.Record}, fixed: m.Fixed, why: []string{m.Why()}}
	rest := list[:0]
	for _, have := range list {
		if !slices.ContainsFunc(have.names, func(n string) bool { return slices.Contains(names, n) }) {
			rest = append(rest, have)
			continue
		}
		w.names = append(have.names, w.names...)
		w.records = append(have.records, w.records...)
		w.fixed = append(have.fixed, w.fixed...)
		w.why = append(have.why, w.why...)
	}
	w.names = slices.Compact(slices.Sorted(slices.Values(w.names)))
	return append(rest, w)
}

// exposure is what the weakness would be if the build were deployed.
func (j *Judge) exposure(w *weakness, p match.Package, c twin.Component) ctem.Exposure {
	e := ctem.Exposure{
		Weakness: ctem.Weakness{Key: w.names[0], Canonical: advisory.BestKnown(w.names), Kind: ctem.Vulnerability},
		Locus:    twin.Locus(c.Purl), Service: j.Place.Service, Environment: j.Place.Environment, State: ctem.Open,
		Running: j.Place.Running, Reachable: j.Place.Reachable, Doors: j.Place.Doors, FirstSeen: j.Now, Since: j.Now,
		Instances: []ctem.Instance{{
			Purl: c.Purl, Version: cmp.Or(c.Version, p.Version), Advisory: w.records[0].ID, Fixed: w.fixed,
			Source: "gate", Class: twin.Declared, Proven: true,
		}},
	}
	e.Weakness.Aliases = slices.DeleteFunc(slices.Clone(w.names), func(n string) bool { return n == e.Weakness.Canonical })
	for _, r := range w.records {
		e.Advisories = append(e.Advisories, r.ID)
		if r.Malicious() {
			e.Weakness.Kind = ctem.Malicious
		}
	}
	e.Fix, _ = match.ClearingVersion(c, w.records)
	return e
}

func (j *Judge) signals(ctx context.Context, e *ctem.Exposure) (out []advisory.Signal, err error) {
	names := prioritize.Names(e)
	known, err := j.signalsOf(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if s, ok := known[n]; ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// item tells a decision.
func (j *Judge) item(e *ctem.Exposure, d *ctem.Decision) api.GateItem {
	it := api.GateItem{
		SBOM: j.doc.fileOf(e.Instances[0].Purl), Weakness: e.Weakness.Canonical, Aliases: reply.List(e.Weakness.Aliases), Component: e.Instances[0].Purl,
		Version: e.Instances[0].Version, Decision: string(d.Word), Score: d.Score, Deadline: reply.When(d.Deadline), Gates: desk.GateItems(d.Gates),
		Fix: reply.Text(e.Fix),
	}
	if j.Place.Service != "" {
		it.Exposure = ctem.ExposureID(e.Weakness.Canonical, e.Locus, e.Service, e.Environment)
	}
	return it
}

// tooOld lists the feeds whose data is older than allowed.
func (j *Judge) tooOld(maxAge time.Duration) (out []api.Undecided) {
	if maxAge == 0 {
		return nil
	}
	for _, f := range j.Feeds {
		age := j.Now.Sub(f.DataTime)
		if age > maxAge {
			detail := fmt.Sprintf("%s %s has data of %s: older than %s", f.Kind, f.Name, f.DataTime.Format("2006-01-02"), maxAge)
			out = append(out, api.Undecided{Component: string(f.Kind) + " " + f.Name, Reason: "data-too-old", Detail: detail})
		}
	}
	return out
}

func (j *Judge) sentence(out *api.Gate) string {
	more := ""
	for _, part := range []struct {
		n    int
		text string
	}{{len(out.Suppressed), "suppressed"}, {len(out.Deferred), "in grace"}, {len(out.Known), "known before"}, {len(out.Vanished), "gone since then"}} {
		if part.n > 0 {
			more += fmt.Sprintf("; %d %s", part.n, part.text)
		}
	}
	fresh := ""
	if j.Baseline != nil {
		fresh = " and are new against " + j.Baseline.Name
	}
	switch out.Verdict {
	case "fail":
		return fmt.Sprintf("GATE FAIL: %d weaknesses meet --fail-on%s%s", len(out.Failed), fresh, more)
	case "unknown":
		return "GATE UNKNOWN: " + j.doubt + more
	}
	return fmt.Sprintf("GATE PASS: none of %d weaknesses meets --fail-on%s%s", j.judged, strings.Replace(fresh, "are", "is", 1), more)
}
