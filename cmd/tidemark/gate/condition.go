package gate

import (
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Condition is one --fail-on.
type Condition struct {
	text  string
	meets func(d ctem.Decision, kev bool) bool
	words bool // it asks for the decision's word, and for nothing else
}

// meets lists the conditions that a decision meets. It is excused when none is
// met but for an exception that people have agreed on: what they have decided
// counts as they decided it.
func meets(conditions []Condition, d ctem.Decision, kev bool) (met []string, excused bool) {
	excepted := d.Exception != nil && d.Exception.State == ctem.ExceptionInForce
	byRules := d
	byRules.Word = d.Computed
	var despite []string
	for _, c := range conditions {
		switch {
		case (!excepted || c.words) && c.meets(d, kev):
			met = append(met, c.text)
		case excepted && c.meets(byRules, kev):
			despite = append(despite, c.text)
		}
	}
	if len(met) == 0 {
		return despite, len(despite) > 0
	}
	return met, false
}

// ParseConditions reads the conditions of --fail-on.
func ParseConditions(given []string) ([]Condition, error) {
	var out []Condition
	for _, g := range given {
		for text := range strings.SplitSeq(g, ",") {
			c, err := parseCondition(strings.ToLower(strings.TrimSpace(text)))
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func parseCondition(text string) (Condition, error) {
	if n, ok := strings.CutPrefix(text, "score>="); ok {
		if least, err := strconv.Atoi(n); err == nil && least >= 0 && least <= 1000 {
			return Condition{text: text, meets: func(d ctem.Decision, _ bool) bool { return d.Score >= least }}, nil
		}
	}
	switch text {
	case "act":
		return Condition{text, func(d ctem.Decision, _ bool) bool { return d.Word == ctem.ActNow }, true}, nil
	case "schedule":
		return Condition{text, func(d ctem.Decision, _ bool) bool { return d.Word.Urgency() >= ctem.Schedule.Urgency() }, true}, nil
	case "kev":
		return Condition{text: text, meets: func(_ ctem.Decision, kev bool) bool { return kev }}, nil
	}
	return Condition{}, fault.New(fault.Invalid, "--fail-on: no condition %q", text).WithHint("use act, schedule, kev or score>=N with N from 0 to 1000")
}
