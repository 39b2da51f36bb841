package prioritize

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/twin"
)

// History gives the decision that was in force at a time, and those before it.
type History interface {
	DecisionAt(ctx context.Context, exposure int64, at ctem.AsOf) (d ctem.Decision, found bool, err error)
	PastDecisions(ctx context.Context, exposure int64, q ctem.ListQuery) (ctem.Page[ctem.DecisionChange], error)
}

// Explainer says why an exposure is decided as it is.
type Explainer struct{ History History }

// Explain reads the decision about e that was in force at the time asked,
// computes its score again from the stored factors, and lets evidence that has
// grown too old since say "unknown".
func (x Explainer) Explain(ctx context.Context, e ctem.Exposure, at ctem.AsOf) (ctem.Explanation, error) {
	d, found, err := x.History.DecisionAt(ctx, e.Num, at)
	if err != nil {
		return ctem.Explanation{}, fmt.Errorf("read the decision on %s: %w", e.ID, err)
	}
	if !found {
		return ctem.Explanation{}, fault.New(fault.NotFound, "%s was not yet decided at %s", e.ID, at.Time().Format(time.RFC3339))
	}
	in, err := risk.FromFactors(d.Factors)
	if err != nil {
		return ctem.Explanation{}, fmt.Errorf("explain %s: %w", e.ID, err)
	}
	if again := risk.Score(in); again.Score != d.Score {
		return ctem.Explanation{}, fault.New(fault.Internal, "%s is stored with score %d, but its factors give %d", e.ID, d.Score, again.Score)
	}
	out := ctem.Explanation{Exposure: e}
	if out.Decision, err = Shown(&e, d); err != nil {
		return ctem.Explanation{}, fmt.Errorf("explain %s: %w", e.ID, err)
	}
	out.Question, out.QuestionPoints = risk.Widest(in)
	return out, nil
}

// Shown is a decision as it reads for an exposure at one time: the evidence's
// age is that of the exposure's sources then, and run-time evidence that is not
// fresh says nothing about what runs.
func Shown(e *ctem.Exposure, d ctem.Decision) (ctem.Decision, error) {
	d.Reasons = append([]ctem.GateReason(nil), d.Reasons...)
	d.Factors = append([]ctem.Factor(nil), d.Factors...)
	refresh(e, &d)
	old := e.Freshness == twin.Stale || e.Freshness == twin.Lapsed
	if !old || !e.State.Live() || d.Gates.Running == ctem.Unknown {
		return d, nil
	}
	return d, age(e, &d)
}

// refresh gives what rests on run-time sources the time of their last sign of life.
func refresh(e *ctem.Exposure, d *ctem.Decision) {
	if e.SeenAt.IsZero() {
		return
	}
	for i := range d.Reasons {
		if g := d.Reasons[i].Gate; g == "running" || g == "reachable" {
			d.Reasons[i].At = e.SeenAt
		}
	}
	for i := range d.Factors {
		if f := d.Factors[i].Name; f == risk.NameRunTime || f == risk.NameNotRunning {
			d.Factors[i].At = e.SeenAt
		}
	}
}

// agedWords is why the running gate is unknown then.
const agedWords = "the run-time evidence is too old to say whether it runs"

// aged are the inputs once the run-time evidence is too old: what did not run
// then might run now.
func aged(e *ctem.Exposure, in risk.Inputs) risk.Inputs {
	if in.RunTime.Mode != 0 {
		return in
	}
	in.RunTime = risk.RunTime(risk.RunTimeFacts{
		Running: ctem.Unknown, Loaded: ctem.Unknown, Source: sources(e), At: e.SeenAt, Words: agedWords,
	})
	return in
}

// age turns the answer to "does it run?" into unknown. What ran is supposed to
// run still; what did not run is scored and decided as if it might.
func age(e *ctem.Exposure, d *ctem.Decision) error {
	was := d.Gates.Running
	d.Gates.Running = ctem.Unknown
	for i := range d.Reasons {
		if d.Reasons[i].Gate == "running" {
			d.Reasons[i].Value, d.Reasons[i].Reason = ctem.Unknown, agedWords
		}
	}
	d.Word = d.Lapsed
	defer func() { d.Sentence = sentence(e, d) }()
	if was != ctem.No {
		return nil
	}
	d.Deadline = d.LapsedDeadline
	in, err := risk.FromFactors(d.Factors)
	if err != nil {
		return err
	}
	s := risk.Score(aged(e, in))
	d.Score, d.Low, d.High, d.Band, d.Grade, d.Risk, d.Factors = s.Score, s.Low, s.High, s.Band, s.Grade, s.Risk, s.Factors
	return nil
}
