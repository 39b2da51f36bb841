package workdb

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// decisionBody is the row form of a decision's reasons.
type decisionBody struct {
	Exposure string       `json:"exposure"`
	Table    string       `json:"table"`
	Row      string       `json:"row"`
	Inputs   []ctem.Input `json:"inputs"`
	Gates    ctem.Gates   `json:"gates"`
	Reasons  []reasonBody `json:"reasons"`
	Factors  []factorBody `json:"factors"`
	Sentence string       `json:"sentence"`
	Band     string       `json:"band"`
	Grade    string       `json:"grade"`
	Rules    string       `json:"rules"`
	// Exception is left out where there is none, which is nearly everywhere.
	Exception *ctem.Exception `json:"exception,omitempty"`
}

// reasonBody and factorBody leave out what is zero: most of a body is these.
type reasonBody struct {
	Gate   string   `json:"gate"`
	Value  ctem.Tri `json:"value"`
	Source string   `json:"source,omitempty"`
	At     int64    `json:"at,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

type factorBody struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Points   int     `json:"points,omitempty"`
	Evidence string  `json:"evidence,omitempty"`
	Source   string  `json:"source,omitempty"`
	At       int64   `json:"at,omitempty"`
	Assumed  bool    `json:"assumed,omitempty"`
}

func newDecisionBody(d *ctem.Decision) decisionBody {
	b := decisionBody{
		Exposure: d.Exposure, Table: d.Table, Row: d.Row, Inputs: d.Inputs, Gates: d.Gates,
		Sentence: d.Sentence, Band: d.Band, Grade: d.Grade, Rules: d.Rules, Exception: d.Exception,
	}
	for _, r := range d.Reasons {
		b.Reasons = append(b.Reasons, reasonBody{r.Gate, r.Value, r.Source, sqldb.Micros(r.At), r.Reason})
	}
	for _, f := range d.Factors {
		b.Factors = append(b.Factors, factorBody{f.Name, f.Value, f.Low, f.High, f.Points, f.Evidence, f.Source, sqldb.Micros(f.At), f.Assumed})
	}
	return b
}

// fill puts the reasons back where they belong.
func (b *decisionBody) fill(d *ctem.Decision) {
	d.Exposure, d.Table, d.Row, d.Inputs, d.Gates = b.Exposure, b.Table, b.Row, b.Inputs, b.Gates
	d.Sentence, d.Band, d.Grade, d.Rules, d.Exception = b.Sentence, b.Band, b.Grade, b.Rules, b.Exception
	for _, r := range b.Reasons {
		d.Reasons = append(d.Reasons, ctem.GateReason{Gate: r.Gate, Value: r.Value, Source: r.Source, At: sqldb.FromMicros(r.At), Reason: r.Reason})
	}
	for _, f := range b.Factors {
		d.Factors = append(d.Factors, ctem.Factor{
			Name: f.Name, Value: f.Value, Low: f.Low, High: f.High, Points: f.Points,
			Evidence: f.Evidence, Source: f.Source, At: sqldb.FromMicros(f.At), Assumed: f.Assumed,
		})
	}
}

// storedDeadline is the deadline of a decision's row. One column is enough:
// what has nothing to do has no deadline of its own, and for all else the
// deadline does not depend on the age of the evidence.
func storedDeadline(d *ctem.Decision) time.Time {
	if d.Computed == ctem.NoAction {
		return d.LapsedDeadline
	}
	return d.Deadline
}

// noEPSS is the row form of a score that is not known.
const noEPSS = -1.0

func epssOf(d *ctem.Decision) float64 {
	if d.EPSS == nil {
		return noEPSS
	}
	return *d.EPSS
}

// EPSSOf is a score from its row form.
func EPSSOf(v float64) *float64 {
	if v < 0 {
		return nil
	}
	return &v
}

// treatmentOf keeps a decision that says nothing about it from storing "".
func treatmentOf(d *ctem.Decision) string {
	if d.Treatment == "" {
		return string(ctem.TreatNone)
	}
	return string(d.Treatment)
}

// ScanDecision reads DecisionColumns.
func ScanDecision(rows sqldb.Scanner) (d ctem.Decision, err error) {
	var from, at, deadline, next, word, computed, lapsed, severity, kev, attack int64
	var epss float64
	var text string
	if err := rows.Scan(&d.Num, &d.Revision, &from, &at, &word, &computed, &lapsed, &d.Score, &d.LapsedScore, &d.Low, &d.High,
		&deadline, &next, &d.Risk, &d.DecidedBy, &d.Owner, &d.OwnerRule, &d.Treatment, &severity, &kev, &epss, &attack, &text); err != nil {
		return d, err
	}
	var body decisionBody
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		return d, fmt.Errorf("read the reasons of the decision on exposure %d: %w", d.Num, err)
	}
	body.fill(&d)
	d.ValidFrom, d.At, d.Deadline, d.NextChange = sqldb.FromMicros(from), sqldb.FromMicros(at), sqldb.FromMicros(deadline), sqldb.FromMicros(next)
	d.Word, d.Computed, d.Lapsed = sqldb.WordOf(word), sqldb.WordOf(computed), sqldb.WordOf(lapsed)
	d.Severity, d.KEV, d.EPSS = sqldb.SeverityOf(severity), sqldb.TriOf(kev), EPSSOf(epss)
	d.Attack = sqldb.AttackOf(attack)
	d.LapsedDeadline = d.Deadline
	if d.Computed == ctem.NoAction {
		d.Deadline = time.Time{}
	}
	return d, nil
}
